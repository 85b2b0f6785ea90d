import { NS_PER_S } from '../sim/units.ts';
import type { RequestTimes } from '../workers/measure-run.ts';
import type { Figures, WindowS } from './figures.ts';

/**
 * W per accelerator and J per output token while the batch is full: over the intervals between the moment when as many
 * requests have finished as were sent before the first one did, and the last send. Where there is no such interval, over the
 * whole run; and over the window of a case that has one.
 */
export function energyFigures(times: RequestTimes, window?: WindowS): Figures {
  const { energy } = times;
  if (energy === undefined) return {};
  const steady = window === undefined ? fullBatchNs(times) : window.map((second) => second * NS_PER_S);
  const inSteady = sums(energy, steady[0]!, steady[1]!);
  const { joules, acceleratorNs, outputTokens } =
    inSteady.outputTokens > 0 ? inSteady : sums(energy, 0, Math.max(...times.finishNs));
  if (outputTokens === 0 || acceleratorNs === 0) return {};
  return {
    wattsPerAccelerator: joules / (acceleratorNs / NS_PER_S),
    joulesPerOutputToken: joules / outputTokens,
  };
}

/** From and until. */
function fullBatchNs({ arrivalNs, finishNs }: RequestTimes): [number, number] {
  const finishes = finishNs.slice().sort();
  const first = finishes[0] ?? 0;
  const atOnce = arrivalNs.reduce((count, arrival) => (arrival < first ? count + 1 : count), 0);
  const last = arrivalNs.reduce((latest, arrival) => Math.max(latest, arrival), 0);
  return [finishes[atOnce - 1] ?? Infinity, last];
}

/** Of the intervals that lie within. */
function sums(energy: NonNullable<RequestTimes['energy']>, fromNs: number, untilNs: number) {
  let joules = 0;
  let acceleratorNs = 0;
  let outputTokens = 0;
  for (let row = 0; row < energy.joules.length; row++) {
    if (energy.startNs[row]! < fromNs || energy.endNs[row]! > untilNs) continue;
    joules += energy.joules[row]!;
    acceleratorNs += energy.acceleratorNs[row]!;
    outputTokens += energy.outputTokens[row]!;
  }
  return { joules, acceleratorNs, outputTokens };
}
