import { describe, expect, test } from 'vitest';
import type { EnginePlan } from '../../src/sim/plan.ts';
import type { RoutingPolicy, Workload } from '../../src/sim/ports.ts';
import { Streams } from '../../src/sim/streams.ts';
import { NS_PER_S, TICKS_PER_NS } from '../../src/sim/units.ts';
import { agentic } from '../../src/workloads/agentic.ts';
import { chat } from '../../src/workloads/chat.ts';
import { mix } from '../../src/workloads/mix.ts';
import { FIRST_PAST_SESSION } from '../../src/workloads/steady-start.ts';
import type { WorkloadModule } from '../../src/workloads/workload-module.ts';
import { bothEngines, type Engine } from '../reference/both-engines.ts';
import { collect, type RequestRow } from '../support/collect.ts';
import { firstEligible, leastOutstanding, tinyPlan } from '../support/plans.ts';
import { constantStep } from '../support/step-costs.ts';

const BLOCK = 16;

/** Contexts of before the run, then one request each: the first `tokens` tokens of a stream, and one more. */
function continued(
  contexts: readonly { readonly stream: number; readonly tokens: number; readonly usedNs: number }[],
): Workload {
  let next = 0;
  return {
    warm(sink) {
      contexts.forEach(({ stream, tokens, usedNs }, session) => {
        sink.share(stream, tokens);
        sink.context(usedNs, tokens, session);
      });
    },
    pull(sink) {
      const context = contexts[next];
      if (context === undefined) return false;
      sink.share(context.stream, context.tokens + 1);
      sink.push(1_000 * next, context.tokens + 1, 1, 0, next++);
      return true;
    },
  };
}

interface Given {
  readonly engine?: Partial<EnginePlan>;
  readonly instances?: number;
  readonly routing?: RoutingPolicy;
}

function cached(
  run: Engine,
  workload: Workload,
  { engine, instances = 1, routing = firstEligible }: Given = {},
): readonly RequestRow[] {
  const plan = tinyPlan({ horizonNs: 1e9, instances, engine: { blockTokens: BLOCK, prefixCaching: true, ...engine } });
  const { requests } = run(plan, { workloads: [workload], routing, stepCosts: [constantStep(TICKS_PER_NS)] });
  return requests.toSorted((one, other) => one.session - other.session);
}

const tokensOf = (rows: readonly RequestRow[]) => rows.map(({ cachedTokens }) => cachedTokens);

describe.each(bothEngines)('caches that are warm at the start, %s', (_, run) => {
  const contexts = [
    { stream: 2, tokens: 6 * BLOCK + 5, usedNs: -10 },
    { stream: 3, tokens: 4 * BLOCK, usedNs: -20 },
    { stream: 1, tokens: 6 * BLOCK, usedNs: -30 },
  ];

  test('have the complete blocks of every context', () => {
    expect(tokensOf(cached(run, continued(contexts)))).toEqual([6 * BLOCK, 4 * BLOCK, 6 * BLOCK]);
  });

  test('have nothing without prefix caching', () => {
    expect(tokensOf(cached(run, continued(contexts), { engine: { prefixCaching: false } }))).toEqual([0, 0, 0]);
  });

  // 11 blocks: of the context used last 6 complete ones, of the next 4, and what is left of the first is overwritten.
  test('have what was used last, if there is no room for all', () => {
    const rows = cached(run, continued(contexts), { engine: { kvBlocks: 11 } });

    expect(tokensOf(rows.slice(0, 2))).toEqual([6 * BLOCK, 4 * BLOCK]);
    expect(rows[2]!.cachedTokens).toBeLessThanOrEqual(BLOCK);
  });

  test('have forgotten what was idle for too long', () => {
    expect(tokensOf(cached(run, continued(contexts), { engine: { prefixIdleNs: 25 } }))[2]).toBe(0);
  });

  test('are those of the instances that the router would choose while the other sessions are there', () => {
    const rows = cached(run, continued(contexts), { instances: 3, routing: leastOutstanding });

    // The one used longest ago is placed on instance 0, the others on 1 and 2; each request finds an idle fleet and goes to 0.
    expect(rows.map(({ instance }) => instance)).toEqual([0, 0, 0]);
    expect(tokensOf(rows)).toEqual([0, 0, 6 * BLOCK]);
  });
});

function past<Options>(
  module: WorkloadModule<Options>,
  options: object,
  startState: 'steady' | 'empty' = 'steady',
): RequestRow[] {
  const horizonNs = 600 * NS_PER_S;
  const context = { name: 'users', horizonNs, startState, streams: new Streams(1) };
  const engine = { prefixCaching: true, maxNumSeqs: 4_096, maxNumBatchedTokens: 1e7, kvBlocks: 1e8 };
  const { requests } = collect(tinyPlan({ horizonNs, engine }), {
    workloads: [module.create(module.options.parse(options), context)],
    routing: firstEligible,
    stepCosts: [constantStep(NS_PER_S * 0.02 * TICKS_PER_NS)],
  });
  const seen = new Set<number>();
  return requests
    .toSorted((one, other) => one.arrivalNs - other.arrivalNs)
    .filter(({ session }) => session >= FIRST_PAST_SESSION && !seen.has(session) && seen.add(session));
}

describe('sessions in progress at the start', () => {
  test('of chat find all that was said, but for the block at its end', () => {
    const options = { requestsPerS: 2, turns: 4, turnGapS: 100, promptTokens: 500, outputTokens: 100, turnTokens: 50 };
    const first = past(chat, options);

    expect(first.length).toBeGreaterThan(100);
    for (const { promptTokens, cachedTokens } of first) {
      expect(cachedTokens).toBe(Math.floor((promptTokens - 50 - 1) / BLOCK) * BLOCK);
    }
  });

  test('of agents find as large a share of their prompts as later steps do', () => {
    const first = past(agentic, { sessionsPerHour: 60, subagents: { share: 0 }, cacheBreaks: { perStep: 0 } });
    const promptTokens = first.reduce((sum, row) => sum + row.promptTokens, 0);

    expect(first.length).toBeGreaterThan(40);
    expect(first.reduce((sum, row) => sum + row.cachedTokens, 0) / promptTokens).toBeGreaterThan(0.93);
  });

  test('of the tenants of a mix find theirs', () => {
    const conversations = { turns: 4, turnGapS: 100, promptTokens: 500, outputTokens: 100, turnTokens: 50 };
    const first = past(mix, {
      requestsPerS: 2,
      tenants: [
        { tenant: 'one', share: 1, kind: 'chat', ...conversations },
        { tenant: 'two', share: 1, kind: 'chat', ...conversations },
      ],
    });

    expect(first.length).toBeGreaterThan(100);
    for (const { cachedTokens } of first) expect(cachedTokens).toBeGreaterThan(500);
  });
});
