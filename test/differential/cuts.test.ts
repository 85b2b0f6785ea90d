import fc from 'fast-check';
import { test } from 'vitest';
import { collect } from '../support/collect.ts';
import { expectNoDifference, rowsDifference } from './agreement.ts';
import { apartCase } from './apart-case.ts';
import { longDecodeCase, sharedPromptsCase, stormCase } from './flavours.ts';
import { anyCase, between } from './hostile-cases.ts';
import { partsOf, planOf } from './hostile-plan.ts';
import type { HostileCase, HostilePool } from './hostile-cases.ts';
import { tiersCase } from './tiers-case.ts';

const mixedCases = fc.oneof(anyCase, stormCase, longDecodeCase, sharedPromptsCase, apartCase, tiersCase);

test('where segments are cut changes no row', () => {
  const cut = mixedCases.chain((hostile) =>
    fc.integer({ min: 1, max: 30 }).map((maxSegmentSteps) => ({ hostile, maxSegmentSteps })),
  );
  expectNoDifference(5, cut, 450, ({ hostile, maxSegmentSteps }) => {
    const withCuts = { ...hostile, pools: hostile.pools.map((pool) => withSegments(pool, maxSegmentSteps)) };
    const uncut = { ...hostile, pools: hostile.pools.map((pool) => withSegments(pool, 1_000_000)) };
    const [a, b] = [rowsOf(withCuts), rowsOf(uncut)];
    return rowsDifference('request', a.requests, b.requests) ?? rowsDifference('timeline', a.timeline, b.timeline);
  });
});

test('how often somebody looks changes no request', () => {
  const looked = mixedCases.chain((hostile) => between(3, 100).map((intervalSteps) => ({ hostile, intervalSteps })));
  expectNoDifference(6, looked, 450, ({ hostile, intervalSteps }) =>
    rowsDifference('request', rowsOf({ ...hostile, intervalSteps }).requests, rowsOf(hostile).requests),
  );
});

function rowsOf(hostile: HostileCase) {
  return collect(planOf(hostile), partsOf(hostile));
}

function withSegments(pool: HostilePool, maxSegmentSteps: number): HostilePool {
  return { ...pool, engine: { ...pool.engine, maxSegmentSteps } };
}
