import type { ModelIndex, Ns, PoolIndex } from './units.ts';

/** Pools as their scaling policies see them. All figures are constant within a segment. */
export interface PoolsView {
  /** Instances that take requests. */
  readyInstances(pool: PoolIndex): number;
  /** Instances on their way to that. */
  startingInstances(pool: PoolIndex): number;
  /** Requests at ready instances and not yet finished or handed over, … */
  outstandingRequests(pool: PoolIndex): number;
  /** … of these, the ones not in a running batch. */
  waitingRequests(pool: PoolIndex): number;
  /** Requests that no ready instance of any pool could take, and that this pool could. */
  frontRequests(pool: PoolIndex): number;
  /** Requests sent or handed over to the pool since the start of the run. */
  sentRequests(pool: PoolIndex): number;
}

export interface ScalingPolicy {
  readonly intervalNs: Ns;
  /** Instances that the pool should have, ready or on their way; a whole number, kept within the limits of the pool. */
  targetInstances(pool: PoolIndex, pools: PoolsView, nowNs: Ns): number;
}

/**
 * Which of several models answers a request. A request has a difficulty, uniform in [0, 1): the same for every policy that
 * it meets. A draw is uniform, too, and different for every attempt.
 */
export interface ModelRoutingPolicy {
  /** The model that a request is sent to first. */
  firstModel(difficulty: number, draw: number): ModelIndex;
  /** The model that goes on after an answer of `model`; `model` itself where the answer stands. */
  nextModel(model: ModelIndex, difficulty: number, draw: number): ModelIndex;
  isRight(model: ModelIndex, difficulty: number): boolean;
  /** How long an answer of `model` is judged before the client gets it; undefined if it is streamed as it comes. */
  judgeNs(model: ModelIndex): Ns | undefined;
}
