import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { scenarioJsonSchema } from '../../src/scenario/json-schema.ts';
import { renderProblems } from '../../src/scenario/problem.ts';
import { readScenario } from '../../src/scenario/read-scenario.ts';
import { FileSource } from '../../src/workers/file-source.ts';

const files = readdirSync('scenarios').filter((name) => name.endsWith('.yaml'));

describe.each(files)('scenarios/%s', (name) => {
  const text = readFileSync(`scenarios/${name}`, 'utf8');
  const reading = readScenario(text, `scenarios/${name}`, catalogue, { open: (path) => new FileSource(path) });

  test('is a scenario, and warns of nothing', () => {
    expect(reading.ok ? reading.warnings : renderProblems(reading.problems)).toEqual([]);
  });

  test('tells editors its schema, then asks its question', () => {
    const [first, second] = text.split('\n');
    expect(first).toBe('# yaml-language-server: $schema=../schema/scenario.schema.json');
    expect(second).toMatch(/^# .*\?/);
  });

  test('is called like its file', () => {
    expect(reading.ok && `${reading.scenario.name}.yaml`).toBe(name);
  });
});

const schema = scenarioJsonSchema(catalogue);

describe('the JSON Schema', () => {
  test('is the committed one (`npm run schema` writes it)', () => {
    expect(JSON.parse(readFileSync('schema/scenario.schema.json', 'utf8'))).toEqual(schema);
  });

  test('explains every key', () => {
    expect(undescribed(schema, '')).toEqual([]);
  });
});

/** Paths of properties without a description, their own or that of the definition they refer to. */
function undescribed(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, inner]: [string, unknown]) => {
    if (key !== 'properties' || typeof inner !== 'object' || inner === null)
      return undescribed(inner, `${path}/${key}`);
    return Object.entries(inner).flatMap(([name, property]: [string, object]) => [
      ...(isDescribed(property) ? [] : [`${path}/${name}`]),
      ...undescribed(property, `${path}/${name}`),
    ]);
  });
}

function isDescribed(property: object): boolean {
  if ('description' in property) return true;
  const referred = '$ref' in property ? definition(String(property.$ref)) : undefined;
  return referred !== undefined && isDescribed(referred);
}

function definition(reference: string): object | undefined {
  const { definitions } = schema as { definitions: Record<string, object> };
  return definitions[reference.replace('#/definitions/', '')];
}
