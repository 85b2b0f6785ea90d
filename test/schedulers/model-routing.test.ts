import { describe, expect, test } from 'vitest';
import { cascade } from '../../src/schedulers/model-routing/cascade.ts';
import { classifier } from '../../src/schedulers/model-routing/classifier.ts';
import { modelRoutingPolicies } from '../../src/schedulers/model-routing/index.ts';
import { Streams } from '../../src/sim/streams.ts';
import { MODELS, describeModelRouting } from './decisions.contract.ts';

const CASCADE = { models: MODELS, accuracy: [0.7, 0.9], recall: 0.8, falseAlarm: 0.1, judgeMs: 250 };
const CLASSIFIER = { models: MODELS, hardShare: 0.3, hardToSmall: 0.2, easyToLarge: 0.1, largeAccuracy: 0.9 };

for (const policy of modelRoutingPolicies)
  describeModelRouting(policy, policy.name === 'cascade' ? CASCADE : CLASSIFIER);

const context = { streams: new Streams(1), models: MODELS };

describe('cascade', () => {
  const policy = cascade.create(cascade.options.parse(CASCADE), context);

  test('asks the next model for wrong answers that are noticed, and for right ones that are doubted', () => {
    expect([policy.nextModel(0, 0.75, 0.79), policy.nextModel(0, 0.75, 0.81)]).toEqual([1, 0]);
    expect([policy.nextModel(0, 0.65, 0.09), policy.nextModel(0, 0.65, 0.11)]).toEqual([1, 0]);
    expect(policy.nextModel(1, 0.95, 0)).toBe(1);
  });

  test('judges every answer but the last', () => {
    expect([policy.judgeNs(0), policy.judgeNs(1)]).toEqual([250e6, undefined]);
  });

  test('reaches the second model with P(wrong) · recall + P(right) · falseAlarm', () => {
    expect(cascade.shares(cascade.options.parse(CASCADE))['large']).toBeCloseTo(0.3 * 0.8 + 0.7 * 0.1, 12);
  });

  test('refuses a model twice and accuracies that are not one for each', () => {
    expect(cascade.options.safeParse({ ...CASCADE, models: ['small', 'small'] }).success).toBe(false);
    expect(cascade.options.safeParse({ ...CASCADE, accuracy: [0.7] }).success).toBe(false);
  });
});

test('classifier sends by difficulty, but for those it takes for the other kind; the small model fails hard ones', () => {
  const policy = classifier.create(classifier.options.parse(CLASSIFIER), context);

  expect([policy.firstModel(0.69, 0.11), policy.firstModel(0.69, 0.09)]).toEqual([0, 1]);
  expect([policy.firstModel(0.71, 0.21), policy.firstModel(0.71, 0.19)]).toEqual([1, 0]);
  expect([policy.isRight(0, 0.69), policy.isRight(0, 0.71), policy.isRight(1, 0.89), policy.isRight(1, 0.91)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});
