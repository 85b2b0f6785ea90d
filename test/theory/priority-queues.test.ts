import { describe, expect, test } from 'vitest';
import type { BatchingPolicy, RowSink } from '../../src/sim/ports.ts';
import type { RequestColumns } from '../../src/sim/records.ts';
import { simulate } from '../../src/sim/simulate.ts';
import { Streams } from '../../src/sim/streams.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { policyOf } from '../support/batching.ts';
import { noRows } from '../support/collect.ts';
import { endless, firstEligible, tinyPlan } from '../support/plans.ts';
import { disagreement, estimate, exponential, overSeeds } from '../support/statistics.ts';
import { constantStep } from '../support/step-costs.ts';

const SEEDS = 20;
const STEP_NS = 1_000_000;

/** Poisson arrivals whose service lasts a step for each output token. */
interface Class {
  /** Of the arrivals of all classes. */
  readonly share: number;
  readonly tokens: readonly number[];
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const meanTokens = (classes: readonly Class[]) =>
  classes.reduce((sum, { share, tokens }) => sum + share * meanOf(tokens), 0);

interface Run {
  readonly classes: readonly Class[];
  readonly load: number;
  readonly policy: () => BatchingPolicy;
  readonly relativeError?: number;
  readonly requests: number;
}

/** Mean times from arrival to service of the classes, after a tenth of the run; of all together at the end. */
function meanWaitsNs({ classes, load, policy, relativeError = 0, requests }: Run, seed: number): readonly number[] {
  const gapNs = (meanTokens(classes) * STEP_NS) / load;
  const horizonNs = Math.round(requests * gapNs);
  const sums = [...classes, undefined].map(() => ({ ns: 0, count: 0 }));
  const rows: RowSink<RequestColumns> = {
    flush({ arrivalNs, scheduledNs, workload }, n) {
      for (let i = 0; i < n; i++) {
        if (arrivalNs[i]! < 0.1 * horizonNs) continue;
        for (const sum of [sums[workload[i]!]!, sums.at(-1)!]) {
          sum.ns += scheduledNs[i]! - arrivalNs[i]!;
          sum.count += 1;
        }
      }
    },
  };
  const streams = new Streams(seed);
  const workloads = classes.map(({ share, tokens }, index) => {
    const arrivals = streams.stream(`arrivals ${index}`);
    const lengths = streams.stream(`lengths ${index}`);
    return endless({
      gapNs: () => exponential(arrivals, gapNs / share),
      promptTokens: () => 1,
      outputTokens: () => tokens[Math.floor(tokens.length * lengths.uniform())]!,
    });
  });
  const plan = tinyPlan({ seed, horizonNs, engine: { maxNumSeqs: 1 } });
  simulate(
    { ...plan, workloads: classes.map((_, priority) => ({ model: 0, priority })), outputPrediction: { relativeError } },
    {
      workloads,
      routing: firstEligible,
      stepCosts: [constantStep(STEP_NS * TICKS_PER_NS)],
      batching: [policy],
    },
    { requests: rows, timeline: noRows },
  );
  return sums.map(({ ns, count }) => ns / count);
}

/** A. Cobham (1954), without preemption: class k waits W₀ / ((1 − σₖ₋₁)(1 − σₖ)), W₀ = λ E[S²] / 2, σ the load up to a class. */
function cobhamNs(classes: readonly Class[], load: number): readonly number[] {
  const rate = load / meanTokens(classes);
  const squares = classes.reduce((sum, { share, tokens }) => sum + share * meanOf(tokens.map((x) => x * x)), 0);
  let before = 0;
  return classes.map(({ share, tokens }) => {
    const upTo = before + rate * share * meanOf(tokens);
    const wait = (rate * squares) / 2 / ((1 - before) * (1 - upTo));
    before = upTo;
    return wait * STEP_NS;
  });
}

describe('an instance that serves one request at a time, by classes of priority', () => {
  const classes: readonly Class[] = [
    { share: 0.3, tokens: [30] },
    { share: 0.5, tokens: [5, 15] },
    { share: 0.2, tokens: [10, 20, 60] },
  ];

  test.each([0.5, 0.8])('makes each class wait as long as Cobham says, at load %f', (load) => {
    const requests = load === 0.5 ? 40_000 : 80_000;
    const run = { classes, load, policy: policyOf('priority'), requests };
    const waitsNs = Array.from({ length: SEEDS }, (_, i) => meanWaitsNs(run, i + 1));
    cobhamNs(classes, load).forEach((waitNs, k) => {
      expect(disagreement(estimate(waitsNs.map((waits) => waits[k]!)), waitNs)).toBeUndefined();
    });
  });
});

describe('an instance that serves one request at a time, the shortest answer first', () => {
  const lengths = Array.from({ length: 39 }, (_, k) => k + 1);
  const uniform: readonly Class[] = [{ share: 1, tokens: lengths }];
  const load = 0.8;
  const waitNs = (name: string, relativeError: number, seeds = SEEDS) =>
    overSeeds(seeds, (seed) =>
      meanWaitsNs({ classes: uniform, load, policy: policyOf(name), relativeError, requests: 40_000 }, seed).at(-1)!,
    );
  // Every length is a class of its own.
  const shortestFirstNs = meanOf(
    cobhamNs(
      lengths.map((length) => ({ share: 1 / 39, tokens: [length] })),
      load,
    ),
  );
  const firstComeNs = cobhamNs(uniform, load)[0]!;

  test('makes requests wait as long as the formula for classes says, if lengths are known', () => {
    expect(disagreement(waitNs('shortest-output', 0), shortestFirstNs)).toBeUndefined();
    expect(disagreement(waitNs('fcfs', 0), firstComeNs)).toBeUndefined();
  });

  test('gains less, the worse lengths are predicted, and still something', () => {
    const [exact, fair, poor] = [0, 0.5, 3].map((error) => waitNs('shortest-output', error, 5).mean);

    expect(shortestFirstNs).toBeLessThan(0.75 * firstComeNs);
    expect(exact).toBeLessThan(0.97 * fair!);
    expect(fair).toBeLessThan(0.97 * poor!);
    expect(poor).toBeLessThan(0.97 * firstComeNs);
  });
});
