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
  json: z.boolean(),
  workers: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, { error: ({ input }) => `--workers ${String(input)}: a number of threads, at least 1` })
    .transform(Number)
    .optional(),
});

const checkArguments = runArguments.pick({ scenario: true, trace: true });
const listArguments = z.object({ topic: z.enum(TOPICS).optional(), sources: z.boolean() });

export type RunArguments = z.output<typeof runArguments>;
export type CheckArguments = z.output<typeof checkArguments>;
export type ListArguments = z.output<typeof listArguments>;

export const parseRunArguments = (given: unknown): RunArguments => parse(runArguments, given);
export const parseCheckArguments = (given: unknown): CheckArguments => parse(checkArguments, given);
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
