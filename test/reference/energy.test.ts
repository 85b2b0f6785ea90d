import { describe, expect, test } from 'vitest';
import type { EnginePlan, PowerPlan, RecordPlan } from '../../src/sim/plan.ts';
import type { StepCost } from '../../src/sim/ports.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { firstEligible, openLoop, tinyPlan } from '../support/plans.ts';
import type { TinyRequest } from '../support/plans.ts';
import { anyAccelerator } from '../support/power-plans.ts';
import { constantStep } from '../support/step-costs.ts';
import { bothEngines } from './both-engines.ts';

const JOULE = 2 ** 26;
const STEP_TICKS = 10 * TICKS_PER_NS;

/** Steps of 10 ns: 5 J and one for each token attended to, or with a prompt what the test says. */
const costing = (prefillJoules: number): StepCost => ({
  ...constantStep(STEP_TICKS),
  decodePiece: () => ({
    fixedTicks: STEP_TICKS,
    ticksPerKvToken: 0,
    fixedQuanta: 5 * JOULE,
    quantaPerKvToken: JOULE,
    untilKvTokens: Infinity,
  }),
  prefillStepQuanta: () => prefillJoules * JOULE,
});

/** So that a ns at n × 10⁸ W is n tenths of a joule. */
const watts: PowerPlan = {
  accelerator: anyAccelerator,
  idleWatts: 5e8,
  offWatts: 0,
  hostIdleWatts: 3e8,
  hostBusyWatts: 1e9,
  networkWatts: 2e8,
  ratedWatts: 1e9,
  pue: 1,
};

interface Example {
  readonly cost: StepCost;
  readonly requests: readonly TinyRequest[];
  readonly timelineIntervalNs?: number;
  readonly instances?: number;
  readonly engine?: Partial<EnginePlan>;
  readonly pue?: number;
  readonly record?: RecordPlan;
}

/** Worked out by hand from docs/engine.md. Every instance has two accelerators, and everything ends within 100 ns. */
describe.each(bothEngines)('%s', (_, engine) => {
  const run = ({ cost, requests, pue = 1, record = { energy: true, shares: true }, ...tiny }: Example) => {
    const plan = tinyPlan({ horizonNs: 100, ...tiny });
    const pools = plan.pools.map((pool) => ({ ...pool, acceleratorsPerInstance: 2, power: { ...watts, pue } }));
    const parts = { workloads: [openLoop(requests)], routing: firstEligible, stepCosts: [cost] };
    return engine({ ...plan, pools, record }, parts);
  };

  test('a prompt of 20 J and two tokens that attend to three and four are 37 J', () => {
    const { timeline } = run({ cost: costing(20), requests: [{ arrivalNs: 0, promptTokens: 2, outputTokens: 3 }] });

    expect(timeline).toMatchObject([{ busyJoules: 37, prefillJoules: 20, onNs: 100, idleNs: 70 }]);
  });

  test('hosts, idle accelerators and the building are on as long as the instance', () => {
    const requests = [{ arrivalNs: 0, promptTokens: 2, outputTokens: 3 }];
    const [row] = run({ cost: costing(20), requests, pue: 2, instances: 3 }).timeline;

    // One instance is busy for 30 of 100 ns.
    expect(row).toMatchObject({ busyJoules: 37, onNs: 300, idleNs: 270 });
    expect(row!.idleJoules).toBe(270 * 2 * 0.5);
    expect(row!.hostJoules).toBe((300 * 0.5 + 30 * 1) * 2);
    expect(row!.facilityJoules).toBeCloseTo(0.7 * (37 + 270 + 360) + 0.3 * 300 * 2, 9);
  });

  test('a step costs its energy where it ends, and idle time is over where it begins', () => {
    const requests = [{ arrivalNs: 6, promptTokens: 2, outputTokens: 1 }];
    const { timeline } = run({ cost: costing(20), requests, timelineIntervalNs: 4 });
    const first = timeline.slice(0, 5);

    expect(first.map(({ onNs }) => onNs)).toEqual([4, 4, 4, 4, 4]);
    expect(first.map(({ idleNs }) => idleNs)).toEqual([4, 2, 0, 0, 4]);
    expect(first.map(({ busyJoules }) => busyJoules)).toEqual([0, 0, 0, 20, 0]);
    expect(first.map(({ busyNs }) => busyNs)).toEqual([0, 0, 0, 10, 0]);
  });

  test.each([
    { mixedJoules: 30, prefillJoules: 30 + (30 - 8) },
    { mixedJoules: 7, prefillJoules: 7 },
  ])('of $mixedJoules J with who would have taken 8 J alone, prefill is what is beyond', (example) => {
    const { timeline } = run({
      cost: costing(example.mixedJoules),
      requests: [
        { arrivalNs: 0, promptTokens: 2, outputTokens: 2 },
        { arrivalNs: 10, promptTokens: 1, outputTokens: 1 },
      ],
    });

    expect(timeline).toMatchObject([
      { busyJoules: 2 * example.mixedJoules, prefillJoules: example.prefillJoules, idleNs: 80 },
    ]);
  });

  /** A weight of a prompt's token is its number. */
  const weighing = (piece: readonly [fixedTicks: number, ticksPerKvToken: number], prefillTicks: number): StepCost => ({
    decodePiece: () => ({
      fixedTicks: piece[0],
      ticksPerKvToken: piece[1],
      fixedQuanta: 0,
      quantaPerKvToken: 0,
      untilKvTokens: Infinity,
    }),
    prefillStepTicks: () => prefillTicks,
    prefillStepQuanta: () => 0,
    chunkWeight: (tokens, contextTokens) => tokens * contextTokens + (tokens * (tokens + 1)) / 2,
  });

  test('who attends to more takes more, and what rounding leaves is nobody’s', () => {
    const { requests } = run({
      cost: weighing([-3, 100_000], 70 * TICKS_PER_NS + 1),
      requests: [
        { arrivalNs: 0, promptTokens: 1, outputTokens: 2 },
        { arrivalNs: 0, promptTokens: 3, outputTokens: 2 },
      ],
    });

    // The weights are 1 and 6; half of −3 is cut off to −2.
    expect(requests).toMatchObject([
      { prefillTicks: 10 * TICKS_PER_NS, decodeTicks: 200_000 - 2 },
      { prefillTicks: 60 * TICKS_PER_NS, decodeTicks: 400_000 - 2 },
    ]);
  });

  test('where a line falls steeply a short request takes less than nothing', () => {
    const { requests } = run({
      cost: weighing([-20 * 100_000, 100_000], STEP_TICKS),
      requests: [
        { arrivalNs: 0, promptTokens: 1, outputTokens: 2 },
        { arrivalNs: 0, promptTokens: 30, outputTokens: 2 },
      ],
    });

    expect(requests.map(({ decodeTicks }) => decodeTicks)).toEqual([-8 * 100_000, 21 * 100_000]);
  });

  test('chunks share what a step lasts beyond those who decode, by what they compute', () => {
    const { requests } = run({
      cost: weighing([2 * TICKS_PER_NS, TICKS_PER_NS], STEP_TICKS),
      engine: { maxNumSeqs: 3, maxNumBatchedTokens: 3 },
      requests: [
        { arrivalNs: 0, promptTokens: 1, outputTokens: 3 },
        { arrivalNs: 10, promptTokens: 4, outputTokens: 1 },
      ],
    });

    // Two chunks of two tokens in steps of 10 ns, of which decoding takes 4 ns and 5 ns.
    expect(requests).toMatchObject([
      { request: 0, prefillTicks: STEP_TICKS, decodeTicks: 9 * TICKS_PER_NS },
      { request: 1, prefillTicks: 11 * TICKS_PER_NS, decodeTicks: 0 },
    ]);
  });

  test('a step with a prompt that is over sooner than decoding alone leaves its prompts nothing', () => {
    const { requests } = run({
      cost: weighing([30 * TICKS_PER_NS, 0], STEP_TICKS),
      requests: [
        { arrivalNs: 0, promptTokens: 1, outputTokens: 2 },
        { arrivalNs: 10, promptTokens: 1, outputTokens: 1 },
      ],
    });

    expect(requests).toMatchObject([
      { request: 0, prefillTicks: STEP_TICKS, decodeTicks: 30 * TICKS_PER_NS },
      { request: 1, prefillTicks: 0, decodeTicks: 0 },
    ]);
  });

  test('what is computed again after a preemption is taken again', () => {
    const sixBlocks = { kvBlocks: 6, blockTokens: 1, maxNumSeqs: 2, maxNumBatchedTokens: 8, reserveFullPrompt: false };
    const request = { arrivalNs: 0, promptTokens: 2, outputTokens: 4 };
    const { requests } = run({ cost: constantStep(STEP_TICKS), engine: sixBlocks, requests: [request, request] });

    // Together for two steps, then the first alone for two and the second, prompt and two tokens again, for two.
    expect(requests).toMatchObject([
      { request: 0, prefillTicks: STEP_TICKS / 2, decodeTicks: 2.5 * STEP_TICKS },
      { request: 1, prefillTicks: 1.5 * STEP_TICKS, decodeTicks: 1.5 * STEP_TICKS },
    ]);
  });

  test('prompts that have a step to themselves share all of it', () => {
    const { requests } = run({
      cost: weighing([STEP_TICKS, 0], STEP_TICKS),
      engine: { prefillFirst: true },
      requests: [
        { arrivalNs: 0, promptTokens: 1, outputTokens: 2 },
        { arrivalNs: 10, promptTokens: 1, outputTokens: 1 },
      ],
    });

    expect(requests).toMatchObject([
      { request: 1, prefillTicks: STEP_TICKS, decodeTicks: 0 },
      { request: 0, prefillTicks: STEP_TICKS, decodeTicks: STEP_TICKS },
    ]);
  });

  test('what is not recorded is 0', () => {
    const { requests, timeline } = run({
      cost: costing(20),
      requests: [{ arrivalNs: 0, promptTokens: 2, outputTokens: 3 }],
      record: { energy: false, shares: false },
    });

    expect(requests).toMatchObject([{ prefillTicks: 0, decodeTicks: 0 }]);
    expect(timeline).toMatchObject([{ busyJoules: 0, prefillJoules: 0, idleJoules: 0, hostJoules: 0 }]);
    expect(timeline).toMatchObject([{ facilityJoules: 0, idleNs: 0 }]);
  });
});
