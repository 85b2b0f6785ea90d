import type { Ns } from './units.ts';

/** What becomes of work that is not saved yet when an instance is called back. */
export const RECALLS = ['save', 'drop'] as const;
export type Recall = (typeof RECALLS)[number];

/** A job that runs on instances which scaling has released: training, evaluation. It takes as many as there are. */
export interface BackgroundPlan {
  /** The tenant. */
  readonly name: string;
  /** From getting an instance to the first moment of work: starting, reading its checkpoint. */
  readonly restoreNs: Ns;
  /** Work between two checkpoints, at least 1. */
  readonly checkpointEveryNs: Ns;
  /** How long writing one takes, in which nothing else is done. */
  readonly checkpointNs: Ns;
  /** `save`: what is not saved yet is saved first, and the pool waits; `drop`: it is lost, and the pool has the instance at once. */
  readonly onRecall: Recall;
  /** Draw of one accelerator while it is lent. */
  readonly drawWatts: number;
  /** What an hour of work of one accelerator is worth. */
  readonly valueUsdPerAcceleratorHour: number;
}

/** What of it the model reads. */
export type BackgroundTimes = Omit<BackgroundPlan, 'name' | 'valueUsdPerAcceleratorHour'>;
