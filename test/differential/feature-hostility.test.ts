import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collect } from '../support/collect.ts';
import { rowsDifference } from './agreement.ts';
import { apartCase } from './apart-case.ts';
import { chunkedPrefillCase, longDecodeCase, sharedPromptsCase, stormCase } from './flavours.ts';
import { anyCase } from './hostile-cases.ts';
import type { HostileCase } from './hostile-cases.ts';
import { noFeatures } from './hostile-features.ts';
import type { HostileFeatures } from './hostile-features.ts';
import { partsOf, planOf } from './hostile-plan.ts';
import { tiersCase } from './tiers-case.ts';

const rowsOf = (hostile: HostileCase) => collect(planOf(hostile), partsOf(hostile)).requests;

const without = (hostile: HostileCase, features: Partial<HostileFeatures>): HostileCase => ({
  ...hostile,
  pools: hostile.pools.map((pool) => ({ ...pool, features: { ...pool.features, ...features } })),
});

const mixed = fc.oneof(anyCase, stormCase, longDecodeCase, chunkedPrefillCase, sharedPromptsCase, apartCase);

/** A feature that changes nothing is easily agreed on. */
test.each<{ feature: keyof HostileFeatures; cases: fc.Arbitrary<HostileCase>; share: number }>([
  { feature: 'kvAllocation', cases: mixed, share: 0.06 },
  { feature: 'continuousBatching', cases: mixed, share: 0.03 },
  { feature: 'chunkedPrefill', cases: mixed, share: 0.15 },
  { feature: 'prefillFirst', cases: mixed, share: 0.08 },
  { feature: 'asyncScheduling', cases: mixed, share: 0.15 },
  { feature: 'receiveEverySteps', cases: mixed, share: 0.04 },
  { feature: 'speculation', cases: mixed, share: 0.15 },
  { feature: 'localPrefillTokens', cases: apartCase, share: 0.2 },
  { feature: 'batching', cases: mixed, share: 0.15 },
  { feature: 'tiers', cases: tiersCase, share: 0.3 },
])('without its $feature more than $share of the runs would be another', ({ feature, cases, share }) => {
  const sample = fc.sample(cases, { numRuns: 200, seed: 12 });
  const others = sample.filter((hostile) => {
    const usual = without(hostile, { [feature]: noFeatures[feature] });
    return rowsDifference('request', rowsOf(hostile), rowsOf(usual)) !== undefined;
  });

  expect(others.length / sample.length).toBeGreaterThan(share);
});
