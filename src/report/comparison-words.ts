import type { ComparedVariant, FigureDifference, Verdict } from '../results/comparison.ts';
import type { Interval, PairedDifference } from '../results/statistics-interval.ts';
import { figure, withHalfWidth } from './figures.ts';
import { metricName } from './metric-names.ts';

/** What a variant changes for sure, what it may change, and what nobody can tell: one sentence on its headlines. */
export function verdictSentence({ name, figures }: ComparedVariant): string {
  const headlines = figures.filter((each) => each.isHeadline && !isNothing(each));
  const of = (verdict: Verdict) => headlines.filter((each) => each.verdict === verdict);
  const clauses = [
    listed('lowers', of('lower').map(byHowMuch)),
    listed('raises', of('higher').map(byHowMuch)),
    listed('not decided, within what the model may be off by:', of('not decided').map(metricName)),
    listed('no significant difference in', of('no difference').map(metricName)),
    listed('the same with every seed:', of('equal').map(metricName)),
    of('one seed').length > 0 ? 'one seed says nothing of chance: add seeds' : undefined,
  ].filter((clause) => clause !== undefined);
  const does = headlines.some(({ verdict }) => verdict === 'lower' || verdict === 'higher');
  return `${name}${does ? '' : ':'} ${clauses.join('; ')}.`;
}

/** Whether it would differ for sure if it were the only figure looked at: more seeds may tell. */
export function isNear({ verdict, paired }: FigureDifference): boolean {
  const { value, halfWidth95 } = shareOf(paired) ?? paired.difference;
  return verdict === 'no difference' && halfWidth95 !== undefined && Math.abs(value) > halfWidth95;
}

/** Such as tokens found in a cache that neither has: nothing to tell. */
export function isNothing({ verdict, baseline }: FigureDifference): boolean {
  return verdict === 'equal' && baseline.value === 0;
}

function listed(words: string, items: readonly string[]): string | undefined {
  return items.length === 0 ? undefined : `${words} ${items.join(', ')}`;
}

function byHowMuch(difference: FigureDifference): string {
  const share = shareOf(difference.paired);
  const size = share === undefined ? amount(difference.paired.difference) : relativeSize(share);
  return `${metricName(difference)} by ${size}`;
}

/** The difference with its sign: as a share of the baseline, or as it is. */
export function signedDifference(paired: PairedDifference): string {
  const share = shareOf(paired);
  return share === undefined ? amount(paired.difference, paired.difference.value) : signedRelative(share);
}

/** The relative difference, if the verdict rests on it: it does where it has an interval, and one seed has none of either. */
function shareOf({ relative, pairs }: PairedDifference): Interval | undefined {
  return pairs > 1 && relative?.halfWidth95 === undefined ? undefined : relative;
}

/** A tenfold increase and more reads better as a factor. */
const FACTOR_FROM = 9;

/** `31 % ± 4 %`, both to the place where the half-width has its first digit; `a factor of 24 ± 2` for the largest. */
export function relativeSize({ value, halfWidth95 }: Interval): string {
  if (value >= FACTOR_FROM) return `a factor of ${withHalfWidth(1 + value, halfWidth95)}`;
  const decimals = decimalsOf(100 * (halfWidth95 ?? value));
  const size = figure(100 * Math.abs(value), decimals);
  return halfWidth95 === undefined || halfWidth95 === 0
    ? `${size} %`
    : `${size} % ± ${figure(100 * halfWidth95, decimals)} %`;
}

/** `−31 % ± 4 %`, `× 24 ± 2`; `within ±16 %` where what is left of the difference is less than its half-width can show. */
export function signedRelative(interval: Interval): string {
  if (interval.value >= FACTOR_FROM) return `× ${withHalfWidth(1 + interval.value, interval.halfWidth95)}`;
  const size = relativeSize(interval);
  if (size === '0.00 % ± 0.00 %') return 'under 0.01 %';
  if (/^[0.]+ %/.test(size)) return size.replace(/^[0.]+ % ± /, 'within ±');
  return `${interval.value < 0 ? '−' : '+'}${size}`;
}

function amount({ value, halfWidth95 }: Interval, shown = Math.abs(value)): string {
  return halfWidth95 === undefined ? figure(shown) : `${figure(shown)} ± ${figure(halfWidth95)}`;
}

function decimalsOf(percent: number): number {
  const size = Math.abs(percent);
  if (size === 0 || size >= 1) return 0;
  return size >= 0.1 ? 1 : 2;
}
