import type { SeriesPlan } from './money-plan.ts';
import type { Ns } from './units.ts';

/** What holds at a moment, from 0 on. */
export function valueAt(series: SeriesPlan, nowNs: Ns): number {
  return series.values[pieceAt(series, nowNs - periodStart(series, nowNs))]!;
}

/** The mean over [fromNs, untilNs), exact: every piece counts as long as it holds. `untilNs` is above `fromNs`. */
export function meanOver(series: SeriesPlan, fromNs: Ns, untilNs: Ns): number {
  const { atNs, values, periodNs } = series;
  let nowNs = fromNs;
  let originNs = periodStart(series, fromNs);
  let piece = pieceAt(series, fromNs - originNs);
  let sum = 0;
  for (;;) {
    const isLast = piece === values.length - 1;
    const endNs = isLast ? originNs + (periodNs ?? Infinity) : originNs + atNs[piece + 1]!;
    // Without rounding where nothing changes.
    if (nowNs === fromNs && endNs >= untilNs) return values[piece]!;
    sum += values[piece]! * (Math.min(endNs, untilNs) - nowNs);
    if (endNs >= untilNs) return sum / (untilNs - fromNs);
    nowNs = endNs;
    if (isLast) originNs = endNs;
    piece = isLast ? 0 : piece + 1;
  }
}

/**
 * The first stretch of the lowest value among those that begin at `fromNs`, or after it and not after `latestNs`: from when
 * (not before `fromNs`) until when (not after `latestNs`).
 */
export function cheapestPiece(
  series: SeriesPlan,
  fromNs: Ns,
  latestNs: Ns,
): { readonly fromNs: Ns; readonly untilNs: Ns } {
  const { atNs, values, periodNs } = series;
  let originNs = periodStart(series, fromNs);
  let piece = pieceAt(series, fromNs - originNs);
  let best = { fromNs, untilNs: fromNs };
  let lowest = Infinity;
  for (let beginNs = fromNs; beginNs <= latestNs;) {
    const isLast = piece === values.length - 1;
    const endNs = originNs + (isLast ? (periodNs ?? Infinity) : atNs[piece + 1]!);
    if (values[piece]! < lowest) {
      lowest = values[piece]!;
      best = { fromNs: beginNs, untilNs: Math.min(endNs, latestNs) };
    }
    if (isLast) originNs = endNs;
    piece = isLast ? 0 : piece + 1;
    beginNs = endNs;
  }
  return best;
}

function periodStart({ periodNs }: SeriesPlan, nowNs: Ns): Ns {
  return periodNs === undefined ? 0 : nowNs - (nowNs % periodNs);
}

/** The last piece that begins at or before a moment. */
function pieceAt({ atNs }: SeriesPlan, withinNs: Ns): number {
  let low = 0;
  let high = atNs.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (atNs[middle]! <= withinNs) low = middle;
    else high = middle;
  }
  return low;
}
