import fc from 'fast-check';
import { expect, test } from 'vitest';
import { simulateStepByStep } from '../reference/reference-engine.ts';
import type { ReferenceResult } from '../reference/reference-engine.ts';
import { chunkedPrefillCase, longDecodeCase, stormCase } from './flavours.ts';
import { anyCase } from './hostile-cases.ts';
import type { HostileCase } from './hostile-cases.ts';
import { partsOf, planOf } from './hostile-plan.ts';

type Row = ReferenceResult['timeline'][number];

/** With everything recorded. */
function runsOf(cases: fc.Arbitrary<HostileCase>): readonly ReferenceResult[] {
  const record = { energy: true, shares: true };
  return fc
    .sample(cases, { numRuns: 150, seed: 13 })
    .map((hostile) => simulateStepByStep(planOf({ ...hostile, record }), partsOf(hostile)));
}

/** The share of runs of which something is true: two engines agree easily about runs in which nothing happens. */
const shareOf = (runs: readonly ReferenceResult[], holds: (run: ReferenceResult) => boolean) =>
  runs.filter(holds).length / runs.length;

test('in some runs an interval has more quanta than a double can count, or a request more ticks', () => {
  const runs = runsOf(longDecodeCase);
  const isHuge = ({ busyJoules }: Row) => busyJoules * 2 ** 26 > 2 ** 53;
  expect(shareOf(runs, ({ timeline }) => timeline.some(isHuge))).toBeGreaterThan(0.03);
  expect(shareOf(runs, ({ requests }) => requests.some((row) => row.decodeTicks > 2 ** 53))).toBeGreaterThan(0.05);
});

test('in most runs prefill has a part of the energy and instances are idle in part, and some take less than no time', () => {
  const runs = runsOf(fc.oneof(anyCase, stormCase, longDecodeCase, chunkedPrefillCase));
  const prefillIsPart = ({ prefillJoules, busyJoules }: Row) => prefillJoules > 0 && prefillJoules < busyJoules;
  const idleIsPart = ({ idleNs, onNs }: Row) => idleNs > 0 && idleNs < onNs;
  expect(shareOf(runs, ({ timeline }) => timeline.some(prefillIsPart))).toBeGreaterThan(0.5);
  expect(shareOf(runs, ({ timeline }) => timeline.some(idleIsPart))).toBeGreaterThan(0.5);
  expect(shareOf(runs, ({ requests }) => requests.some((row) => row.decodeTicks < 0))).toBeGreaterThan(0);
});

test('in many runs with budgets some are passed in part, brakes are put on and let go, and caps and clocks change steps', () => {
  const cases = fc.sample(anyCase, { numRuns: 300, seed: 13 }).filter(({ clockSteps }) => clockSteps !== undefined);
  const runs = cases.map((hostile) => simulateStepByStep(planOf(hostile), partsOf(hostile)));
  const isPart = (run: ReferenceResult, figureNs: number) => figureNs > 0 && figureNs < run.totals.endNs;
  expect(
    shareOf(runs, (run) => run.powerDomains.some(({ overBudgetNs }) => isPart(run, overBudgetNs))),
  ).toBeGreaterThan(0.2);
  expect(shareOf(runs, (run) => run.powerDomains.some(({ brakedNs }) => isPart(run, brakedNs)))).toBeGreaterThan(0.05);

  const uncontrolled = cases.map((hostile) => {
    const { power: _power, ...parts } = partsOf(hostile);
    return simulateStepByStep(planOf(hostile), parts);
  });
  const others = runs.filter(
    (run, index) => JSON.stringify(run.requests) !== JSON.stringify(uncontrolled[index]!.requests),
  );
  expect(others.length / runs.length).toBeGreaterThan(0.3);
});
