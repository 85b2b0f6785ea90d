import fc from 'fast-check';
import { simulateStepByStep } from '../reference/reference-engine.ts';
import type { ReferenceResult } from '../reference/reference-engine.ts';
import { collect } from '../support/collect.ts';
import type { Simulate } from '../support/collect.ts';
import { partsOf, planOf } from './hostile-plan.ts';
import type { HostileCase } from './hostile-cases.ts';

type Figures = Readonly<Record<string, unknown>>;

/** The first figure in which the two engines differ, in words; undefined when all agree to the bit. */
export function difference(hostile: HostileCase, run?: Simulate, expected = stepByStep(hostile)): string | undefined {
  const plan = planOf(hostile);
  const actual = collect(plan, partsOf(hostile), run);
  const hasEvictions = plan.pools.some(({ eviction }) => eviction !== undefined);
  return (
    rowsDifference('request', actual.requests, expected.requests) ??
    rowsDifference('timeline', actual.timeline, expected.timeline) ??
    rowsDifference('attempt', actual.attempts, expected.attempts) ??
    rowsDifference('evictions of pool', actual.totals.evictions ?? [], hasEvictions ? expected.evictions : []) ??
    rowsDifference('power domain', actual.totals.powerDomains ?? [], expected.powerDomains) ??
    rowDifference('totals', { ...actual.totals }, { ...expected.totals })
  );
}

/** What the step-by-step engine makes of a case. */
export function stepByStep(hostile: HostileCase): ReferenceResult {
  return simulateStepByStep(planOf(hostile), partsOf(hostile));
}

export function rowsDifference(
  table: string,
  actual: readonly object[],
  expected: readonly object[],
): string | undefined {
  const shared = Math.min(actual.length, expected.length);
  for (let i = 0; i < shared; i++) {
    const found = rowDifference(`${table} row ${i}`, { ...actual[i] }, { ...expected[i] });
    if (found !== undefined)
      return `${found}\n  engine    ${JSON.stringify(actual[i])}\n  reference ${JSON.stringify(expected[i])}`;
  }
  if (actual.length === expected.length) return undefined;
  return `${actual.length} ${table} rows instead of ${expected.length}`;
}

function rowDifference(where: string, actual: Figures, expected: Figures): string | undefined {
  for (const name of Object.keys(expected)) {
    if (!Object.is(actual[name], expected[name]))
      return `${where}: ${name} is ${JSON.stringify(actual[name])} instead of ${JSON.stringify(expected[name])}`;
  }
  return undefined;
}

/** Cases are the same every time unless DIFFERENTIAL_SEED says otherwise. */
export function expectNoDifference<Case>(
  part: number,
  cases: fc.Arbitrary<Case>,
  numRuns: number,
  differenceOf: (hostile: Case) => string | undefined,
): void {
  const seed = Number(process.env['DIFFERENTIAL_SEED'] ?? 1) * 1_000 + part;
  fc.assert(
    fc.property(cases, (hostile) => {
      const found = differenceOf(hostile);
      if (found !== undefined) throw new Error(found);
    }),
    { seed, numRuns },
  );
}
