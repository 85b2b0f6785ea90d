import type { PoolRole } from './plan.ts';
import type { InstanceIndex, Ns, PoolIndex } from './units.ts';

/**
 * What a power controller sees. Settings are those it ordered last, whether they are in effect or not; draws, durations and
 * queues are those of the telemetry that has just come. Watts of domains are of IT, budgets for whole facilities included.
 */
export interface SiteView {
  readonly instanceCount: number;
  clock(instance: InstanceIndex): number;
  capWatts(instance: InstanceIndex): number;
  pool(instance: InstanceIndex): PoolIndex;
  role(instance: InstanceIndex): PoolRole;
  accelerators(instance: InstanceIndex): number;
  /** Lowest clock of its accelerators. */
  leastClock(instance: InstanceIndex): number;
  /** Whether it is to be slowed before others. */
  isLowPriority(instance: InstanceIndex): boolean;
  /** Of all accelerators of the instance together: the step in progress, or what they draw between steps. */
  drawWatts(instance: InstanceIndex): number;
  /** Duration of the step in progress; 0 between steps. */
  stepNs(instance: InstanceIndex): number;
  waitingRequests(instance: InstanceIndex): number;
  /** In its batch, … */
  runningRequests(instance: InstanceIndex): number;
  /** … which its engine never lets grow beyond so many. */
  maxNumSeqs(instance: InstanceIndex): number;
  /** As ordered last; Infinity without a limit. */
  maxRunning(instance: InstanceIndex): number;

  readonly workloadCount: number;
  /** Of its requests: lower goes first. */
  priority(workload: number): number;
  /** Whether the instance holds the model that the workload asks for. */
  serves(instance: InstanceIndex, workload: number): boolean;
  /** As ordered last. */
  isTurnedAway(workload: number): boolean;

  readonly domainCount: number;
  /** The k-th instance of a domain, 0 ≤ k < domainSize; an instance may be in several domains. */
  domainSize(domain: number): number;
  domainInstance(domain: number, k: number): InstanceIndex;
  /** What it may draw now. */
  budgetWatts(domain: number): number;
  domainDrawWatts(domain: number): number;
  /** What in it is no accelerator draws at most; 0 where the budget counts accelerators alone. */
  domainAroundWatts(domain: number): number;
  /** What is ordered now is seen in telemetry no sooner than after so long. */
  readonly delayNs: Ns;
}

/** What a power controller may set; it takes effect after the plan's delay, at the next step boundary. */
export interface PowerSink {
  /** Relative frequency in (0, 1]. */
  setClock(instance: InstanceIndex, clock: number): void;
  /** Most that one accelerator of the instance may draw; Infinity lifts the cap. */
  setCap(instance: InstanceIndex, watts: number): void;
  /**
   * While so many requests are in its batch, nobody joins; who is in it stays. A whole number ≥ 1, or Infinity, which lifts
   * the limit.
   */
  setMaxRunning(instance: InstanceIndex, requests: number): void;
  /** Requests of the workload that come from then on are turned away, or taken in again. */
  setTurnedAway(workload: number, isTurnedAway: boolean): void;
}

/** Accelerators of an instance that has been idle for so long sleep; what comes then waits until they are awake. */
export interface SleepRequest {
  readonly afterNs: Ns;
  readonly wakeNs: Ns;
}

export interface PowerPolicy {
  /** Without, nobody sleeps. Accelerators know by themselves when they are idle: no telemetry, no orders. */
  readonly sleep?: SleepRequest;
  /** Telemetry has come. */
  decide(site: SiteView, settings: PowerSink, nowNs: Ns): void;
}
