import { z } from 'zod';
import { METRICS } from './metrics.ts';

/**
 * What is the same in a scenario is written the same way and checked there (accelerator, model, layout, engine, and the
 * options of the workload), so that there is one planner; here it is only found out what belongs to a case.
 */
const passedOn = z.record(z.string(), z.unknown());

const deployment = {
  accelerator: z.string().optional().describe('accelerator profile'),
  weights: z.string().optional().describe('number format of the weights'),
  kv: z.string().optional().describe('number format of the KV cache'),
  layout: passedOn.optional().describe('as in a scenario'),
  engine: passedOn.optional().describe('as in a scenario'),
  instances: z.int().min(1).optional().describe('copies of the model (default: 1)'),
};

const part = z.strictObject(deployment).describe('keys here win over those beside it');

const settings = {
  ...deployment,
  model: z.string().optional().describe('language model'),
  prefill: part.optional().describe('the pool that computes prompts, where prefill and decode are apart'),
  decode: part.optional().describe('the pool that goes on with them'),
  kvLink: z.unknown().optional().describe('as in a scenario: what carries the KV cache from one to the other'),
  workload: passedOn.optional().describe('options of the workload load-test'),
  trace: z.string().min(1).optional().describe('file of recorded requests that --traces replays instead'),
  cap: z
    .strictObject({
      watts: z.number().positive().describe('of each accelerator'),
      insteadOf: z.number().positive().optional().describe('the cap it is compared with, W (default: none)'),
    })
    .optional()
    .describe('a power cap; what is given as measured is under it'),
  windowS: z
    .tuple([z.number().min(0), z.number().positive()])
    .optional()
    .describe('what was measured: from and until, s from the start (default: everything)'),
  sweep: z
    .strictObject({
      name: z.string().min(1).describe('points of one name are one sweep'),
      objective: z.enum(METRICS).describe('what is to be kept'),
      limit: z.number().positive().describe('up to this value'),
      value: z.number().positive().describe('what was measured of it at the rate of this point'),
    })
    .optional()
    .describe('the highest rate that keeps an objective is compared as well'),
  tags: z.record(z.string(), z.string()).optional().describe('whatever helps to group and find cases'),
  source: z.string().min(1).optional().describe('where the figures are published'),
  exclude: z.string().min(1).optional().describe('why the case is not compared, though it is listed'),
  measured: z.partialRecord(z.enum(METRICS), z.number().positive()).optional().describe('the measured figures'),
};

const point = z.strictObject({ id: z.string().min(1).describe('unique in its suite'), ...settings });

const cell = z.unknown();

const group = z
  .strictObject({
    shared: z.strictObject(settings).optional().describe('settings of every case of the group'),
    points: z.array(point).optional().describe('cases, each with what is its own'),
    columns: z.array(z.string().min(1)).min(1).optional().describe('settings by path, such as layout.tensorParallel'),
    rows: z.array(z.array(cell)).min(1).optional().describe('cases, one value per column; null leaves a setting out'),
  })
  .superRefine(({ points, columns, rows }, context) => {
    const problem = (message: string) => context.addIssue({ code: 'custom', message });
    if ((columns === undefined) !== (rows === undefined)) problem('columns and rows go together');
    if (points === undefined && rows === undefined) problem('has no case — add points, or columns and rows');
  });

/** One file of cases. Deeper settings win over outer ones, key by key; lists are taken as a whole. */
export const caseFile = z.strictObject({
  suite: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, 'a suite is named with small letters, digits, "." and "-"')
    .describe('what its cases are reported under'),
  about: z.string().min(1).describe('what was measured'),
  shared: z.strictObject(settings).optional().describe('settings of every case of the file'),
  groups: z.array(group).min(1),
});

/** A case with everything it inherits. */
export const completeCase = z.strictObject({
  ...point.shape,
  model: z.string(),
  source: z.string().min(1),
  workload: passedOn,
  measured: z
    .partialRecord(z.enum(METRICS), z.number().positive())
    .refine((figures) => Object.keys(figures).length > 0, 'no figure was measured'),
});

export type CaseSettings = z.output<typeof completeCase>;
export type DeploymentSettings = z.output<typeof part>;
