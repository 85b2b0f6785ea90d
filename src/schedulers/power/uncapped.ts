import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { PowerPolicy } from '../../sim/ports.ts';

const options = z.strictObject({}).describe('uncapped has no options');

/** The baseline: budgets are watched, and kept by the brake alone, if there is one. */
export const uncapped: Module<PowerPolicy, z.infer<typeof options>> = {
  name: 'uncapped',
  summary: 'nothing is slowed; how long budgets are exceeded is told all the same',
  options,
  create: () => ({ decide: () => undefined }),
};
