import { describe, expect, test } from 'vitest';
import type { RoutingPolicy, Workload } from '../../src/sim/ports.ts';
import type { RunParts, SimulationPlan } from '../../src/sim/simulate.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { type Engine, bothEngines } from '../reference/both-engines.ts';
import { roomyEngine, tinyPlan } from '../support/plans.ts';
import { affineStep } from '../support/step-costs.ts';

/** A prompt that begins with `sharedTokens` tokens of a stream and has some of its own. */
interface Prompt {
  readonly arrivalNs: number;
  readonly stream?: number;
  readonly sharedTokens?: number;
  readonly ownTokens?: number;
  readonly outputTokens: number;
}

function inOrder(prompts: readonly Prompt[]): Workload {
  let next = 0;
  return {
    pull(sink) {
      const prompt = prompts[next];
      if (prompt === undefined) return false;
      const { arrivalNs, stream = 0, sharedTokens = 0, ownTokens = 0, outputTokens } = prompt;
      if (sharedTokens > 0) sink.share(stream, sharedTokens);
      sink.push(arrivalNs, sharedTokens + ownTokens, outputTokens, 0, next++);
      return true;
    },
  };
}

/** What the first instance is seen to know of each prompt when it comes, and all rows. */
function seenBy(simulate: Engine, plan: SimulationPlan, prompts: readonly Prompt[], perPrefillTokenNs: number) {
  const hits: number[] = [];
  const routing: RoutingPolicy = {
    route(request, _, fleet) {
      const instance = fleet.eligible(0);
      hits.push(fleet.cachedTokens(instance, request));
      return instance;
    },
  };
  const cost = affineStep({ fixed: 200 * TICKS_PER_NS, perPrefillToken: perPrefillTokenNs * TICKS_PER_NS });
  const parts: RunParts = { workloads: [inOrder(prompts)], routing, stepCosts: plan.pools.map(() => cost) };
  return { hits, rows: simulate(plan, parts).requests };
}

function expectTheSame(plan: SimulationPlan, prompts: readonly Prompt[], perPrefillTokenNs: number): number {
  const [inSegments, stepByStep] = bothEngines.map(([, simulate]) =>
    seenBy(simulate, plan, prompts, perPrefillTokenNs),
  );
  expect(inSegments).toEqual(stepByStep);
  return inSegments!.hits.at(-1)!;
}

const range = (from: number, until: number, by: number): number[] =>
  Array.from({ length: Math.ceil((until - from) / by) }, (_, k) => from + k * by);

describe('whoever looks while a long prompt is computed sees what is known of it step by step', () => {
  test('beside requests whose tokens overwrite what it would have shared', () => {
    const engine = { maxNumBatchedTokens: 40, maxNumSeqs: 30, maxModelTokens: 10_000, kvBlocks: 400, blockTokens: 1 };
    const kvTiers = [
      {
        kind: 'dram' as const,
        scope: 'instance' as const,
        capacityBlocks: 5_000,
        blockBytes: 1,
        readGBPerS: 1_000,
        writeGBPerS: 1_000,
        latencyNs: 2_000,
        maxWriteQueueNs: 1e9,
        idleNs: 0,
      },
    ];
    const plan = tinyPlan({ horizonNs: 100_000, engine: { ...engine, prefixCaching: true, kvTiers } });
    // The fourth waits for what the first has left in host memory; meanwhile the fifth computes the same and leaves.
    const before: Prompt[] = [
      { arrivalNs: 0, sharedTokens: 100, outputTokens: 1 },
      { arrivalNs: 1, ownTokens: 400, outputTokens: 1 },
      ...range(0, 10, 1).map(() => ({ arrivalNs: 2, ownTokens: 1, outputTokens: 25 })),
      { arrivalNs: 3, sharedTokens: 300, outputTokens: 1 },
      { arrivalNs: 4, sharedTokens: 50, outputTokens: 1 },
      { arrivalNs: 5, ownTokens: 40, outputTokens: 1 },
    ];
    const seen = range(10_000, 26_000, 700).map((arrivalNs) =>
      expectTheSame(plan, [...before, { arrivalNs, sharedTokens: 300, outputTokens: 1 }], 20),
    );

    expect(new Set(seen).size).toBeGreaterThan(5);
  });

  test('in a prefill instance that sends what it has computed before', () => {
    const engine = {
      ...roomyEngine,
      maxNumBatchedTokens: 32,
      maxNumSeqs: 30,
      maxModelTokens: 10_000,
      kvBlocks: 49,
      blockTokens: 8,
    };
    const caching = { ...engine, prefixCaching: true, reserveFullPrompt: false };
    const kvLink = { kvBytesPerToken: 1, gbPerS: 0.05, latencyNs: 30 };
    const plan: SimulationPlan = {
      ...tinyPlan({ horizonNs: 100_000 }),
      pools: [
        { model: 0, instances: 1, engine: caching, role: 'prefill', kvLink },
        { model: 0, instances: 1, engine: { ...caching, kvBlocks: 10_000 }, role: 'decode' },
      ],
    };
    const before: Prompt[] = [
      { arrivalNs: 0, stream: 0, sharedTokens: 60, outputTokens: 2 },
      { arrivalNs: 1, stream: 1, sharedTokens: 60, ownTokens: 3, outputTokens: 2 },
      { arrivalNs: 2, stream: 2, sharedTokens: 61, outputTokens: 2 },
      { arrivalNs: 3, ownTokens: 330, outputTokens: 2 },
    ];
    const seen = [0, 1, 2].flatMap((stream) =>
      range(2_000, 9_000, 130).map((arrivalNs) =>
        expectTheSame(plan, [...before, { arrivalNs, stream, sharedTokens: 200, outputTokens: 1 }], 3),
      ),
    );

    expect(new Set(seen).size).toBeGreaterThan(1);
  });
});
