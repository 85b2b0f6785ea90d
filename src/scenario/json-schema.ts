import { z } from 'zod';
import type { Catalogue } from './catalogue-types.ts';
import { scenarioSchemas } from './schema.ts';

/** What editors need to complete, check and explain a scenario while it is written. */
export function scenarioJsonSchema(catalogue: Catalogue): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(scenarioSchemas(catalogue).scenario, {
    reused: 'ref',
    target: 'draft-7',
    io: 'input',
  });
  return { $schema, title: 'tokenfleet scenario', description: 'A fleet, its demand and what it promised.', ...schema };
}
