import type { BackgroundTimes } from './background-plan.ts';
import type { PoolPlan, RunPlan } from './plan.ts';
import type { EvictionPlan, EvictionTotals } from './eviction-plan.ts';
import type { PowerDomainTotals } from './power-control-plan.ts';
import type {
  AdmissionPolicy,
  BatchingPolicy,
  ModelRoutingPolicy,
  PowerPolicy,
  RoutingPolicy,
  RowSink,
  ScalingPolicy,
  StepCost,
  Workload,
} from './ports.ts';
import type { AttemptColumns, RequestColumns, TimelineColumns } from './records.ts';
import type { ScalingPlan } from './scaling-plan.ts';
import type { Ns } from './units.ts';

/** The part of a plan that the model reads; a RunPlan is one. */
export type SimulationPlan = Pick<RunPlan, 'seed' | 'horizonNs' | 'warmUpNs' | 'timelineIntervalNs'> &
  Partial<Pick<RunPlan, 'record' | 'power' | 'outputPrediction'>> & {
    readonly models: readonly string[];
    /** Where no role is given, a pool is mixed. */
    readonly pools: readonly (Pick<PoolPlan, 'model' | 'instances' | 'engine'> &
      Partial<
        Pick<
          PoolPlan,
          'role' | 'kvLink' | 'localPrefillTokens' | 'acceleratorsPerInstance' | 'rentUsdPerAcceleratorHour' | 'power'
        >
      > & { readonly scaling?: ScalingLimits; readonly eviction?: EvictionPlan })[];
    readonly workloads: readonly (Pick<RunPlan['workloads'][number], 'model'> &
      Partial<Pick<RunPlan['workloads'][number], 'priority'>>)[];
  };

/** What of a pool's scaling is not up to its policy. */
export type ScalingLimits = Pick<ScalingPlan, 'minInstances' | 'startInstances' | 'provisionNs' | 'loadNs'> & {
  readonly background?: BackgroundTimes;
};

/** What the plan's names stand for, already made. */
export interface RunParts {
  /** One per plan.workloads. */
  readonly workloads: readonly Workload[];
  readonly routing: RoutingPolicy;
  /** One per plan.pools. */
  readonly stepCosts: readonly StepCost[];
  /** Of a plan with `power`. */
  readonly power?: PowerPolicy;
  /** One per plan.pools, if any: makes the policy of one instance. Where there is none, who comes first is served first. */
  readonly batching?: readonly ((() => BatchingPolicy) | undefined)[];
  /** Without it everybody is admitted. */
  readonly admission?: AdmissionPolicy;
  /** One per plan.pools; those with `scaling` in the plan have one. */
  readonly scaling?: readonly (ScalingPolicy | undefined)[];
  /** One per plan.workloads, for those whose requests more than one model may answer. */
  readonly modelRouting?: readonly (ModelRoutingPolicy | undefined)[];
}

export interface RunSinks {
  readonly requests: RowSink<RequestColumns>;
  readonly timeline: RowSink<TimelineColumns>;
  /** Attempts that did not lead to an answer: nobody need look. */
  readonly attempts?: RowSink<AttemptColumns>;
  /** Called at the end of every timeline interval with the simulated time; `false` stops the run there. */
  progress?(nowNs: Ns): boolean;
}

export interface RunTotals {
  readonly arrivedRequests: number;
  readonly servedRequests: number;
  readonly rejectedRequests: number;
  /** Events taken from the queue: pinned by benchmarks. */
  readonly events: number;
  readonly segments: number;
  readonly steps: number;
  /** When the last request had left. */
  readonly endNs: Ns;
  /** False when `progress` stopped it. */
  readonly completed: boolean;
  /** One per pool; left out where no instance can be taken away. */
  readonly evictions?: readonly EvictionTotals[];
  /** One per domain; left out where power is not controlled. */
  readonly powerDomains?: readonly PowerDomainTotals[];
}

/** Whether somebody hears of an answer when it is given, and could send something on at that instant. */
export function hearsAnswers({ workloads, modelRouting = [] }: Pick<RunParts, 'workloads' | 'modelRouting'>): boolean {
  return (
    workloads.some(({ onFinish }) => onFinish !== undefined) || modelRouting.some((policy) => policy !== undefined)
  );
}
