import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collect } from '../support/collect.ts';
import type { Collected } from '../support/collect.ts';
import { rowsDifference } from './agreement.ts';
import { apartCase } from './apart-case.ts';
import { chunkedPrefillCase, longDecodeCase, sharedPromptsCase, stormCase } from './flavours.ts';
import { anyCase } from './hostile-cases.ts';
import { partsOf, planOf } from './hostile-plan.ts';
import type { HostileCase, HostilePool } from './hostile-cases.ts';

/** The share of runs of which something is true: two engines agree easily about runs in which nothing happens. */
function shareOf(cases: fc.Arbitrary<HostileCase>, holds: (run: Collected, hostile: HostileCase) => boolean): number {
  const sample = fc.sample(cases, { numRuns: 200, seed: 11 });
  return sample.filter((hostile) => holds(collect(planOf(hostile), partsOf(hostile)), hostile)).length / sample.length;
}

const preemptions = ({ requests }: Collected) => requests.reduce((sum, row) => sum + row.preemptions, 0);

test('many runs of a storm preempt more often than they serve', () => {
  expect(shareOf(stormCase, (run) => preemptions(run) > 0)).toBeGreaterThan(0.4);
  expect(shareOf(stormCase, (run) => preemptions(run) > run.totals.servedRequests)).toBeGreaterThan(0.08);
});

test('many runs of long answers jump over most of their steps', () => {
  expect(shareOf(longDecodeCase, ({ totals }) => totals.steps > 4 * totals.segments)).toBeGreaterThan(0.4);
});

test('most prompts in chunks take several steps', () => {
  const inChunks = (run: Collected, { pools }: HostileCase) =>
    run.requests.some((row) => row.promptTokens > 2 * pools[0]!.engine.maxNumBatchedTokens);
  expect(shareOf(chunkedPrefillCase, inChunks)).toBeGreaterThan(0.7);
});

test('prompts that begin alike find, lose and let expire what was computed, and are preempted in between', () => {
  const cached = ({ requests }: Collected) => requests.reduce((sum, row) => sum + row.cachedTokens, 0);
  const cachedWith = (hostile: HostileCase, change: Partial<HostilePool['engine']>) => {
    const pools = hostile.pools.map((pool) => ({ ...pool, engine: { ...pool.engine, ...change } }));
    return cached(collect(planOf({ ...hostile, pools }), partsOf(hostile)));
  };
  expect(shareOf(sharedPromptsCase, (run) => cached(run) > 0)).toBeGreaterThan(0.7);
  expect(shareOf(sharedPromptsCase, (run) => cached(run) > 0 && preemptions(run) > 0)).toBeGreaterThan(0.15);
  const lost = (run: Collected, hostile: HostileCase) => cachedWith(hostile, { spareBlocks: 10_000 }) > cached(run);
  expect(shareOf(sharedPromptsCase, lost)).toBeGreaterThan(0.2);
  const expired = (run: Collected, hostile: HostileCase) => cachedWith(hostile, { prefixIdleSteps: 0 }) > cached(run);
  expect(shareOf(sharedPromptsCase, expired)).toBeGreaterThan(0.05);
});

test('what is apart waits for memory on both sides and for links, and is preempted and found after its transfer', () => {
  const handedOver = ({ requests }: Collected) => requests.filter((row) => row.prefillInstance >= 0);
  expect(shareOf(apartCase, (run) => handedOver(run).length > 3)).toBeGreaterThan(0.6);
  expect(shareOf(apartCase, (run) => handedOver(run).some((row) => row.preemptions > 0))).toBeGreaterThan(0.15);
  const transferred = (run: Collected) => run.timeline.reduce((sum, row) => sum + row.kvTransferTokens, 0);
  const prompts = (run: Collected) => handedOver(run).reduce((sum, row) => sum + row.promptTokens, 0);
  expect(shareOf(apartCase, (run) => transferred(run) < prompts(run))).toBeGreaterThan(0.1);

  const isOtherWith = (change: (pool: HostilePool) => HostilePool) =>
    shareOf(apartCase, (run, hostile) => {
      const other = { ...hostile, pools: hostile.pools.map(change) };
      const { requests } = collect(planOf(other), partsOf(other));
      return rowsDifference('request', requests, run.requests) !== undefined;
    });
  const roomIn = (role: HostilePool['role']) => (pool: HostilePool) =>
    pool.role === role ? { ...pool, engine: { ...pool.engine, spareBlocks: 10_000 } } : pool;
  expect(isOtherWith(roomIn('prefill'))).toBeGreaterThan(0.3);
  expect(isOtherWith(roomIn('decode'))).toBeGreaterThan(0.3);
  const fastLink = { gbPerS: 1e9, stepsPerToken: 0, latencySteps: 0 };
  expect(isOtherWith((pool) => (pool.link === undefined ? pool : { ...pool, link: fastLink }))).toBeGreaterThan(0.6);
});

test('runs reject, tie, drain after the horizon and change clocks', () => {
  expect(shareOf(anyCase, ({ totals }) => totals.rejectedRequests > 0)).toBeGreaterThan(0.15);
  expect(shareOf(anyCase, ({ totals }) => totals.servedRequests > 3)).toBeGreaterThan(0.5);
  expect(
    shareOf(anyCase, ({ requests }) => new Set(requests.map((row) => row.arrivalNs)).size < requests.length),
  ).toBeGreaterThan(0.5);
  expect(shareOf(anyCase, ({ totals }, hostile) => totals.endNs > planOf(hostile).horizonNs)).toBeGreaterThan(0.3);
  expect(shareOf(anyCase, (_run, { clockSteps }) => clockSteps !== undefined)).toBeGreaterThan(0.3);
});
