import { describe, expect, test } from 'vitest';
import { jobStateAfter } from '../../src/sim/background.ts';
import type { BackgroundTimes } from '../../src/sim/background-plan.ts';
import type { ScalingPolicy } from '../../src/sim/ports.ts';
import type { SimulationPlan } from '../../src/sim/simulate.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { collect, type TimelineRow } from '../support/collect.ts';
import { fickleScaling } from '../support/decisions.ts';
import { leastOutstanding, openLoop, roomyEngine } from '../support/plans.ts';
import { constantStep } from '../support/step-costs.ts';

const JOB: BackgroundTimes = {
  restoreNs: 5,
  checkpointEveryNs: 30,
  checkpointNs: 10,
  onRecall: 'save',
  drawWatts: 500,
};
const HORIZON_NS = 2_000;

interface Lent {
  readonly instances: number;
  readonly start: number;
  readonly background?: BackgroundTimes;
  readonly timelineIntervalNs?: number;
}

function run({ instances, start, background, timelineIntervalNs = HORIZON_NS }: Lent, policy: ScalingPolicy) {
  const scaling = {
    minInstances: 0,
    startInstances: start,
    provisionNs: 500,
    loadNs: 20,
    ...(background !== undefined && { background }),
  };
  const plan: SimulationPlan = {
    seed: 1,
    horizonNs: HORIZON_NS,
    warmUpNs: 0,
    timelineIntervalNs,
    models: ['model'],
    pools: [{ model: 0, instances, scaling, engine: roomyEngine }],
    workloads: [{ model: 0 }],
  };
  // Somebody is in flight to the end, so the policy is asked to the end.
  const requests = Array.from({ length: 20 }, (_, k) => ({ arrivalNs: 100 * k, promptTokens: 1, outputTokens: 12 }));
  return collect(plan, {
    workloads: [openLoop(requests)],
    routing: leastOutstanding,
    stepCosts: [constantStep(10 * TICKS_PER_NS)],
    scaling: [policy],
  });
}

/** Two instances from 0 on, one of them from each of these moments to the next, and so on in turn. */
function switching(...momentsNs: readonly number[]): ScalingPolicy {
  return {
    intervalNs: 1,
    targetInstances: (_pool, _pools, nowNs) => 2 - (momentsNs.filter((ns) => ns <= nowNs).length % 2),
  };
}

const sum = (rows: readonly TimelineRow[], name: 'lentNs' | 'usefulNs' | 'recalls' | 'onNs') =>
  rows.reduce((total, row) => total + row[name], 0);

describe('a job that has an instance', () => {
  test.each<[ageNs: number, workNs: number, unsavedNs: number, savingNs: number, where: string]>([
    [0, 0, 0, 0, 'at the start'],
    [5, 0, 0, 0, 'when it is restored'],
    [6, 1, 1, 0, 'a nanosecond later'],
    [34, 29, 29, 0, 'before its first checkpoint'],
    [35, 30, 30, 10, 'when that begins'],
    [44, 30, 30, 1, 'before it ends'],
    [45, 30, 0, 0, 'when it has ended'],
    [5 + 3 * 40 + 7, 97, 7, 0, 'in its fourth stretch'],
  ])('after %i ns has worked %i, has %i unsaved, and saves for %i more: %s', (ageNs, workNs, unsavedNs, savingNs) => {
    expect(jobStateAfter(ageNs, JOB)).toEqual({ workNs, unsavedNs, savingNs });
  });
});

describe('an instance that is called back', () => {
  /** When a second instance was ready again after 100 ns on loan and `ageNs` more. */
  const readyAfter = (ageNs: number, background?: BackgroundTimes) => {
    const lent = background === undefined ? {} : { background };
    const timelineIntervalNs = 1;
    const { timeline } = run({ instances: 2, start: 2, timelineIntervalNs, ...lent }, switching(50, 50 + ageNs));
    const given = timeline.findIndex(({ readyInstances }) => readyInstances === 1);
    return timeline[timeline.findIndex((row, k) => k > given && row.readyInstances === 2)]!.endNs - (50 + ageNs);
  };

  test.each<[ageNs: number, onRecall: BackgroundTimes['onRecall'], waitNs: number, why: string]>([
    [3, 'save', 20, 'it had not begun to work'],
    [25, 'save', 10 + 20, 'what it did is saved'],
    [38, 'save', 7 + 20, 'a checkpoint has 7 ns to go'],
    [25, 'drop', 20, 'what it did is lost'],
    [38, 'drop', 20, 'so is a checkpoint in progress'],
  ])('after %i ns, with %s, serves after %i ns: %s', (ageNs, onRecall, waitNs) => {
    expect(readyAfter(ageNs, { ...JOB, onRecall })).toBe(waitNs);
  });

  test('is not provisioned, for it is there; one that was off is', () => {
    expect(readyAfter(3, JOB)).toBe(20);
    expect(readyAfter(3)).toBe(500 + 20);
  });
});

describe('what work was useful', () => {
  // Lent from 50 to 150 ns: 5 restoring, 30 + 30 of work with 10 each to save them, 15 of unsaved work.
  test.each<[onRecall: BackgroundTimes['onRecall'], usefulNs: number]>([
    ['save', 30 + 30 + 15],
    ['drop', 30 + 30],
  ])('%s: %i of 100 ns', (onRecall, usefulNs) => {
    const { timeline } = run({ instances: 2, start: 2, background: { ...JOB, onRecall } }, switching(50, 150));

    expect(timeline[0]).toMatchObject({ lentNs: 100, usefulNs, recalls: 1 });
  });

  test('is taken back in the interval in which it is lost', () => {
    const background: BackgroundTimes = { ...JOB, onRecall: 'drop' };
    const { timeline } = run({ instances: 2, start: 2, background, timelineIntervalNs: 140 }, switching(50, 150));

    expect(timeline.slice(0, 2)).toMatchObject([
      { lentNs: 90, usefulNs: 30 + 30 + 5, recalls: 0 },
      { lentNs: 10, usefulNs: 10 - 15, recalls: 1 },
    ]);
  });

  /** Of loans of L, every one: (whole stretches × 30 + rest) / L, as restoring and saving leave it. */
  test.each([100, 165, 400])('of a demand that is off for %i of 500 ns is what restoring and saving leave', (offNs) => {
    const momentsNs = [0, 1, 2].flatMap((k) => [500 * k + 40, 500 * k + 40 + offNs]);
    const { timeline } = run({ instances: 2, start: 2, background: JOB }, switching(...momentsNs));
    const stretches = Math.floor((offNs - 5) / 40);
    const perLoan = 30 * stretches + Math.min(30, offNs - 5 - 40 * stretches);

    expect(timeline[0]).toMatchObject({ lentNs: 3 * offNs, usefulNs: 3 * perLoan, recalls: 3 });
  });
});

test('all instance time is switched on or lent, whatever a policy wants', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const { timeline } = run({ instances: 5, start: seed % 6, background: JOB }, fickleScaling(seed, 17, 5));
    const endNs = timeline.at(-1)!.endNs;

    expect(sum(timeline, 'lentNs') + sum(timeline, 'onNs')).toBe(5 * endNs);
    expect(sum(timeline, 'usefulNs')).toBeLessThan(sum(timeline, 'lentNs'));
  }
});

test('instances that are lent serve nobody, and nothing of those that serve depends on who has the others', () => {
  const drop: BackgroundTimes = { ...JOB, restoreNs: 0, onRecall: 'drop' };
  // Without provisioning an instance that was off comes as fast as one whose job is dropped.
  const policy = () => fickleScaling(3, 40, 3);
  const lent = run({ instances: 3, start: 1, background: drop }, policy());
  const off = run({ instances: 3, start: 1, background: { ...drop, checkpointEveryNs: 7, drawWatts: 0 } }, policy());

  expect(lent.requests).toEqual(off.requests);
  expect(sum(lent.timeline, 'lentNs')).toBe(sum(off.timeline, 'lentNs'));
  expect(sum(lent.timeline, 'usefulNs')).not.toBe(sum(off.timeline, 'usefulNs'));
});
