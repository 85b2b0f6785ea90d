import type { Grade } from '../sim/plan.ts';
import { decisionHalfWidth95 } from './comparison-decision.ts';
import type { ModelError } from './comparison-decision.ts';
import { SIGNIFICANCE, holmAdjusted, meanInterval, pairedDifference } from './statistics-interval.ts';
import type { Interval, PairedDifference } from './statistics-interval.ts';
import { worstGrade } from './summary.ts';
import type { Metric, RunSummary, Statistic, SummaryEntry } from './summary.ts';

/** One of what is compared: a policy, or a scenario of its own. */
export interface ComparedRuns {
  readonly name: string;
  /** One per seed; the same seeds in the same order for all. */
  readonly summaries: readonly RunSummary[];
}

/**
 * - `lower`, `higher`: the difference is significant among all that were tested, and no error of the model undoes it
 * - `equal`: the same number with every seed
 * - `no difference`: not significant; a small one may be there
 * - `not decided`: significant in the model, but the model may be further off than that
 * - `one seed`: nothing is known of chance
 */
export type Verdict = 'lower' | 'higher' | 'equal' | 'no difference' | 'not decided' | 'one seed';

/** One figure of the baseline and of a variant. */
export interface FigureDifference extends Pick<
  SummaryEntry,
  'scope' | 'scopeName' | 'metric' | 'statistic' | 'unit' | 'grade'
> {
  /** One of `HEADLINES`. */
  readonly isHeadline: boolean;
  readonly baseline: Interval;
  readonly variant: Interval;
  readonly paired: PairedDifference;
  /** p after Holm's correction; undefined with one seed and where nothing differs. */
  readonly adjustedP: number | undefined;
  /** Half-width of the 95 % interval of the difference with the model's error in it; undefined with one seed. */
  readonly decisionHalfWidth95: number | undefined;
  readonly verdict: Verdict;
}

export interface ComparedVariant {
  readonly name: string;
  readonly figures: readonly FigureDifference[];
}

export interface Comparison {
  readonly baseline: string;
  readonly seeds: number;
  readonly variants: readonly ComparedVariant[];
}

/** The figures of the fleet that are told in words, and that `--precision` is about. */
export const HEADLINES: readonly (readonly [metric: Metric, statistic: Statistic])[] = [
  ['ttft', 'p50'],
  ['ttft', 'p99'],
  ['tpot', 'p50'],
  ['tpot', 'p99'],
  ['e2e', 'mean'],
  ['e2e', 'p99'],
  ['output_tokens', 'rate'],
  ['goodput', 'rate'],
  ['cached_tokens', 'share'],
  ['blended_cost', 'fully_loaded'],
];

/** What the scenario asks for is no result. */
const ASKED: readonly Statistic[] = ['target', 'limit'];

/** The errors a figure rests on, as far as validation knows them. */
export type ModelErrorsOf = (variant: string, entry: SummaryEntry) => readonly ModelError[];

/** Where no validation has said how far the model may be off. */
export const noModelErrors: ModelErrorsOf = () => [];

/**
 * Every figure of every variant against the first, seed by seed. Holm's correction is over two families, each over all
 * variants: the headlines, and the rest, so that hundreds of rows nobody decides by do not hide what does matter. Figures
 * that are proportional in every seed (a rate and its total, a fleet and its only pool) are one hypothesis, and those that
 * are equal in every seed none.
 */
export function compareRuns(runs: readonly ComparedRuns[], modelErrors = noModelErrors): Comparison {
  const [baseline, ...variants] = runs;
  if (baseline === undefined) throw new Error('nothing to compare');
  const tested = variants.map((variant) => figuresOf(baseline, variant));
  const adjusted = adjustAll(tested.flat());
  return {
    baseline: baseline.name,
    seeds: baseline.summaries.length,
    variants: variants.map(({ name }, index) => ({
      name,
      figures: tested[index]!.map((figure) =>
        judged(figure, adjusted.get(figure.hypothesis), {
          baseline: modelErrors(baseline.name, figure.entry),
          variant: modelErrors(name, figure.entry),
        }),
      ),
    })),
  };
}

/** Relative half-widths of the headline differences, as shares of the baseline: what the stopping rule looks at. */
export function headlineHalfWidths(comparison: Comparison): number[] {
  return comparison.variants.flatMap(({ figures }) =>
    figures.flatMap(({ isHeadline, baseline, paired: { relative, difference } }) => {
      if (!isHeadline || relative === undefined || difference.halfWidth95 === undefined) return [];
      return [relative.halfWidth95 ?? difference.halfWidth95 / Math.abs(baseline.value)];
    }),
  );
}

interface TestedFigure {
  readonly entry: SummaryEntry;
  readonly isHeadline: boolean;
  readonly baseline: readonly number[];
  readonly variant: readonly number[];
  readonly paired: PairedDifference;
  readonly grade: Grade;
  /** The same for figures whose differences are proportional; undefined where nothing differs. */
  readonly hypothesis: string | undefined;
}

/** The figures that both have, in the order of the baseline; of each, the seeds in which both have it. */
function figuresOf(baseline: ComparedRuns, variant: ComparedRuns): TestedFigure[] {
  const [rows, others] = [seedsByFigure(baseline), seedsByFigure(variant)];
  return [...rows].flatMap(([key, entries]) => {
    const opposite = others.get(key) ?? [];
    const seeds = [...entries.keys()].filter((seed) => entries[seed] !== undefined && opposite[seed] !== undefined);
    if (seeds.length === 0) return [];
    const entry = entries[seeds[0]!]!;
    const [before, after] = [entries, opposite].map((list) => seeds.map((seed) => list[seed]!.value));
    return [
      {
        entry,
        isHeadline: isHeadline(entry),
        baseline: before!,
        variant: after!,
        paired: pairedDifference(before!, after!),
        hypothesis: hypothesisOf(variant.name, isHeadline(entry), before!, after!),
        grade: worstGrade(seeds.flatMap((seed) => [entries[seed]!.grade, opposite[seed]!.grade])),
      },
    ];
  });
}

function seedsByFigure({ summaries }: ComparedRuns): Map<string, (SummaryEntry | undefined)[]> {
  const rows = new Map<string, (SummaryEntry | undefined)[]>();
  for (const [seed, summary] of summaries.entries()) {
    for (const entry of summary) {
      if (ASKED.includes(entry.statistic)) continue;
      const key = JSON.stringify([entry.scope, entry.scopeName, entry.metric, entry.statistic]);
      const row = rows.get(key) ?? Array<undefined>(summaries.length).fill(undefined);
      row[seed] = entry;
      rows.set(key, row);
    }
  }
  return rows;
}

function isHeadline({ scope, metric, statistic }: SummaryEntry): boolean {
  return scope === 'fleet' && HEADLINES.some(([m, s]) => m === metric && s === statistic);
}

/** Adjusted p by hypothesis. */
function adjustAll(figures: readonly TestedFigure[]): ReadonlyMap<string | undefined, number> {
  const adjusted = new Map<string | undefined, number>();
  for (const headline of [true, false]) {
    const family = new Map<string, number>();
    for (const { isHeadline: isOne, hypothesis, paired } of figures) {
      if (isOne === headline && hypothesis !== undefined && paired.p !== undefined) family.set(hypothesis, paired.p);
    }
    const keys = [...family.keys()];
    holmAdjusted([...family.values()]).forEach((p, position) => adjusted.set(keys[position]!, p));
  }
  return adjusted;
}

/** Enough to tell two figures apart, and less than rounding blurs. */
const HYPOTHESIS_DIGITS = 9;

function hypothesisOf(
  name: string,
  headline: boolean,
  baseline: readonly number[],
  variant: readonly number[],
): string | undefined {
  const differences = shapeOf(variant.map((value, seed) => value - baseline[seed]!));
  if (differences === undefined) return undefined;
  // Differences are judged as shares of the baseline: proportional ones of different baselines are not one hypothesis.
  return JSON.stringify([headline, name, differences, shapeOf(baseline)]);
}

/** Numbers in units of the largest; undefined when all are 0. */
function shapeOf(values: readonly number[]): readonly number[] | undefined {
  const largest = values.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  if (largest === 0) return undefined;
  return values.map((value) => Number((value / largest).toFixed(HYPOTHESIS_DIGITS)));
}

function judged(
  { entry, isHeadline: headline, baseline, variant, paired, grade }: TestedFigure,
  adjustedP: number | undefined,
  errors: { readonly baseline: readonly ModelError[]; readonly variant: readonly ModelError[] },
): FigureDifference {
  const { scope, scopeName, metric, statistic, unit } = entry;
  const [before, after] = [meanInterval(baseline), meanInterval(variant)];
  const { difference, relative } = paired;
  const seedsHalfWidth95 =
    relative?.halfWidth95 === undefined ? difference.halfWidth95 : relative.halfWidth95 * Math.abs(before.value);
  const decision =
    seedsHalfWidth95 === undefined
      ? undefined
      : decisionHalfWidth95(
          seedsHalfWidth95,
          { value: before.value, errors: errors.baseline },
          { value: after.value, errors: errors.variant },
        );
  return {
    ...{ scope, scopeName, metric, statistic, unit, grade },
    isHeadline: headline,
    baseline: before,
    variant: after,
    paired,
    adjustedP,
    decisionHalfWidth95: decision,
    verdict: verdictOf(
      difference.value,
      decision,
      adjustedP,
      baseline.every((each, seed) => each === variant[seed]),
    ),
  };
}

function verdictOf(
  difference: number,
  decision: number | undefined,
  adjustedP: number | undefined,
  equal: boolean,
): Verdict {
  if (equal) return 'equal';
  if (decision === undefined || adjustedP === undefined) return 'one seed';
  if (adjustedP > SIGNIFICANCE) return 'no difference';
  if (Math.abs(difference) <= decision) return 'not decided';
  return difference < 0 ? 'lower' : 'higher';
}
