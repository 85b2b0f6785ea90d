import { describe, expect, test } from 'vitest';
import { degrade } from '../../src/schedulers/admission/degrade.ts';
import { queueLimit } from '../../src/schedulers/admission/queue-limit.ts';
import { tokenBucket } from '../../src/schedulers/admission/token-bucket.ts';
import { cascade } from '../../src/schedulers/model-routing/cascade.ts';
import { RequestStatus } from '../../src/sim/records.ts';
import type { RunParts, SimulationPlan } from '../../src/sim/simulate.ts';
import { Streams } from '../../src/sim/streams.ts';
import { NS_PER_S, TICKS_PER_NS } from '../../src/sim/units.ts';
import { admissionContext } from '../schedulers/decisions.contract.ts';
import { collect } from '../support/collect.ts';
import { endless, firstEligible, roomyEngine, tinyPlan } from '../support/plans.ts';
import { disagreement, exponential, overSeeds } from '../support/statistics.ts';
import { constantStep } from '../support/step-costs.ts';
import { exponentialTokens } from './services.ts';

const STEP_NS = 1_000;
const SERVICE_TOKENS = 10_000;
const stepCosts = [constantStep(STEP_NS * TICKS_PER_NS)];

/** One instance that serves so many requests at a time, one if left out, all exponential. */
function singleServer(seed: number, load: number, requests: number, servers = 1) {
  const meanGapNs = (SERVICE_TOKENS * STEP_NS) / load / servers;
  const streams = new Streams(seed);
  const arrivals = streams.stream('arrivals');
  const lengths = streams.stream('lengths');
  const outputTokens = exponentialTokens(SERVICE_TOKENS);
  const workload = endless({
    gapNs: () => exponential(arrivals, meanGapNs),
    promptTokens: () => 1,
    outputTokens: () => outputTokens(lengths),
  });
  const plan: SimulationPlan = tinyPlan({ seed, horizonNs: requests * meanGapNs, engine: { maxNumSeqs: servers } });
  const parts: RunParts = { workloads: [workload], routing: firstEligible, stepCosts };
  return { plan, parts };
}

/** Chance of n in M/M/c/K relative to that of none: aⁿ / n! up to c, a^n / (c! c^(n − c)) above, with a = load × c. */
function weightsOf(load: number, servers: number, places: number): number[] {
  const weights = [1];
  for (let n = 1; n <= places; n++) weights.push((weights[n - 1]! * load * servers) / Math.min(n, servers));
  return weights;
}

/** Of M/M/c/K, the share of time in which all places are taken: the share that finds none. */
function blockingOf(load: number, servers: number, places: number): number {
  const weights = weightsOf(load, servers, places);
  return weights[places]! / weights.reduce((sum, weight) => sum + weight, 0);
}

describe('an instance that serves c at a time and lets K − c wait is M/M/c/K', () => {
  test.each([
    [0.5, 1, 2],
    [0.8, 1, 4],
    [1, 1, 3],
    [1.5, 1, 5],
    [0.9, 3, 6],
    [1.2, 4, 8],
  ])('load %f, c = %d, K = %d: it turns away as many as find all places taken', (load, servers, places) => {
    const blocked = overSeeds(20, (seed) => {
      const { plan, parts } = singleServer(seed, load, 18_000, servers);
      const options = { waitingPerInstance: places - servers, of: 'instance' as const };
      const admission = queueLimit.create(options, admissionContext());
      const { requests } = collect(plan, { ...parts, admission });
      return requests.filter(({ status }) => status === RequestStatus.queueFull).length / requests.length;
    });

    expect(disagreement(blocked, blockingOf(load, servers, places), 0.0005)).toBeUndefined();
  });
});

test('degrade moves exactly the overflow: what M/M/c/K would lose is answered by the other model, and nothing else', () => {
  const [LOAD, SERVERS, PLACES] = [1.1, 2, 5];
  const moved = overSeeds(20, (seed) => {
    const { plan, parts } = singleServer(seed, LOAD, 18_000, SERVERS);
    const options = { to: { large: 'small' }, outstandingPerInstance: PLACES };
    const models = ['large', 'small'];
    const small = { ...plan.pools[0]!, model: 1, engine: roomyEngine };
    const { requests } = collect(
      { ...plan, models, pools: [...plan.pools, small] },
      {
        ...parts,
        stepCosts: [...stepCosts, ...stepCosts],
        admission: degrade.create(options, admissionContext({ models })),
      },
    );

    expect(requests.every(({ status }) => status === RequestStatus.served)).toBe(true);
    return requests.filter(({ model }) => model === 1).length / requests.length;
  });

  expect(disagreement(moved, blockingOf(LOAD, SERVERS, PLACES), 0.0005)).toBeUndefined();
});

test('of a tenant that asks for more than its rate, the rate is admitted in the long run', () => {
  const { plan, parts } = singleServer(1, 2, 40_000);
  const admission = tokenBucket.create(
    { of: 'requests', tenants: { chat: { perS: 70, burst: 30 } }, whenEmpty: 'reject' },
    admissionContext(),
  );
  const { requests } = collect(plan, { ...parts, admission });
  const admitted = requests.filter(({ status }) => status === RequestStatus.served).length;
  const horizonS = plan.horizonNs / NS_PER_S;

  // 200 requests come in a second: the bucket is next to never full, and never has more than came in and the burst.
  expect(admitted).toBeLessThanOrEqual(70 * horizonS + 30);
  expect(admitted).toBeGreaterThan(0.999 * 70 * horizonS);
});

test('a bucket of one that defers holds Poisson arrivals back like the queue of M/D/1: ρ / (2 (1 − ρ)) intervals on average', () => {
  const LOAD = 0.7;
  const held = overSeeds(10, (seed) => {
    const { plan, parts } = singleServer(seed, LOAD, 40_000);
    const perS = NS_PER_S / (SERVICE_TOKENS * STEP_NS);
    const tenants = { chat: { perS, burst: 1 } };
    const admission = tokenBucket.create({ of: 'requests', tenants, whenEmpty: 'defer' }, admissionContext());
    const { requests } = collect({ ...plan, warmUpNs: 0 }, { ...parts, admission });
    const heldNs = requests.reduce((sum, { sentNs, arrivalNs }) => sum + sentNs - arrivalNs, 0);
    return (heldNs / requests.length) * (perS / NS_PER_S);
  });

  expect(disagreement(held, LOAD / (2 * (1 - LOAD)), 0.002)).toBeUndefined();
});

test('a cascade costs small + P(escalated) · large, in tokens and in time', () => {
  const options = {
    models: ['small', 'large'],
    accuracy: [0.7, 0.9],
    recall: 0.8,
    falseAlarm: 0.1,
    judgeMs: 0,
    judgeUsdPerAnswer: 0,
  };
  const pools = [20, 5].map((tokensPerS, model) => ({ tokensPerS, model }));
  const OUTPUT_TOKENS = 4;
  const plan: SimulationPlan = {
    ...tinyPlan({ horizonNs: 40_000 * NS_PER_S, seed: 5 }),
    models: options.models,
    pools: pools.map(({ model }) => ({ model, instances: 1, engine: roomyEngine })),
    workloads: [{ model: 0 }],
  };
  const rng = new Streams(5).stream('arrivals');
  const gapNs = () => exponential(rng, 2 * NS_PER_S);
  const workload = endless({ gapNs, promptTokens: () => 1, outputTokens: () => OUTPUT_TOKENS });
  const { requests, timeline } = collect(plan, {
    workloads: [workload],
    routing: firstEligible,
    stepCosts: pools.map(({ tokensPerS }) => constantStep((NS_PER_S / tokensPerS) * TICKS_PER_NS)),
    modelRouting: [cascade.create(options, { streams: new Streams(5), models: options.models })],
  });
  const count = requests.length;
  const escalated = requests.filter(({ attempts }) => attempts === 2).length;
  const within = (share: number) => 4 * Math.sqrt((share * (1 - share)) / count);
  const tokensOf = (wanted: number) =>
    timeline.filter(({ pool }) => pool === wanted).reduce((sum, { outputTokens }) => sum + outputTokens, 0);

  // P(escalated) = 0.3 · 0.8 + 0.7 · 0.1. Wrong and accepted: not noticed by the judge, or wrong from the large model, too.
  expect(Math.abs(escalated / count - 0.31)).toBeLessThan(within(0.31));
  expect(tokensOf(0)).toBe(OUTPUT_TOKENS * count);
  expect(tokensOf(1)).toBe(OUTPUT_TOKENS * escalated);
  const wrong = requests.filter((row) => row.wrong === 1).length / count;
  expect(Math.abs(wrong - (0.3 * 0.2 + 0.1 * 0.8))).toBeLessThan(within(0.14));
  // Nobody waits: a batch has room for all, and a step takes as long whoever is in it; an arrival waits for a step's end at most.
  for (const { attempts, arrivalNs, finishNs } of requests) {
    const leastS = OUTPUT_TOKENS / 20 + (attempts === 2 ? OUTPUT_TOKENS / 5 : 0);
    const tookS = (finishNs - arrivalNs) / NS_PER_S;

    expect(tookS).toBeGreaterThanOrEqual(leastS);
    expect(tookS).toBeLessThanOrEqual(leastS + 1 / 20 + 1 / 5);
  }
});
