import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RequestStatus } from '../../src/sim/records.ts';
import type { Collected } from '../support/collect.ts';
import { collect } from '../support/collect.ts';
import { difference, expectNoDifference } from './agreement.ts';
import { batchingCase } from './batching-case.ts';
import { decisionsCase } from './decisions-case.ts';
import { partsOf, planOf } from './hostile-plan.ts';

test('a run with admission, models that take turns and scaling is the same to the bit in segments and step by step', () => {
  expectNoDifference(9, decisionsCase, 280, difference);
});

/** A request that begins again is new to the queues of every instance, and what they were told of it before still counts. */
test('the same with requests taken in the order of a policy', () => {
  const ordered = fc
    .record({ hostile: batchingCase, deciding: decisionsCase })
    .map(({ hostile, deciding }) => ({ ...hostile, decisions: deciding.decisions! }));

  expectNoDifference(21, ordered, 280, difference);
});

test.each<[what: string, least: number, happens: (run: Collected) => boolean]>([
  ['somebody is turned away', 0.15, ({ requests }) => requests.some(({ status }) => status > RequestStatus.rejected)],
  [
    'somebody is held back and served',
    0.2,
    ({ requests }) => requests.some(({ sentNs, arrivalNs, status }) => status === 0 && sentNs > arrivalNs),
  ],
  ['a request is answered by two models', 0.05, ({ requests }) => requests.some(({ attempts }) => attempts > 1)],
  ['a request is answered by three', 0.01, ({ requests }) => requests.some(({ attempts }) => attempts > 2)],
  [
    'a pool grows and shrinks',
    0.1,
    ({ timeline }) => {
      const ofFirst = timeline.filter(({ pool }) => pool === 0).map(({ readyInstances }) => readyInstances);
      const changes = ofFirst.slice(1).map((ready, k) => ready - ofFirst[k]!);
      return changes.some((change) => change > 0) && changes.some((change) => change < 0);
    },
  ],
  [
    'more instances are on than ready',
    0.1,
    ({ timeline }) =>
      timeline.some(({ onNs, startNs, endNs, readyInstances }) => onNs > readyInstances * (endNs - startNs)),
  ],
])('%s in a share of at least %d of these runs', (_, least, happens) => {
  const cases = fc.sample(decisionsCase, { seed: 1, numRuns: 300 });

  const share = cases.filter((hostile) => happens(collect(planOf(hostile), partsOf(hostile)))).length / cases.length;

  expect(share).toBeGreaterThan(least);
});
