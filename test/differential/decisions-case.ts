import fc from 'fast-check';
import { type BackgroundTimes, type Recall, RECALLS } from '../../src/sim/background-plan.ts';
import type { RunParts, SimulationPlan } from '../../src/sim/simulate.ts';
import { fickleAdmission, fickleModels, fickleScaling } from '../support/decisions.ts';
import { apartCase } from './apart-case.ts';
import { anyCase, between, steps } from './hostile-cases.ts';
import type { HostileCase } from './hostile-cases.ts';

/** Who decides around the engines, in units of steps. */
export interface HostileDecisions {
  readonly deferSteps: number | undefined;
  /** By workload; undefined where the model it asks for answers. */
  readonly judgeSteps: readonly (number | undefined)[];
  /** By pool. */
  readonly scaling: readonly (HostileScaling | undefined)[];
  /** By pool; only mixed ones can be taken away. */
  readonly evictions?: readonly (HostileEviction | undefined)[];
}

interface HostileEviction {
  readonly meanSteps: number | undefined;
  readonly scarceSteps: readonly (readonly [gap: number, length: number])[];
  readonly noticeSteps: number;
  readonly replaceSteps: number;
  readonly loadSteps: number;
}

interface HostileScaling {
  readonly minInstances: number;
  readonly startInstances: number;
  readonly moreInstances: number;
  readonly intervalSteps: number;
  readonly provisionSteps: number;
  readonly loadSteps: number;
  readonly background: HostileBackground | undefined;
}

interface HostileBackground {
  readonly restoreSteps: number;
  readonly everySteps: number;
  readonly checkpointSteps: number;
  readonly onRecall: Recall;
}

type NsOf = (steps: number) => number;

const MODELS = 2;

/** The plan with pools that grow and shrink. */
export function withScaling(plan: SimulationPlan, { scaling }: HostileDecisions, ns: NsOf): SimulationPlan {
  const pools = plan.pools.map((pool, index) => {
    const scaled = scaling[index];
    if (scaled === undefined) return pool;
    const least = pool.role === 'mixed' ? scaled.minInstances : 1;
    const instances = pool.instances + scaled.moreInstances;
    const limits = {
      minInstances: least,
      startInstances: Math.min(instances, Math.max(least, scaled.startInstances)),
      provisionNs: ns(scaled.provisionSteps),
      loadNs: ns(scaled.loadSteps),
      ...(scaled.background !== undefined && { background: backgroundOf(scaled.background, ns) }),
    };
    return { ...pool, instances, scaling: limits };
  });
  return { ...plan, pools };
}

function backgroundOf(
  { restoreSteps, everySteps, checkpointSteps, onRecall }: HostileBackground,
  ns: NsOf,
): BackgroundTimes {
  return {
    restoreNs: ns(restoreSteps),
    checkpointEveryNs: Math.max(1, ns(0.5 + everySteps)),
    checkpointNs: ns(checkpointSteps),
    onRecall,
    drawWatts: 575.25,
  };
}

/** The plan with pools that are taken away. */
export function withEvictions(plan: SimulationPlan, { evictions = [] }: HostileDecisions, ns: NsOf): SimulationPlan {
  const pools = plan.pools.map((pool, index) => {
    const evicted = evictions[index];
    if (evicted === undefined || (pool.role ?? 'mixed') !== 'mixed') return pool;
    let endNs = 0;
    const scarceNs = evicted.scarceSteps.flatMap(([gap, length]) => {
      const fromNs = endNs + ns(gap);
      endNs = Math.min(plan.horizonNs, fromNs + ns(length));
      return fromNs < endNs ? [[fromNs, endNs] as const] : [];
    });
    const eviction = {
      ...(evicted.meanSteps !== undefined && { meanNs: Math.max(1, ns(evicted.meanSteps)) }),
      ...(scarceNs.length > 0 && { scarceNs }),
      noticeNs: ns(evicted.noticeSteps),
      replaceNs: ns(evicted.replaceSteps),
      loadNs: ns(evicted.loadSteps),
    };
    return { ...pool, eviction };
  });
  return { ...plan, pools };
}

/** Fresh every time: policies remember. */
export function decisionParts(
  { deferSteps, judgeSteps, scaling }: HostileDecisions,
  { seed, pools }: HostileCase,
  ns: NsOf,
): Partial<RunParts> {
  return {
    ...(deferSteps === undefined ? {} : { admission: fickleAdmission(seed, MODELS, ns(deferSteps)) }),
    modelRouting: judgeSteps.map((judge) => (judge === undefined ? undefined : fickleModels(MODELS, ns(judge)))),
    scaling: pools.map((pool, index) => {
      const scaled = scaling[index];
      if (scaled === undefined) return undefined;
      const most = pool.instances + scaled.moreInstances;
      return fickleScaling(seed + index, Math.max(1, ns(scaled.intervalSteps)), most);
    }),
  };
}

const anyScaling: fc.Arbitrary<HostileScaling> = fc.record({
  minInstances: fc.integer({ min: 0, max: 1 }),
  startInstances: fc.integer({ min: 0, max: 3 }),
  moreInstances: fc.integer({ min: 0, max: 2 }),
  intervalSteps: fc.oneof(fc.integer({ min: 1, max: 8 }), between(1, 40)),
  provisionSteps: steps(6),
  loadSteps: steps(6),
  background: fc.option(
    fc.record({
      restoreSteps: steps(4),
      everySteps: steps(12),
      checkpointSteps: steps(4),
      onRecall: fc.constantFrom(...RECALLS),
    }),
    { nil: undefined, freq: 3 },
  ),
});

const anyEviction: fc.Arbitrary<HostileEviction> = fc.record({
  meanSteps: fc.option(between(5, 200), { nil: undefined, freq: 4 }),
  scarceSteps: fc.array(fc.tuple(steps(60), steps(20)), { maxLength: 3 }),
  noticeSteps: fc.oneof(fc.constant(0), steps(15)),
  replaceSteps: steps(10),
  loadSteps: steps(6),
});

/** Any run, in which instances are taken away. */
export function takenAway(cases: fc.Arbitrary<HostileCase>): fc.Arbitrary<HostileCase> {
  const evictions = fc.array(fc.option(anyEviction, { nil: undefined, freq: 6 }), { minLength: 4, maxLength: 4 });
  return fc.record({ hostile: cases, evictions }).map(({ hostile, evictions: taken }) => ({
    ...hostile,
    decisions: { deferSteps: undefined, judgeSteps: [], scaling: [], ...hostile.decisions, evictions: taken },
  }));
}

/** Hostile runs in which everything that can be decided around the engines is decided at random. */
export const decisionsCase: fc.Arbitrary<HostileCase> = fc
  .record({
    hostile: fc.oneof(anyCase, apartCase),
    deferSteps: fc.option(steps(20), { nil: undefined, freq: 3 }),
    judgeSteps: fc.array(fc.option(steps(4), { nil: undefined, freq: 3 }), { minLength: 3, maxLength: 3 }),
    scaling: fc.array(fc.option(anyScaling, { nil: undefined, freq: 4 }), { minLength: 4, maxLength: 4 }),
  })
  .map(({ hostile, ...decisions }) => ({ ...hostile, decisions }));
