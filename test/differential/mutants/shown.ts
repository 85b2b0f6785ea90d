import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { Simulate } from '../../support/collect.ts';
import { difference, stepByStep } from '../agreement.ts';
import { apartCase } from '../apart-case.ts';
import { batchingCase } from '../batching-case.ts';
import { decisionsCase } from '../decisions-case.ts';
import { chunkedPrefillCase, longDecodeCase, sharedPromptsCase, stormCase } from '../flavours.ts';
import { anyCase } from '../hostile-cases.ts';
import type { HostileCase } from '../hostile-cases.ts';
import { tiersCase } from '../tiers-case.ts';
import type { Mutant } from './mutants.ts';

/** So many cases at most until a mutant is caught; the suite has ten times as many. */
const CASES = 800;
const sample = (kind: fc.Arbitrary<HostileCase>, numRuns = CASES) => fc.sample(kind, { seed: 7, numRuns });
const cases = sample(fc.oneof(anyCase, stormCase, longDecodeCase, chunkedPrefillCase, sharedPromptsCase, apartCase));
const rareCases = {
  apart: sample(apartCase),
  tiers: sample(tiersCase, 2 * CASES),
  batching: sample(batchingCase),
  /** Instances are switched on and off, and requests held back. */
  decisions: sample(decisionsCase),
  /** Sums grow large. */
  long: sample(longDecodeCase),
  /** Prefixes expire while somebody waits or answers. */
  expiring: sample(sharedPromptsCase, 4 * CASES).filter(({ pools }) =>
    pools.some(({ engine }) => engine.prefixCaching && engine.prefixIdleSteps > 0),
  ),
};

/** The slow engine's word on a case is asked once for all slips, as long as it can be kept: most show in the first cases. */
const MOST_KEPT_ROWS = 400_000;
const kept = new WeakMap<HostileCase, ReturnType<typeof stepByStep>>();
let keptRows = 0;

/** Every slip shows in some case. */
export function testMutants(mutants: readonly Mutant[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(mutants.map((mutant, index) => ({ ...mutant, index })))('it shows that $why', async (mutant) => {
    const simulateWrongly = await engineOf(mutant, join(folder, String(mutant.index)));

    const { among } = mutant;
    const shown = (among === undefined ? cases : rareCases[among]).find((hostile) => differs(hostile, simulateWrongly));
    expect(shown).toBeDefined();
  });

  test('a copy without a slip does not differ', async () => {
    const nothing = {
      why: '',
      file: 'simulate.ts',
      find: 'export function simulate(',
      replace: 'export function simulate(',
    };
    const simulateRightly = await engineOf(nothing, join(folder, 'right'));

    expect(cases.slice(0, 100).findIndex((hostile) => differs(hostile, simulateRightly))).toBe(-1);
  });
}

function expectedOf(hostile: HostileCase): ReturnType<typeof stepByStep> {
  const known = kept.get(hostile);
  if (known !== undefined) return known;
  const expected = stepByStep(hostile);
  keptRows += expected.requests.length + expected.timeline.length;
  if (keptRows <= MOST_KEPT_ROWS) kept.set(hostile, expected);
  return expected;
}

/** A broken invariant is as good as a wrong figure. */
function differs(hostile: HostileCase, run: Simulate): boolean {
  try {
    return difference(hostile, run, expectedOf(hostile)) !== undefined;
  } catch {
    return true;
  }
}

/** The engine with the slip in it, from a copy of its sources. */
async function engineOf({ file, find, replace }: Mutant, copy: string): Promise<Simulate> {
  cpSync('src/sim', copy, { recursive: true });
  const source = readFileSync(join(copy, file), 'utf8');
  expect(source.split(find).length - 1, `how often "${find}" stands in src/sim/${file}`).toBe(1);
  writeFileSync(
    join(copy, file),
    source.replace(find, () => replace),
  );
  const module = (await import(/* @vite-ignore */ join(copy, 'simulate.ts'))) as { readonly simulate: Simulate };
  return module.simulate;
}
