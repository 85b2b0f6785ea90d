import { z } from 'zod';
import { BAND_FIGURES, LOAD_FORMS } from '../sim/plan.ts';

const names = z.array(z.string()).min(1);
const flags = z.array(z.boolean()).min(1);
const share = z.number().min(0).max(1);

const conditions = z.strictObject({
  accelerator: z.string(),
  generation: z.string(),
  engine: z.string(),
  versionClass: z.string(),
  apart: z.boolean(),
  load: z.enum(LOAD_FORMS),
  models: names,
  attention: names,
  weights: names,
  kv: names,
  dataParallel: flags,
  speculation: flags,
  sharedBy: z.int().positive(),
  meanPromptTokens: z.strictObject({ least: z.number(), most: z.number() }),
  /** |ln(simulated / measured)| that 80 % of the points are within. */
  errors: z.partialRecord(
    z.enum(BAND_FIGURES),
    z.strictObject({ points: z.int().positive(), within: z.number().positive() }),
  ),
});

/** Share of the points of a suite that the 80 % band held. */
const coverage = z.strictObject({
  suite: z.string(),
  figure: z.enum(BAND_FIGURES),
  points: z.int().positive(),
  /** With everything known; and with bands from the points of all other models, or of all other accelerators. */
  inside: share,
  insideWithoutModel: share.exactOptional(),
  insideWithoutAccelerator: share.exactOptional(),
});

/** What `npm run validate-bands` leaves: the errors of all validation cases, by the conditions they were measured in. */
export const validatedErrorsFile = z.strictObject({
  conditions: z.array(conditions),
  coverage: z.array(coverage),
});

export type ValidatedErrors = z.output<typeof validatedErrorsFile>;
