import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InstanceLives } from '../../src/sim/instance-lives.ts';
import type { ScalingPolicy } from '../../src/sim/ports.ts';
import type { SimulationPlan } from '../../src/sim/simulate.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { collect } from '../support/collect.ts';
import { leastOutstanding, openLoop, roomyEngine, type TinyRequest } from '../support/plans.ts';
import { sharedPrompts } from '../support/shared-prompts.ts';
import { constantStep } from '../support/step-costs.ts';

const tenNs = constantStep(10 * TICKS_PER_NS);

interface Scaled {
  readonly instances: number;
  readonly start: number;
  readonly min?: number;
  readonly provisionNs?: number;
  readonly loadNs?: number;
  readonly engine?: Partial<typeof roomyEngine>;
  readonly timelineIntervalNs?: number;
}

function planOf(scaled: Scaled): SimulationPlan {
  const { instances, start, min = 0, provisionNs = 30, loadNs = 20, engine, timelineIntervalNs = 1_000 } = scaled;
  const scaling = { minInstances: min, startInstances: start, provisionNs, loadNs };
  return {
    seed: 1,
    horizonNs: 1_000,
    warmUpNs: 0,
    timelineIntervalNs,
    models: ['model'],
    pools: [{ model: 0, instances, scaling, engine: { ...roomyEngine, ...engine } }],
    workloads: [{ model: 0 }],
  };
}

/** At every tick what the list says, and after its end the last of it. */
function listed(intervalNs: number, targets: readonly number[]): ScalingPolicy {
  let tick = 0;
  return { intervalNs, targetInstances: () => targets[Math.min(tick++, targets.length - 1)]! };
}

function run(scaled: Scaled, policy: ScalingPolicy, requests: readonly TinyRequest[]) {
  const parts = { workloads: [openLoop(requests)], routing: leastOutstanding, stepCosts: [tenNs], scaling: [policy] };
  return collect(planOf(scaled), parts);
}

const request = (arrivalNs: number, outputTokens: number): TinyRequest => ({
  arrivalNs,
  promptTokens: 1,
  outputTokens,
});

describe('an instance that is ordered', () => {
  test('serves nobody before it is provisioned and has loaded its model', () => {
    const requests = [request(0, 100), request(149, 1), request(150, 1), request(151, 1)];
    const { requests: rows } = run({ instances: 2, start: 1 }, listed(100, [2]), requests);

    // Ordered at 100, ready at 150.
    expect(rows.filter(({ instance }) => instance === 1).map(({ arrivalNs }) => arrivalNs)).toEqual([150, 151]);
  });

  test('is on, and not ready, in between', () => {
    const { timeline } = run({ instances: 2, start: 1, timelineIntervalNs: 120 }, listed(100, [2]), [request(0, 30)]);

    expect(timeline.slice(0, 3)).toMatchObject([
      { endNs: 120, onNs: 120 + 20, readyInstances: 1 },
      { endNs: 240, onNs: 240, readyInstances: 2 },
      { endNs: 360, onNs: 240, readyInstances: 2 },
    ]);
  });

  test('is the first to be given up again, at once', () => {
    const { timeline } = run({ instances: 3, start: 1, timelineIntervalNs: 300 }, listed(20, [3, 1]), [request(0, 40)]);

    // Two instances from 20 to 40 ns.
    expect(timeline[0]).toMatchObject({ onNs: 300 + 2 * 20, readyInstances: 1 });
  });
});

describe('an instance that is given up', () => {
  test('is the one with the fewest requests, the highest index on a tie; it takes nobody new and finishes its own', () => {
    const requests = [request(0, 20), request(0, 20), request(0, 8), request(60, 5), request(70, 1)];
    const { requests: rows, timeline } = run(
      { instances: 3, start: 3, timelineIntervalNs: 400 },
      listed(50, [2]),
      requests,
    );

    // All three have one at 50 ns, when instance 2 begins to drain; its request ends at 80.
    expect(rows.map(({ arrivalNs, instance }) => [arrivalNs, instance])).toEqual([
      [70, 1],
      [0, 2],
      [60, 0],
      [0, 0],
      [0, 1],
    ]);
    expect(timeline[0]).toMatchObject({ onNs: 2 * 400 + 80, readyInstances: 2 });
  });

  test('takes requests again at once when more are wanted, before another is ordered', () => {
    const requests = [request(0, 40), request(0, 40), request(160, 25), request(210, 1)];
    const { requests: rows, timeline } = run(
      { instances: 3, start: 2, timelineIntervalNs: 400 },
      listed(100, [1, 2]),
      requests,
    );

    // Instance 1 drains from 100 to 200 ns, has one request all the while, and is never off; nobody orders instance 2.
    expect(rows.find(({ arrivalNs }) => arrivalNs === 160)).toMatchObject({ instance: 0 });
    expect(rows.find(({ arrivalNs }) => arrivalNs === 210)).toMatchObject({ instance: 1 });
    expect(timeline[0]).toMatchObject({ onNs: 2 * 400, readyInstances: 2 });
  });

  test('that drains takes in who waits at the front when it is wanted again', () => {
    const requests = [request(0, 40), request(150, 1)];
    const { requests: rows } = run({ instances: 1, start: 1 }, listed(100, [0, 1]), requests);

    expect(rows.find(({ arrivalNs }) => arrivalNs === 150)).toMatchObject({ sentNs: 200, instance: 0 });
  });

  test('has forgotten its prefixes when it comes back', () => {
    const engine = { prefixCaching: true, blockTokens: 4 };
    const prompts = [0, 50, 300].map((arrivalNs) => ({
      arrivalNs,
      promptTokens: 16,
      outputTokens: 1,
      path: [[7, 16]] as const,
    }));
    const cached = (targets: readonly number[]) => {
      const parts = { routing: leastOutstanding, stepCosts: [tenNs], scaling: [listed(100, targets)] };
      const workloads = [sharedPrompts(prompts)];
      return collect(planOf({ instances: 1, start: 1, engine }), { ...parts, workloads }).requests.map(
        ({ cachedTokens }) => cachedTokens,
      );
    };

    expect(cached([1])).toEqual([0, 12, 12]);
    expect(cached([0, 1])).toEqual([0, 12, 0]);
  });
});

describe('a request that finds no instance ready', () => {
  test('waits at the front until one is, and has one ordered although the policy wants none', () => {
    const { requests, timeline } = run({ instances: 2, start: 0 }, listed(100, [0]), [request(10, 1), request(20, 1)]);

    expect(requests).toMatchObject([
      { arrivalNs: 10, sentNs: 150, enqueuedNs: 150, scheduledNs: 150, finishNs: 160, instance: 0 },
      { arrivalNs: 20, sentNs: 150, enqueuedNs: 150, scheduledNs: 150, finishNs: 160, instance: 0 },
    ]);
    expect(timeline[0]).toMatchObject({ arrivedRequests: 2 });
  });

  test('is rejected if no instance could ever run it', () => {
    const { requests } = run({ instances: 1, start: 0, engine: { maxModelTokens: 5 } }, listed(100, [0]), [
      request(10, 9),
    ]);

    expect(requests).toMatchObject([{ status: 1, finishNs: 10, instance: -1 }]);
  });
});

test('instances are conserved: all = off + provisioning + loading + ready + draining, and on-time is their integral', () => {
  const moves = fc.array(fc.record({ gapNs: fc.nat(50), what: fc.nat(4), instance: fc.nat(5) }), { maxLength: 60 });
  fc.assert(
    fc.property(moves, (steps) => {
      const scaling = { startInstances: 2, provisionNs: 20, loadNs: 30 };
      const lives = new InstanceLives([{ instances: 6, scaling }]);
      let nowNs = 0;
      let onNs = 0;
      for (const { gapNs, what, instance } of steps) {
        const before = lives.countsOf(0, nowNs);
        onNs += (before.provisioning + before.loading + before.ready + before.draining) * gapNs;
        nowNs += gapNs;
        const life = lives.lifeOf(instance);
        if (what === life && life === 0) expect(lives.order(instance, nowNs)).toBe(nowNs + 50);
        else if (what === life && life === 1) lives.becomeReady(instance);
        else if (what === life && life === 2) lives.drain(instance);
        else if (life === 3 || (life === 1 && what === 4)) lives.switchOff(instance, nowNs);
        const { off, provisioning, loading, ready, draining } = lives.countsOf(0, nowNs);

        expect(off + provisioning + loading + ready + draining).toBe(6);
        expect(lives.readyInstances(0)).toBe(ready);
      }
      expect(lives.takeOnNs(0, nowNs)).toBe(onNs);
    }),
  );
});
