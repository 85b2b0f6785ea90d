import type { Comparison, ComparedVariant, FigureDifference } from '../results/comparison.ts';
import type { CostBasis } from '../sim/money-plan.ts';
import { isNear, isNothing, signedDifference, verdictSentence } from './comparison-words.ts';
import { figure, given } from './figures.ts';
import { metricLabel } from './metric-names.ts';
import { basisOf } from './money.ts';
import { alignedRows, shortened, wrapped } from './table.ts';
import { TERMINAL_COLUMNS } from './terminal.ts';

/** Policies or scenarios over the same seeds, as every form of report shows them. */
export interface ComparisonReport {
  readonly comparison: Comparison;
  readonly seeds: readonly number[];
  readonly tokenfleetVersion: string;
  /** Half-width of the widest headline difference as a share of the baseline, where a precision was asked for. */
  readonly precision?: { readonly wanted: number; readonly reached: number };
  /** In the order of the comparison, the baseline first. */
  readonly arms: readonly ComparedArm[];
}

export interface ComparedArm {
  readonly name: string;
  /** The folder of its results is called so. */
  readonly scenario: string;
  readonly warmUpS: number;
  readonly horizonS: number;
  /** When MSER-5 finds it settled; undefined when the run is too short to tell. */
  readonly settlesAfterS: number | undefined;
  /** What its dollars stand for; rent where it says nothing of money. */
  readonly costBasis?: CostBasis | undefined;
  readonly runs: readonly { readonly seed: number; readonly runId: string; readonly directory: string }[];
}

/** What differs and what does not, for a person: plain text of at most 100 columns. */
export function comparisonReport(report: ComparisonReport): string {
  const { comparison } = report;
  const sections = [
    heading(report),
    ...comparison.variants.map((variant) => variantSection(variant, comparison)),
    footing(report),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function heading({ comparison, seeds, precision }: ComparisonReport): string[] {
  const names = comparison.variants.map(({ name }) => name);
  const among = `over ${seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`}`;
  const lines = [
    ...wrapped(`${names.join(', ')} against ${comparison.baseline}, ${among}`, TERMINAL_COLUMNS, 2),
    '±: half-width of the 95 % interval of the difference, seed by seed on the same arrivals.',
    'p: Holm’s, over all variants; up to 0.05 a difference counts.',
  ];
  if (precision === undefined) return lines;
  const reached = precision.reached <= precision.wanted;
  const [wanted, widest] = [precision.wanted, precision.reached].map((share) =>
    given(Number((100 * share).toPrecision(3))),
  );
  return [
    ...lines,
    `Precision: ${wanted} % of the baseline ${reached ? 'reached' : `NOT reached with the most seeds allowed: ${widest} %`}.`,
  ];
}

function variantSection(variant: ComparedVariant, { baseline }: Comparison): string[] {
  const rows = variant.figures.filter((each) => each.isHeadline && !isNothing(each)).map(figureRow);
  return [
    ...sentenceLines(verdictSentence(variant)),
    ...alignedRows([['', shortened(baseline), shortened(variant.name), 'difference', 'p'], ...rows]),
  ];
}

function figureRow(difference: FigureDifference): string[] {
  const { baseline, variant, paired, adjustedP } = difference;
  return [
    metricLabel(difference),
    figure(baseline.value),
    figure(variant.value),
    signedDifference(paired),
    adjustedP === undefined ? '' : pText(adjustedP),
  ];
}

function pText(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

function footing({ arms, comparison }: ComparisonReport): string[] {
  const settling = arms.map(({ name, settlesAfterS }) => {
    return `${name} ${settlesAfterS === undefined ? 'not within half of the horizon' : `after ${given(settlesAfterS)} s`}`;
  });
  const warmUps = [...new Set(arms.map(({ warmUpS }) => `${given(warmUpS)} s`))].join(', ');
  const folders = [...new Set(arms.map(({ scenario }) => scenario))].join(', ');
  const near = comparison.variants.flatMap(({ figures }) => figures.filter((each) => each.isHeadline && isNear(each)));
  return [
    ...(near.length === 0 ? [] : sentenceLines(fewSeeds(near.length))),
    ...sentenceLines(
      `Left out as warm-up: ${warmUps}. Settled, by MSER-5 on the requests in the fleet: ${settling.join(', ')}.`,
    ),
    ...sentenceLines(basisOf(arms)),
    `Every other figure, with its interval: --json. Runs: in the results of ${folders}.`,
  ];
}

function fewSeeds(count: number): string {
  const [those, they] =
    count === 1 ? ['One difference has an interval', 'it'] : [`${count} differences have intervals`, 'they'];
  return `${those} without zero, but among so many figures that may be chance: with more seeds (--seed, --precision) ${they} may count.`;
}

const NO_BREAK = '\u00a0';

/** A sentence in lines that end beside a number with its unit and its ±, never within. */
function sentenceLines(sentence: string): string[] {
  const glued = sentence.replaceAll(/(?<=\d) (?=[%s±])|(?<=%) (?=±)|(?<=±) /g, NO_BREAK);
  return wrapped(glued, TERMINAL_COLUMNS, 2).map((line) => line.replaceAll(NO_BREAK, ' '));
}
