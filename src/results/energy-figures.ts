import type { PoolPlan } from '../sim/plan.ts';
import { NS_PER_S } from '../sim/units.ts';
import type { PoolTally } from './pool-metrics.ts';
import type { PeakDraw } from './power-peaks.ts';
import { total } from './sums.ts';
import type { Metric, Statistic } from './summary.ts';

const JOULES_PER_WH = 3_600;
const JOULES_PER_KWH = 3_600_000;

/** A pool and what it did in the measured window. */
export interface PoolEnergy {
  readonly plan: Pick<PoolPlan, 'acceleratorsPerInstance'>;
  readonly tally: PoolTally;
}

export type EnergyFigure = readonly [metric: Metric, statistic: Statistic, value: number];

/** What some pools drew together, and what it took to serve with it. Not finite where nothing was served. */
export function energyFigures(pools: readonly PoolEnergy[], peak: PeakDraw, windowNs: number): EnergyFigure[] {
  const sum = (amount: (tally: PoolTally) => number) => total(pools, ({ tally }) => amount(tally));
  const windowS = windowNs / NS_PER_S;
  const busy = sum(({ busyJoules }) => busyJoules);
  const idle = sum(({ idleJoules }) => idleJoules);
  const host = sum(({ hostJoules }) => hostJoules);
  const facility = sum(({ facilityJoules }) => facilityJoules);
  const accelerators = busy + idle;
  const site = accelerators + host + facility;
  const everything = site + sum(({ backgroundJoules }) => backgroundJoules);
  const acceleratorS = pools.reduce(
    (total, { plan, tally }) => total + (tally.onNs / NS_PER_S) * plan.acceleratorsPerInstance,
    0,
  );
  const outputTokens = sum((tally) => tally.outputTokens);
  const tokens = outputTokens + sum((tally) => tally.promptTokens);
  const requests = sum((tally) => tally.finishedRequests - tally.escalatedRequests);
  const kWh = (joules: number) => joules / JOULES_PER_KWH;
  return [
    ['accelerator_power', 'mean', accelerators / acceleratorS],
    ['accelerator_power', 'max', (peak.acceleratorWatts * windowS) / acceleratorS],
    ['site_power', 'mean', everything / windowS],
    ['site_power', 'max', peak.siteWatts],
    ['accelerator_energy', 'total', kWh(accelerators)],
    ['prefill_energy', 'total', kWh(sum(({ prefillJoules }) => prefillJoules))],
    ['idle_energy', 'total', kWh(idle)],
    ['host_energy', 'total', kWh(host)],
    ['facility_energy', 'total', kWh(facility)],
    ['site_energy', 'total', kWh(everything)],
    ['pue', 'mean', site / (accelerators + host)],
    ['output_token_energy', 'accelerators', accelerators / outputTokens],
    ['output_token_energy', 'site', site / outputTokens],
    ['token_energy', 'accelerators', accelerators / tokens],
    ['token_energy', 'site', site / tokens],
    ['request_energy', 'accelerators', accelerators / requests / JOULES_PER_WH],
    ['request_energy', 'site', site / requests / JOULES_PER_WH],
  ];
}
