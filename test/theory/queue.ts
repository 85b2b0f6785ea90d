import type { EnginePlan } from '../../src/sim/plan.ts';
import type { PowerPolicy, RoutingPolicy, RowSink, StepCost } from '../../src/sim/ports.ts';
import type { RequestColumns, TimelineColumns } from '../../src/sim/records.ts';
import { simulate } from '../../src/sim/simulate.ts';
import { Streams } from '../../src/sim/streams.ts';
import type { Rng } from '../../src/sim/streams.ts';
import { noRows } from '../support/collect.ts';
import { controlled } from '../support/power-plans.ts';
import { endless, firstEligible, tinyPlan } from '../support/plans.ts';
import { exponential } from '../support/statistics.ts';

/** A station of queueing theory, built from a pool. */
export interface Queue {
  readonly meanGapNs: number;
  /** The gap to the next arrival; exponential unless stated. */
  readonly gapNs?: (rng: Rng) => number;
  /** Service in output tokens; a prompt has one token, whose step generates the first output token. */
  readonly outputTokens: (rng: Rng) => number;
  readonly stepCost: StepCost;
  readonly engine: Partial<EnginePlan>;
  readonly instances?: number;
  readonly routing?: () => RoutingPolicy;
  readonly power?: PowerPolicy;
}

/** The start of a run, before it forgets that it began empty. */
const WARM_UP_SHARE = 0.1;

/** Mean E2E of the requests that arrive after the warm-up. */
export function meanE2eNs(queue: Queue, seed: number, requests: number): number {
  const horizonNs = Math.round(requests * queue.meanGapNs);
  const warmUpNs = Math.round(horizonNs * WARM_UP_SHARE);
  let sumNs = 0;
  let count = 0;
  const rows: RowSink<RequestColumns> = {
    flush({ arrivalNs, finishNs }, n) {
      for (let i = 0; i < n; i++) {
        if (arrivalNs[i]! < warmUpNs) continue;
        sumNs += finishNs[i]! - arrivalNs[i]!;
        count += 1;
      }
    },
  };
  run(queue, seed, horizonNs, warmUpNs, horizonNs, rows, noRows);
  return sumNs / count;
}

/** How many requests are there at moments `intervalNs` apart, after the warm-up. */
export function occupancies(queue: Queue, seed: number, requests: number, intervalNs: number): readonly number[] {
  const horizonNs = Math.round(requests * queue.meanGapNs);
  const warmUpNs = Math.round(horizonNs * WARM_UP_SHARE);
  const seen: number[] = [];
  const timeline: RowSink<TimelineColumns> = {
    flush({ endNs, waitingRequests, runningRequests }, n) {
      for (let i = 0; i < n; i++) {
        const inWindow = endNs[i]! >= warmUpNs && endNs[i]! < horizonNs && endNs[i]! % intervalNs === 0;
        if (inWindow) seen.push(waitingRequests[i]! + runningRequests[i]!);
      }
    },
  };
  run(queue, seed, horizonNs, warmUpNs, intervalNs, noRows, timeline);
  return seen;
}

function run(
  queue: Queue,
  seed: number,
  horizonNs: number,
  warmUpNs: number,
  timelineIntervalNs: number,
  requests: RowSink<RequestColumns>,
  timeline: RowSink<TimelineColumns>,
): void {
  const { meanGapNs, outputTokens, stepCost, engine, instances = 1, routing = () => firstEligible, power } = queue;
  const { gapNs = (rng) => exponential(rng, meanGapNs) } = queue;
  const streams = new Streams(seed);
  const arrivals = streams.stream('arrivals');
  const lengths = streams.stream('lengths');
  const workload = endless({
    gapNs: () => gapNs(arrivals),
    promptTokens: () => 1,
    outputTokens: () => outputTokens(lengths),
  });
  const plan = tinyPlan({ seed, horizonNs, warmUpNs, timelineIntervalNs, instances, engine });
  simulate(
    power === undefined ? plan : controlled(plan, { telemetryIntervalNs: Math.round(100 * meanGapNs) }),
    { workloads: [workload], routing: routing(), stepCosts: [stepCost], ...(power !== undefined && { power }) },
    { requests, timeline },
  );
}
