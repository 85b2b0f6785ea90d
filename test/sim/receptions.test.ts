import { describe, expect, test } from 'vitest';
import type { EnginePlan } from '../../src/sim/plan.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { bothEngines } from '../reference/both-engines.ts';
import { firstEligible, openLoop, tinyPlan, type TinyRequest } from '../support/plans.ts';
import { constantStep } from '../support/step-costs.ts';

const request = (arrivalNs: number, promptTokens: number, outputTokens: number): TinyRequest => ({
  arrivalNs,
  promptTokens,
  outputTokens,
});

describe.each(bothEngines)('%s, an engine that looks for requests every 4 steps of 10 ns', (_, simulate) => {
  const scheduled = (requests: readonly TinyRequest[], engine: Partial<EnginePlan> = {}) => {
    const plan = tinyPlan({ horizonNs: 1_000, engine: { receiveEverySteps: 4, ...engine } });
    const stepCosts = [constantStep(10 * TICKS_PER_NS)];
    const run = simulate(plan, { workloads: [openLoop(requests)], routing: firstEligible, stepCosts });
    return Object.fromEntries(run.requests.map((row) => [row.request, row.scheduledNs]));
  };

  test('counts from the step after a prompt', () => {
    // Its prompt is done at 10; it looks then, and at 50 and 90.
    expect(scheduled([request(0, 1, 20), request(11, 1, 1)])).toEqual({ 0: 0, 1: 50 });
    expect(scheduled([request(0, 1, 20), request(50, 1, 1)])).toEqual({ 0: 0, 1: 50 });
    expect(scheduled([request(0, 1, 20), request(51, 1, 1)])).toEqual({ 0: 0, 1: 90 });
  });

  test('counts anew after every prompt, and sees whoever comes while one is computed', () => {
    // The second runs from 50 to 60: it looks at 60, at 100 and so on.
    const others = [request(11, 1, 1), request(55, 1, 1), request(71, 1, 1)];

    expect(scheduled([request(0, 1, 30), ...others])).toEqual({ 0: 0, 1: 50, 2: 60, 3: 110 });
  });

  test('does not see between two looks who came after the first, though a place is free', () => {
    // The second leaves at 30, before anybody has looked again.
    const both = [request(0, 1, 20), request(0, 1, 3), request(15, 1, 1)];

    expect(scheduled(both, { maxNumSeqs: 2 })).toEqual({ 0: 0, 1: 0, 2: 50 });
  });

  test('gives a place that is left between two looks to one whom it has seen', () => {
    // Seen at 10, when there is no place; the second leaves at 60.
    const three = [request(0, 1, 20), request(0, 1, 6), request(5, 1, 1)];

    expect(scheduled(three, { maxNumSeqs: 2 })).toEqual({ 0: 0, 1: 0, 2: 60 });
  });

  test('begins at once when it is idle', () => {
    expect(scheduled([request(0, 1, 2), request(21, 1, 1), request(45, 1, 1)])).toEqual({ 0: 0, 1: 21, 2: 45 });
  });

  test('looks while a step runs, if batches are settled early', () => {
    // The look that leads to the batch at 50 is when the step before it begins, at 40.
    expect(scheduled([request(0, 1, 20), request(40, 1, 1)], { asyncScheduling: true })[1]).toBe(50);
    expect(scheduled([request(0, 1, 20), request(41, 1, 1)], { asyncScheduling: true })[1]).toBe(90);
  });
});
