import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { RunPlan } from '../sim/plan.ts';
import type { RequestTimes } from './measure-run.ts';
import { errorText } from './run-outcome.ts';

export type MeasuredRun =
  { readonly kind: 'measured'; readonly times: RequestTimes } | { readonly kind: 'failed'; readonly message: string };

export interface Measurements {
  /** One per plan, in their order. None is ever rejected: a run that fails says so. */
  readonly runs: readonly Promise<MeasuredRun>[];
  /** Finished runs of all, in [0, 1]. */
  share(): number;
  /** End the threads, whatever they do. */
  end(): Promise<void>;
}

/** Hand runs to worker threads for the times of their requests: as many threads as the machine has, unless given. */
export function startMeasurements(plans: readonly RunPlan[], threads = availableParallelism()): Measurements {
  const maxThreads = Math.max(1, Math.min(threads, plans.length));
  const pool = new Piscina<RunPlan, MeasuredRun>({
    filename: new URL('./measure-worker.js', import.meta.url).href,
    minThreads: maxThreads,
    maxThreads,
  });
  // A worker that cannot start rejects its tasks and emits this as well; without a listener it would end the process.
  pool.on('error', () => undefined);
  let finished = 0;
  const runs = plans.map(async (plan): Promise<MeasuredRun> => {
    try {
      return await pool.run(plan);
    } catch (error) {
      return { kind: 'failed', message: errorText(error) };
    } finally {
      finished++;
    }
  });
  return { runs, share: () => finished / plans.length, end: () => pool.destroy() };
}
