import { z } from 'zod';
import { unknownName } from './did-you-mean.ts';
import { MOST_SOBOL_DIMENSIONS } from './sobol.ts';
import { axisLength, gridSize } from './sweep-design.ts';

export const SWEEP_KINDS = ['grid', 'list', 'latin-hypercube', 'sobol'] as const;
const SCALES = ['linear', 'log'] as const;
const MOST_POINTS = 1_000_000;
const PATH_HELP = 'a path such as routing.kind, templates[h100].engine.maxNumSeqs or regions[0].pools[desk].instances';

/** Variants of one scenario, by name; each says what it writes in the place of what. */
export function policiesSchema() {
  const overrides = z.record(z.string().min(1), z.unknown(), {
    error: ({ code }) => (code === 'invalid_type' ? EXAMPLE : undefined),
  });
  return z
    .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/), overrides, {
      error: ({ code, path }) =>
        code === 'invalid_key'
          ? `${JSON.stringify(path?.at(-1))} is not a name — use letters, digits, ".", "_" and "-"`
          : undefined,
    })
    .describe(
      `variants that \`tokenfleet compare\` compares, the first is the baseline: to each name what it changes ({}: nothing), by ${PATH_HELP}`,
    );
}

const EXAMPLE_PAIR = 'routing: { kind: power-of-two }';
const EXAMPLE = `expected paths and values — write such as { ${EXAMPLE_PAIR} }`;

/** What one path of a sweep takes: the values as written, or a range. */
export type AxisInput = z.output<ReturnType<typeof axisSchema>>;
export type RangeInput = Exclude<AxisInput, readonly unknown[]>;

export interface SweepInput {
  readonly kind: (typeof SWEEP_KINDS)[number];
  readonly points?: number | undefined;
  readonly seed: number;
  /** By path, as written. */
  readonly axes: readonly (readonly [path: string, axis: AxisInput])[];
}

export function sweepSchema() {
  return z
    .object({
      kind: z
        .enum(SWEEP_KINDS, { error: ({ input }) => unknownName('kind of sweep', input, SWEEP_KINDS) })
        .default('grid')
        .describe(
          '`grid`: every combination; `list`: the first values together, then the second, and so on; `latin-hypercube` and `sobol`: as many `points`, spread evenly over the ranges (default: grid)',
        ),
      points: z
        .int()
        .min(1)
        .max(MOST_POINTS)
        .optional()
        .describe('how many, of a latin-hypercube or sobol sample; for sobol best a power of two'),
      seed: z.int().min(0).default(1).describe('of the sample, not of the runs (default: 1)'),
    })
    .catchall(axisSchema())
    .transform(({ kind, points, seed, ...axes }): SweepInput => ({ kind, points, seed, axes: Object.entries(axes) }))
    .superRefine(checkSweep)
    .describe(`what \`tokenfleet sweep\` runs: to each path the values it takes, by ${PATH_HELP}`);
}

function axisSchema() {
  const range = z
    .strictObject({
      from: z.number().describe('smallest value'),
      to: z.number().describe('largest value'),
      step: z.number().positive().optional().describe('distance of the values, in a grid or list'),
      count: z.int().min(2).optional().describe('number of values instead of their distance'),
      scale: z.enum(SCALES).default('linear').describe('equal differences, or equal ratios (default: linear)'),
      whole: z.boolean().default(false).describe('round to whole numbers (default: false)'),
    })
    .superRefine(({ from, to, scale, step, count, whole }, context) => {
      const wrong = (message: string) => context.addIssue({ code: 'custom', message });
      if (!(to > from)) wrong(`the range from ${from} to ${to} is empty — write the smaller one first`);
      if (scale === 'log' && from <= 0) wrong('a logarithmic range has no zero — begin above it');
      if (scale === 'log' && step !== undefined) wrong('a logarithmic range has no step — give count');
      if (step !== undefined && count !== undefined) wrong('both step and count are given — keep one of them');
      if (whole && !(Number.isInteger(from) && Number.isInteger(to))) wrong('whole, but its ends are not');
    });
  return z.union([z.array(z.unknown()).min(1), range], {
    error: ({ code }) =>
      code === 'invalid_union' ? 'is no axis — write a list of values, or { from: 4, to: 12, step: 2 }' : undefined,
  });
}

function checkSweep({ kind, points, axes }: SweepInput, context: z.RefinementCtx): void {
  const wrong = (message: string, path: string[] = []) => context.addIssue({ code: 'custom', message, path });
  if (axes.length === 0) {
    wrong('sweeps nothing — name a path and its values, such as routing.kind: [random, round-robin]');
    return;
  }
  const sampled = kind === 'latin-hypercube' || kind === 'sobol';
  if (sampled && points === undefined) wrong(`a ${kind} sample needs its number of points — add points: 64`);
  if (!sampled && points !== undefined)
    wrong(`a ${kind} has the points that its axes give — leave points out`, ['points']);
  if (kind === 'sobol' && axes.length > MOST_SOBOL_DIMENSIONS) {
    wrong(`a sobol sample has at most ${MOST_SOBOL_DIMENSIONS} axes, found ${axes.length} — use latin-hypercube`);
  }
  if (kind === 'grid' && gridSize(axes) > MOST_POINTS) {
    wrong(`a grid of ${gridSize(axes)} points, of which there can be ${MOST_POINTS} — use latin-hypercube or sobol`);
  }
  const [firstPath, firstAxis] = axes[0]!;
  for (const [path, axis] of axes) {
    const [length, wanted] = [axisLength(axis), axisLength(firstAxis)];
    if (kind === 'list' && length !== wanted) {
      wrong(`values: ${length}, where \`${firstPath}\` has ${wanted} — a list takes one of each at a time`, [path]);
    }
    if (Array.isArray(axis)) continue;
    const { step, count } = axis;
    const cut = step !== undefined || count !== undefined;
    if (sampled && cut) wrong(`a ${kind} sample takes any value of the range — leave step and count out`, [path]);
    if (!sampled && !cut) wrong(`a ${kind} needs to know which values of the range — add step or count`, [path]);
  }
}
