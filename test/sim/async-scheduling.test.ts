import { describe, expect, test } from 'vitest';
import type { EnginePlan } from '../../src/sim/plan.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { bothEngines } from '../reference/both-engines.ts';
import { firstEligible, openLoop, tinyPlan, type TinyRequest } from '../support/plans.ts';
import { constantStep } from '../support/step-costs.ts';
import { apart } from './apart.ts';

const tenNs = constantStep(10 * TICKS_PER_NS);

const request = (arrivalNs: number, promptTokens: number, outputTokens: number): TinyRequest => ({
  arrivalNs,
  promptTokens,
  outputTokens,
});

describe.each(bothEngines)('%s', (_, simulate) => {
  function run(engine: Partial<EnginePlan>, requests: readonly TinyRequest[], stepTicks = 10 * TICKS_PER_NS) {
    const plan = tinyPlan({ horizonNs: 1_000, engine: { asyncScheduling: true, ...engine } });
    const stepCosts = [constantStep(stepTicks)];
    return simulate(plan, { workloads: [openLoop(requests)], routing: firstEligible, stepCosts });
  }
  const schedule = (requests: readonly { request: number; scheduledNs: number; finishNs: number }[]) =>
    requests.map((row) => [row.request, row.scheduledNs, row.finishNs]);

  test('who comes during a step joins not the next one but the one after it', () => {
    const { requests } = run({}, [request(0, 1, 9), request(30, 1, 1), request(31, 1, 1)]);

    // At 30 a step begins, and the one that begins at 40 can hold the first of them.
    expect(schedule(requests)).toEqual([
      [1, 40, 50],
      [2, 50, 60],
      [0, 0, 90],
    ]);
  });

  test('an idle instance begins at once', () => {
    const { requests } = run({}, [request(0, 1, 1), request(10, 1, 1), request(33, 1, 1)]);

    expect(schedule(requests)).toEqual([
      [0, 0, 10],
      [1, 10, 20],
      [2, 33, 43],
    ]);
  });

  test('a place is free one step after somebody has left it, unless all have', () => {
    const two = [request(0, 1, 2), request(0, 1, 4), request(0, 1, 1), request(0, 1, 1)];
    const { requests } = run({ maxNumSeqs: 2 }, two);

    // Places are left at 20, and at 40 by two: nobody is in the batch then, and nothing has to be waited for.
    expect(schedule(requests)).toEqual([
      [0, 0, 20],
      [1, 0, 40],
      [2, 30, 40],
      [3, 40, 50],
    ]);
  });

  test('blocks are free one step after somebody has left them', () => {
    const { requests } = run({ blockTokens: 1, kvBlocks: 12 }, [request(0, 2, 2), request(0, 1, 9), request(1, 8, 1)]);

    // Of twelve blocks five are taken from 10 on, three of which the first leaves at 20. The second has three then.
    expect(schedule(requests)).toEqual([
      [0, 0, 20],
      [2, 30, 40],
      [1, 0, 90],
    ]);
  });

  test('an instance that has nobody left forgets what its last step lay after a whole ns', () => {
    const { requests } = run({ maxNumSeqs: 1 }, [request(0, 1, 1), request(0, 1, 1)], 10.5 * TICKS_PER_NS);

    // The second step would end at 21 if it began at 10.5.
    expect(schedule(requests)).toEqual([
      [0, 0, 10],
      [1, 10, 20],
    ]);
  });

  test('a batch that is filled only when it is empty is filled at once when it is', () => {
    const { requests } = run({ continuousBatching: false }, [request(0, 1, 2), request(0, 1, 1), request(3, 1, 1)]);

    expect(schedule(requests)).toEqual([
      [1, 0, 10],
      [0, 0, 20],
      [2, 20, 30],
    ]);
  });

  test('KV that comes during a step joins not the next one but the one after it', () => {
    const plan = apart({ horizonNs: 1_000, decode: { asyncScheduling: true } });
    const workloads = [openLoop([request(0, 10, 50), request(5, 13, 3)])];
    const { requests } = simulate(plan, { workloads, routing: firstEligible, stepCosts: [tenNs, tenNs] });

    // The second is handed over at 20, when the decode instance is idle, and its KV is there at 33.
    expect(requests).toMatchObject([
      { request: 1, transferNs: 13, finishNs: 70 },
      { request: 0, transferNs: 10, finishNs: 20 + 49 * 10 },
    ]);
  });
});
