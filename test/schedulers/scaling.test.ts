import { describe, expect, test } from 'vitest';
import { fixed } from '../../src/schedulers/scaling/fixed.ts';
import { scalingPolicies } from '../../src/schedulers/scaling/index.ts';
import { predictive } from '../../src/schedulers/scaling/predictive.ts';
import { schedule } from '../../src/schedulers/scaling/schedule.ts';
import { targetLoad } from '../../src/schedulers/scaling/target-load.ts';
import { targetQueue } from '../../src/schedulers/scaling/target-queue.ts';
import { NS_PER_HOUR, NS_PER_S } from '../../src/sim/units.ts';
import { poolOf } from '../support/fakes.ts';
import { describeScaling, scalingContext } from './decisions.contract.ts';

const WEEK = [
  { fromH: 0, untilH: 8, instances: 2 },
  { fromH: 8, untilH: 24, instances: 9 },
];

/** Of every policy, options that do something. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  fixed: {},
  predictive: { requestsPerSPerInstance: 5 },
  schedule: { hours: WEEK },
  'target-load': { outstandingPerInstance: 10, scaleDownAfterS: 0 },
  'target-queue': { waitingPerInstance: 4, scaleDownAfterS: 0 },
};

for (const policy of scalingPolicies) describeScaling(policy, OPTIONS[policy.name]!);

test('fixed keeps what the pool starts with', () => {
  expect(fixed.create({}, scalingContext()).targetInstances(0, poolOf({ ready: 9, waiting: 99 }), 1)).toBe(3);
});

describe('target-load', () => {
  const policy = (options: object) =>
    targetLoad.create(targetLoad.options.parse({ ...OPTIONS['target-load'], ...options }), scalingContext());

  test('wants ceil(requests / target), those at the front included', () => {
    const { targetInstances } = policy({});

    expect(targetInstances(0, poolOf({ ready: 2, outstanding: 41 }), 1)).toBe(5);
    expect(targetInstances(0, poolOf({ ready: 2, outstanding: 41, front: 10 }), 2)).toBe(6);
    expect(targetInstances(0, poolOf({ ready: 6, outstanding: 20 }), 3)).toBe(2);
  });

  test('changes nothing within a tenth of the target, counting those on their way', () => {
    const { targetInstances } = policy({});

    expect(targetInstances(0, poolOf({ ready: 3, starting: 1, outstanding: 43 }), 1)).toBe(4);
    expect(targetInstances(0, poolOf({ ready: 3, starting: 1, outstanding: 45 }), 2)).toBe(5);
    expect(targetInstances(0, poolOf({ ready: 4, outstanding: 37 }), 3)).toBe(4);
  });

  test('goes up at once, and down to the most it has wanted in the last five minutes', () => {
    const { targetInstances } = policy({ scaleDownAfterS: 300 });
    const at = (s: number, outstanding: number) => targetInstances(0, poolOf({ ready: 1, outstanding }), s * NS_PER_S);

    expect([at(60, 80), at(120, 50), at(180, 20), at(360, 20), at(361, 20), at(421, 20)]).toEqual([8, 8, 8, 8, 5, 2]);
  });
});

test('target-queue adds for what waits beyond those on their way, and gives up one at a time', () => {
  const { targetInstances } = targetQueue.create(targetQueue.options.parse(OPTIONS['target-queue']), scalingContext());

  expect(targetInstances(0, poolOf({ ready: 2, waiting: 7, outstanding: 99 }), 1)).toBe(2);
  expect(targetInstances(0, poolOf({ ready: 2, waiting: 20, outstanding: 99 }), 2)).toBe(5);
  expect(targetInstances(0, poolOf({ ready: 2, starting: 3, waiting: 20, outstanding: 99 }), 3)).toBe(5);
  expect(targetInstances(0, poolOf({ ready: 5, outstanding: 4 }), 4)).toBe(4);
  expect(targetInstances(0, poolOf({ ready: 5, outstanding: 5 }), 5)).toBe(5);
});

describe('schedule', () => {
  const policy = (options: object) =>
    schedule.create(schedule.options.parse({ hours: WEEK, ...options }), scalingContext());

  test('wants what is planned for the hour, ordered ahead by what an instance takes to be ready', () => {
    const { targetInstances } = policy({});
    const at = (hours: number) => targetInstances(0, poolOf({}), hours * NS_PER_HOUR);

    // The lead is 300 s.
    expect([at(1), at(7.9), at(7.92), at(8), at(23.9), at(23.95), at(24), at(24 + 7.5)]).toEqual([
      2, 2, 9, 9, 9, 9, 2, 2,
    ]);
  });

  test.each([
    [
      'a gap',
      [
        { fromH: 0, untilH: 8, instances: 1 },
        { fromH: 9, untilH: 24, instances: 1 },
      ],
      'from mon 08:00 on',
    ],
    [
      'a missing day',
      [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], fromH: 0, untilH: 24, instances: 1 }],
      'from sat 00:00 on',
    ],
    [
      'hours twice',
      [
        { fromH: 0, untilH: 24, instances: 1 },
        { days: ['sun'], fromH: 3, untilH: 4, instances: 2 },
      ],
      'covers sun 03:00 again',
    ],
    ['an end before its beginning', [{ fromH: 22, untilH: 6, instances: 1 }], 'two windows if it passes midnight'],
  ])('refuses %s', (_, hours, words) => {
    expect(schedule.options.safeParse({ hours }).error?.issues[0]?.message).toContain(words);
  });
});

describe('predictive', () => {
  /** Requests per second that a pool gets, minute by minute; answers what is wanted after each. */
  function wanted(options: object, ratesPerS: readonly number[]): number[] {
    const given = { ...OPTIONS['predictive'], scaleDownAfterS: 0, ...options };
    const { targetInstances } = predictive.create(predictive.options.parse(given), scalingContext());
    let sent = 0;
    return ratesPerS.map((rate, k) => {
      sent += 60 * rate;
      return targetInstances(0, poolOf({ sent }), (k + 1) * 60 * NS_PER_S);
    });
  }

  test('of a steady rate wants what carries it', () => {
    expect(wanted({}, Array<number>(5).fill(23))).toEqual([5, 5, 5, 5, 5]);
  });

  test('of a rate that climbs by 1/s a minute is ahead by the lead, once it has seen enough of it', () => {
    const rates = Array.from({ length: 200 }, (_, minute) => 10 + minute);

    // 209/s now; in the 5 minutes of lead it will be 214/s: 42.8 instances of 5/s.
    expect(wanted({}, rates).at(-1)).toBe(43);
    expect(wanted({ leadS: 0 }, rates).at(-1)).toBe(42);
  });

  test('remembers the day before', () => {
    const minutes = 24 * 60;
    const rates = Array.from({ length: minutes + 60 }, (_, minute) => (minute % minutes === 50 ? 100 : 10));
    const answers = wanted({ method: 'day-before' }, rates);

    expect(answers.slice(40, 50)).toEqual(Array<number>(10).fill(2));
    expect(answers[minutes + 44]).toBe(2);
    expect(answers[minutes + 45]).toBe(20);
  });
});
