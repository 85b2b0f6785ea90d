import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collect } from '../support/collect.ts';
import { difference, expectNoDifference, rowsDifference } from './agreement.ts';
import { aloneCase, batchingCase, withPolicy } from './batching-case.ts';
import { anyBatching, asEver } from './hostile-batching.ts';
import type { HostileBatching } from './hostile-batching.ts';
import type { HostileCase } from './hostile-cases.ts';
import { partsOf, planOf } from './hostile-plan.ts';

test('a run with any order of the queue is the same to the bit in segments and step by step', () => {
  expectNoDifference(10, batchingCase, 800, difference);
});

test('with one queue and one rank, who comes first is served first', () => {
  expectNoDifference(
    11,
    aloneCase.map((hostile) => withPolicy(hostile, asEver)),
    400,
    (hostile) => {
      const asked = collect(planOf(hostile), partsOf(hostile));
      const usual = withPolicy(hostile, undefined);
      const notAsked = collect(planOf(usual), partsOf(usual));
      return rowsDifference('request', asked.requests, notAsked.requests);
    },
  );
});

/** What changes nothing is easily agreed on. */
test.each<[part: keyof HostileBatching, share: number]>([
  ['queues', 0.05],
  ['rank', 0.1],
  ['next', 0.1],
  ['prompts', 0.1],
  ['victim', 0.02],
  ['quantumTokens', 0.1],
])('without its %s more than %f of the runs would be another', (part, share) => {
  const cases = fc.record({ hostile: aloneCase, batching: anyBatching });
  const sample = fc.sample(cases, { numRuns: 200, seed: 13 });
  const rowsWith = (hostile: HostileCase, batching: HostileBatching) => {
    const other = withPolicy(hostile, batching);
    return collect(planOf(other), partsOf(other)).requests;
  };
  const others = sample.filter(({ hostile, batching }) => {
    const usual = { ...batching, [part]: asEver[part] };
    return rowsDifference('request', rowsWith(hostile, batching), rowsWith(hostile, usual)) !== undefined;
  });

  expect(others.length / sample.length).toBeGreaterThan(share);
});
