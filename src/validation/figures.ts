import { NS_PER_MS, NS_PER_S } from '../sim/units.ts';
import type { RequestTimes } from '../workers/measure-run.ts';
import type { Metric } from './metrics.ts';

/** From and until, s from the start of the run. */
export type WindowS = readonly [fromS: number, untilS: number];

/** A figure is absent where nothing was there to measure, or where the model does not tell it. */
export type Figures = Partial<Record<Metric, number>>;

/**
 * What a benchmark client reports of a run. Latencies are of the requests that are sent in the window, TPOT one number a
 * request: (E2E − TTFT) / (output tokens − 1). Rates are of the requests that are complete in the window, over its
 * length; without a window, of all requests, from the first sent to the last complete.
 */
export function figuresOf(times: RequestTimes, window?: WindowS): Figures {
  const fromNs = (window?.[0] ?? 0) * NS_PER_S;
  const untilNs = (window?.[1] ?? Infinity) * NS_PER_S;
  const ttftMs: number[] = [];
  const tpotMs: number[] = [];
  const e2eMs: number[] = [];
  let requests = 0;
  let tokens = 0;
  let firstNs = Infinity;
  let lastNs = 0;
  for (let row = 0; row < times.arrivalNs.length; row++) {
    const arrivalNs = times.arrivalNs[row]!;
    const finishNs = times.finishNs[row]!;
    const outputTokens = times.outputTokens[row]!;
    firstNs = Math.min(firstNs, arrivalNs);
    lastNs = Math.max(lastNs, finishNs);
    if (finishNs > fromNs && finishNs <= untilNs) {
      requests++;
      tokens += outputTokens;
    }
    if (arrivalNs < fromNs || arrivalNs >= untilNs) continue;
    const ttftNs = times.firstTokenNs[row]! - arrivalNs;
    const e2eNs = finishNs - arrivalNs;
    ttftMs.push(ttftNs / NS_PER_MS);
    e2eMs.push(e2eNs / NS_PER_MS);
    if (outputTokens > 1) tpotMs.push((e2eNs - ttftNs) / (outputTokens - 1) / NS_PER_MS);
  }
  const spanS = (window === undefined ? lastNs - firstNs : untilNs - fromNs) / NS_PER_S;
  return {
    ...latencies('ttft', ttftMs),
    ...latencies('tpot', tpotMs),
    ...latencies('e2e', e2eMs),
    ...(spanS > 0 && { outputTokensPerS: tokens / spanS, requestsPerS: requests / spanS }),
  };
}

function latencies(name: 'ttft' | 'tpot' | 'e2e', samples: number[]): Figures {
  if (samples.length === 0) return {};
  const sorted = Float64Array.from(samples).sort();
  return {
    [`${name}MeanMs`]: sorted.reduce((sum, sample) => sum + sample, 0) / sorted.length,
    [`${name}MedianMs`]: quantile(sorted, 0.5),
    [`${name}P90Ms`]: quantile(sorted, 0.9),
    [`${name}P95Ms`]: quantile(sorted, 0.95),
    [`${name}P99Ms`]: quantile(sorted, 0.99),
  };
}

/** Linear between order statistics, as NumPy and the benchmark clients do it. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const here = sorted[below]!;
  return here + (at - below) * ((sorted[below + 1] ?? here) - here);
}
