import fc from 'fast-check';
import type { RunParts, SimulationPlan } from '../../src/sim/simulate.ts';
import { RequestStatus } from '../../src/sim/records.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { chunkedPrefillCase, longDecodeCase, stormCase } from '../differential/flavours.ts';
import { anyCase } from '../differential/hostile-cases.ts';
import type { HostileCase } from '../differential/hostile-cases.ts';
import { partsOf, planOf, withPromptFirstTokens } from '../differential/hostile-plan.ts';
import { tiersCase } from '../differential/tiers-case.ts';
import { collect } from '../support/collect.ts';
import type { Collected, RequestRow } from '../support/collect.ts';

export const mixedCases = fc.oneof(anyCase, stormCase, longDecodeCase, chunkedPrefillCase, tiersCase);
/** Steps of a few ns, looked at every ns: what telemetry says is all there is to know. */
export const watchedCases = mixedCases.map((hostile) => {
  const stepTicks = 7 * TICKS_PER_NS;
  const pools = hostile.pools.map((pool) => ({ ...pool, instances: 1 }));
  return { ...hostile, pools, stepTicks, intervalSteps: TICKS_PER_NS / stepTicks };
});

/** No accelerator sleeps: what comes to one that does waits until it is awake. */
export function awake({ power, ...parts }: RunParts): RunParts {
  if (power === undefined) return parts;
  const { sleep: _sleep, ...others } = power;
  return { ...parts, power: others };
}

export interface Run extends Collected {
  readonly plan: SimulationPlan;
  readonly served: readonly RequestRow[];
}

/** @param change what the parts of the run are instead */
export function inEveryRun(
  cases: fc.Arbitrary<HostileCase>,
  numRuns: number,
  holds: (run: Run, hostile: HostileCase) => void,
  change = (parts: RunParts): RunParts => parts,
): void {
  fc.assert(
    fc.property(cases, (hostile) => {
      const plan = withPromptFirstTokens(planOf(hostile));
      const collected = collect(plan, change(partsOf(hostile)));
      const served = collected.requests.filter(({ status }) => status === RequestStatus.served);
      holds({ plan, served, ...collected }, hostile);
    }),
    { seed: 20_260, numRuns },
  );
}

/** How many are enqueued and have not left, at every ns from 0. */
export function enqueuedAt(plan: SimulationPlan, requests: readonly RequestRow[], untilNs: number): readonly number[] {
  const count = Array.from({ length: untilNs + 1 }, () => 0);
  for (const request of requests) {
    for (let ns = request.enqueuedNs; ns < departureNs(plan, request); ns++) count[ns]! += 1;
  }
  return count;
}

/** When a request leaves its instance, which the client hears `outputNs` later. */
export function departureNs(plan: SimulationPlan, { instance, finishNs }: RequestRow): number {
  if (instance < 0) return finishNs;
  const engines = plan.pools.flatMap((pool) => Array.from({ length: pool.instances }, () => pool.engine));
  return finishNs - engines[instance]!.outputNs;
}

export function rowsOf(timeline: Collected['timeline'], pool: number) {
  return timeline.filter((row) => row.pool === pool);
}

export function sum<Name extends string>(rows: readonly Readonly<Record<Name, number>>[], name: Name): number {
  return total(rows, (row) => row[name]);
}

export function total<Row>(rows: readonly Row[], figure: (row: Row) => number): number {
  return rows.reduce((so, row) => so + figure(row), 0);
}
