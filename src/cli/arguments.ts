import { z } from 'zod';
import { UsageError } from './failure.ts';
import { TOPICS } from './topics.ts';

/** Streams are named by the seed's decimal text, so a whole number that is exact in a double is all it has to be. */
const seedText = z
  .string()
  .regex(/^\d{1,15}$/, { error: ({ input }) => `--seed ${String(input)}: a seed is a whole number, such as 7` })
  .transform(Number);
const path = (option: string) => z.string().min(1, `--${option} needs a path`);

const runArguments = z.object({
  scenario: z.string(),
  seed: z
    .array(z.string())
    .min(1, '--seed needs a number')
    .transform((texts) => texts.flatMap((text) => text.split(',')))
    .pipe(z.array(seedText))
    .refine((seeds) => new Set(seeds).size === seeds.length, '--seed: every seed once')
    .optional(),
  out: path('out'),
  trace: path('trace').optional(),
  skipBadRows: z.boolean().default(false),
  json: z.boolean(),
  workers: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, { error: ({ input }) => `--workers ${String(input)}: a number of threads, at least 1` })
    .transform(Number)
    .optional(),
});

const validateArguments = runArguments.pick({ json: true, workers: true }).extend({
  cases: path('cases').optional(),
  traces: path('traces').optional(),
  suite: z.string().min(1, '--suite needs a name').optional(),
  leaveOut: z
    .string()
    .regex(/^[\w-]+(,[\w-]+)*$/, {
      error: ({ input }) => `--leave-out ${String(input)}: a tag of the cases, such as family`,
    })
    .transform((text) => text.split(','))
    .optional(),
});
const checkArguments = runArguments.pick({ scenario: true, trace: true, skipBadRows: true });
const workloadArguments = runArguments.pick({ seed: true, trace: true, skipBadRows: true }).extend({
  action: z.enum(['describe', 'sample']),
  file: z.string(),
  json: z.boolean(),
  out: path('out').optional(),
});
const powerArguments = runArguments.pick({ scenario: true, seed: true, json: true }).extend({
  action: z.enum(['plan']),
  chance: z
    .string()
    .regex(/^\d{1,2}(\.\d{1,6})?%$/, {
      error: ({ input }) => `--chance ${String(input)}: a share of the time, such as 0.1%`,
    })
    .transform((text) => Number(text.slice(0, -1)) / 100),
});
const compareArguments = runArguments.omit({ scenario: true }).extend({
  scenarios: z.array(z.string()).min(1),
  precision: z
    .string()
    .regex(/^(\d{1,2})(\.\d{1,3})?%$/, {
      error: ({ input }) => `--precision ${String(input)}: a share of the baseline, such as 2%`,
    })
    .transform((text) => Number(text.slice(0, -1)) / 100)
    .refine((share) => share > 0, '--precision: above 0%')
    .optional(),
  maxSeeds: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, { error: ({ input }) => `--max-seeds ${String(input)}: a number of seeds, at least 1` })
    .transform(Number),
});
const sweepArguments = runArguments.omit({ seed: true }).extend({
  shard: z
    .string()
    .regex(/^[1-9]\d{0,6}\/[1-9]\d{0,6}$/, {
      error: ({ input }) => `--shard ${String(input)}: which of how many parts, such as 2/8`,
    })
    .transform((text) => {
      const [index, count] = text.split('/').map(Number);
      return { index: index!, count: count! };
    })
    .refine(({ index, count }) => index <= count, '--shard: the part is one of 1 to their number')
    .optional(),
  latency: z.string().regex(/^(ttft|tpot|e2e|queue)_(mean|p50|p90|p95|p99)$/, {
    error: ({ input }) =>
      `--latency ${String(input)}: ttft, tpot, e2e or queue and mean, p50, p90, p95 or p99: ttft_p99`,
  }),
});
const whole = (option: string) =>
  z
    .string()
    .regex(/^[1-9]\d{0,6}$/, { error: ({ input }) => `--${option} ${String(input)}: a whole number, at least 1` })
    .transform(Number)
    .optional();
const calibrateArguments = runArguments.pick({ json: true, workers: true }).extend({
  measurements: z.array(z.string()).min(1),
  profile: path('profile').refine((file) => /\.ya?ml$/i.test(file), '--profile: the name of a profile ends in .yaml'),
  accelerator: path('accelerator'),
  model: path('model'),
  engine: path('engine').optional(),
  versionClass: path('version-class').optional(),
  weights: path('weights').optional(),
  kv: path('kv').optional(),
  tensorParallel: whole('tensor-parallel'),
  maxNumSeqs: whole('max-num-seqs'),
  maxNumBatchedTokens: whole('max-num-batched-tokens'),
  concurrency: whole('concurrency'),
  requestRate: z
    .string()
    .regex(/^\d{1,7}(\.\d{1,6})?$/, { error: ({ input }) => `--request-rate ${String(input)}: requests per second` })
    .transform(Number)
    .refine((rate) => rate > 0, '--request-rate: above 0')
    .optional(),
});
const collectArguments = sweepArguments.omit({ shard: true, workers: true });
const listArguments = z.object({ topic: z.enum(TOPICS).optional(), sources: z.boolean() });

export type ValidateArguments = z.output<typeof validateArguments>;
export type RunArguments = z.output<typeof runArguments>;
export type CheckArguments = z.output<typeof checkArguments>;
export type CompareArguments = z.output<typeof compareArguments>;
export type SweepArguments = z.output<typeof sweepArguments>;
export type CollectArguments = z.output<typeof collectArguments>;
export type CalibrateArguments = z.output<typeof calibrateArguments>;
export type WorkloadArguments = z.output<typeof workloadArguments>;
export type ListArguments = z.output<typeof listArguments>;

export const parseRunArguments = (given: unknown): RunArguments => parse(runArguments, given);
export const parseCheckArguments = (given: unknown): CheckArguments => parse(checkArguments, given);
export const parseValidateArguments = (given: unknown): ValidateArguments => parse(validateArguments, given);
export const parseCompareArguments = (given: unknown): CompareArguments => parse(compareArguments, given);
export const parseSweepArguments = (given: unknown): SweepArguments => parse(sweepArguments, given);
export const parseCollectArguments = (given: unknown): CollectArguments => parse(collectArguments, given);
export const parseCalibrateArguments = (given: unknown): CalibrateArguments => parse(calibrateArguments, given);
export const parseWorkloadArguments = (given: unknown): WorkloadArguments => parse(workloadArguments, given);
export const parsePowerArguments = (given: unknown): z.output<typeof powerArguments> => parse(powerArguments, given);
export const parseListArguments = (given: unknown): ListArguments => parse(listArguments, given);

/** The parser of the command line takes almost anything; what a command gets has been looked at. */
function parse<Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> {
  const parsed = schema.safeParse(given, {
    // An option that takes one value and was given twice arrives as a list.
    error: ({ code, input, path: at }) =>
      code === 'invalid_type' && Array.isArray(input) ? `--${String(at?.[0])} is given more than once` : undefined,
  });
  if (parsed.success) return parsed.data;
  throw new UsageError([...new Set(parsed.error.issues.map(({ message }) => message))].join('\n'));
}
