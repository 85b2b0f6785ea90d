import { catalogue } from '../catalogue.ts';
import type { RunPlan } from '../sim/plan.ts';
import { inlineMore } from './inlining.ts';
import { measureRun } from './measure-run.ts';
import type { MeasuredRun } from './measure-pool.ts';
import { errorText } from './run-outcome.ts';

inlineMore();

/** The entry of a worker thread. */
export default function measure(plan: RunPlan): MeasuredRun {
  try {
    return { kind: 'measured', times: measureRun(plan, catalogue) };
  } catch (error) {
    return { kind: 'failed', message: errorText(error) };
  }
}
