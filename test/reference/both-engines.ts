import type { RunParts, SimulationPlan } from '../../src/sim/simulate.ts';
import { collect } from '../support/collect.ts';
import type { RequestRow, TimelineRow } from '../support/collect.ts';
import { simulateStepByStep } from './reference-engine.ts';

export type Engine = (
  plan: SimulationPlan,
  parts: RunParts,
) => { readonly requests: readonly RequestRow[]; readonly timeline: readonly TimelineRow[] };

/** What is worked out by hand from docs/engine.md, both programs must find. */
export const bothEngines: readonly [how: string, engine: Engine][] = [
  ['in segments', collect],
  ['step by step', simulateStepByStep],
];
