import { describe, expect, test } from 'vitest';
import type { RoutingPolicy } from '../../src/sim/ports.ts';
import type { SimulationPlan } from '../../src/sim/simulate.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { bothEngines } from '../reference/both-engines.ts';
import { firstEligible, openLoop, type TinyRequest } from '../support/plans.ts';
import { constantStep } from '../support/step-costs.ts';
import { apart, type Apart } from './apart.ts';

const tenNs = constantStep(10 * TICKS_PER_NS);

const request = (arrivalNs: number, promptTokens: number, outputTokens: number): TinyRequest => ({
  arrivalNs,
  promptTokens,
  outputTokens,
});

function withLocal(localPrefillTokens: number, plan: Apart): SimulationPlan {
  const { pools, ...rest } = apart(plan);
  return { ...rest, pools: [pools[0]!, { ...pools[1]!, localPrefillTokens }] };
}

describe.each(bothEngines)('%s', (_, simulate) => {
  const run = (plan: SimulationPlan, requests: readonly TinyRequest[], routing: RoutingPolicy = firstEligible) =>
    simulate(plan, { workloads: [openLoop(requests)], routing, stepCosts: plan.pools.map(() => tenNs) });

  test('a prompt that is short enough is computed where it is decoded', () => {
    const { requests, timeline } = run(withLocal(16, { horizonNs: 100 }), [request(0, 16, 2), request(0, 17, 2)]);

    expect(requests).toMatchObject([
      { request: 0, prefillInstance: -1, instance: 1, transferNs: 0, finishNs: 20 },
      // Prefilled until 10, there at 27: it joins at once, the other has left.
      { request: 1, prefillInstance: 0, instance: 1, transferNs: 17, finishNs: 37 },
    ]);
    expect(timeline.map((row) => [row.arrivedRequests, row.prefillTokens])).toEqual([
      [1, 17],
      [1, 16],
    ]);
  });

  test('the router is asked among the decode instances that take it, and once', () => {
    const { pools, ...rest } = apart({ horizonNs: 100, decodeInstances: 2 });
    const decode = pools[1]!;
    const small = { ...decode, localPrefillTokens: 20, engine: { ...decode.engine, maxModelTokens: 25 } };
    const plan = { ...rest, pools: [pools[0]!, decode, { ...decode, localPrefillTokens: 16 }, small] };
    const asked: number[][] = [];
    const router: RoutingPolicy = {
      route(_request, _requests, fleet) {
        asked.push(Array.from({ length: fleet.eligibleCount }, (_index, k) => fleet.eligible(k)));
        return fleet.eligible(0);
      },
    };
    run(plan, [request(0, 16, 2), request(1, 17, 2), request(2, 20, 6), request(3, 16, 10)], router);

    // Instance 0 prefills, 1 and 2 take nothing themselves, 3 and 4 up to 16 tokens, 5 and 6 up to 20 if all is short.
    expect(asked.slice(0, 4)).toEqual([[3, 4, 5, 6], [5, 6], [0], [3, 4]]);
  });

  test('a request that is handed over does not wait for one that is still in the front end', () => {
    const plan = withLocal(4, { horizonNs: 1_000, decode: { frontEndNs: 100 } });
    const { requests } = run(plan, [request(0, 4, 1), request(0, 20, 2)]);

    expect(requests).toMatchObject([
      { request: 1, transferNs: 20, finishNs: 40 },
      { request: 0, enqueuedNs: 100, scheduledNs: 100, finishNs: 110 },
    ]);
  });

  test('KV that has come waits until the prompt that is being computed here is complete', () => {
    const decode = { maxNumBatchedTokens: 4, maxNumSeqs: 4 };
    const { requests } = run(withLocal(9, { horizonNs: 1_000, decode }), [request(0, 10, 2), request(15, 9, 1)]);

    // The long one is prefilled until 10 and there at 20, when the short one is in its first of three steps, 15 to 45.
    expect(requests).toMatchObject([
      { request: 1, finishNs: 45 },
      { request: 0, transferNs: 10, finishNs: 55 },
    ]);
  });
});
