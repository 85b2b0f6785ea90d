import type {
  AdmissionContext,
  BatchingContext,
  ModelRoutingContext,
  Module,
  PowerContext,
  ScalingContext,
} from '../sim/module.ts';
import type { PoolPlan, RunPlan, StartState, WorkloadPlan } from '../sim/plan.ts';
import type {
  AdmissionPolicy,
  BatchingPolicy,
  ByteSource,
  ModelRoutingPolicy,
  PowerPolicy,
  RoutingPolicy,
  ScalingPolicy,
  Workload,
} from '../sim/ports.ts';
import { RooflineCost } from '../sim/roofline.ts';
import type { RunParts } from '../sim/simulate.ts';
import { Streams } from '../sim/streams.ts';
import { NS_PER_MS, type Ns } from '../sim/units.ts';
import { openPlanned } from './file-source.ts';
import type { FileSource } from './file-source.ts';

/** The modules that a plan can name. */
export interface Modules {
  readonly workloads: readonly Module<Workload, unknown, WorkloadContext>[];
  readonly routing: readonly Module<RoutingPolicy, unknown>[];
  readonly power: readonly Module<PowerPolicy, unknown, PowerContext>[];
  readonly batching: readonly Module<BatchingPolicy, unknown, BatchingContext>[];
  readonly admission: readonly Module<AdmissionPolicy, unknown, AdmissionContext>[];
  readonly scaling: readonly Module<ScalingPolicy, unknown, ScalingContext>[];
  readonly modelRouting: readonly Module<ModelRoutingPolicy, unknown, ModelRoutingContext>[];
}

interface WorkloadContext {
  readonly streams: Streams;
  readonly name: string;
  readonly horizonNs: Ns;
  readonly start: string;
  readonly startState: StartState;
  readonly trace?: ByteSource;
}

export interface Assembled {
  readonly parts: RunParts;
  /** Close the files that the parts read from. */
  close(): void;
}

/** What the names of a plan stand for: workloads with their traces, the router, the cost of a step in each pool. */
export function assemble(plan: RunPlan, modules: Modules): Assembled {
  const streams = new Streams(plan.seed);
  const files: FileSource[] = [];
  const close = () => {
    for (const file of files.splice(0)) file.close();
  };
  const workload = ({ kind, name, options, file }: WorkloadPlan): Workload => {
    const context = { streams, name, horizonNs: plan.horizonNs, start: plan.start, startState: plan.startState };
    if (file === undefined) return find(modules.workloads, kind).create(options, context);
    const trace = openPlanned(file);
    files.push(trace);
    return find(modules.workloads, kind).create(options, { ...context, trace });
  };
  const batchingContext = { streams, workloads: plan.workloads.map((_, index) => servedAs(index, plan)) };
  const batching = ({ batching: order }: PoolPlan) => {
    if (order === undefined) return undefined;
    const module = find(modules.batching, order.kind);
    return () => module.create(order.options, batchingContext);
  };
  try {
    const parts = {
      workloads: plan.workloads.map(workload),
      routing: find(modules.routing, plan.routing.kind).create(plan.routing.options, { streams }),
      batching: plan.pools.map(batching),
      ...decisionsOf(plan, modules, streams),
      ...(plan.power !== undefined && {
        power: find(modules.power, plan.power.kind).create(plan.power.options, {
          streams,
          electricityOfPool: electricityOf(plan),
        }),
      }),
      stepCosts: plan.pools.map((pool) => stepCostOf(pool, plan)),
    };
    return { parts, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** What batching policies are told of a workload. */
function servedAs(workload: number, { workloads, slos }: RunPlan): BatchingContext['workloads'][number] {
  const objectives = slos.flatMap((slo) => (slo.workloads.includes(workload) ? slo.objectives : []));
  const limitsMs = objectives.flatMap(({ metric, limitMs }) => (metric === 'ttft' ? [limitMs] : []));
  return {
    ttftNs: Math.min(...limitsMs) * NS_PER_MS,
    fairShareWeight: workloads[workload]!.fairShareWeight ?? 1,
  };
}

/** What is decided around the engines. */
function decisionsOf(
  plan: RunPlan,
  modules: Modules,
  streams: Streams,
): Omit<RunParts, 'routing' | 'batching' | 'workloads' | 'stepCosts'> {
  const { admission, start, models } = plan;
  const workloads = plan.workloads.map(({ name }) => name);
  const electricity = electricityOf(plan);
  const electricityOfModel = models.map(
    (_, model) => electricity[plan.pools.findIndex((pool) => pool.model === model)],
  );
  const context = { streams, start, models, workloads, electricityOfModel, ttftLimitsNs: ttftLimitsOf(plan) };
  return {
    // Asking someone who admits everybody would change nothing.
    ...(admission !== undefined &&
      admission.kind !== 'accept' && {
        admission: find(modules.admission, admission.kind).create(admission.options, context),
      }),
    scaling: plan.pools.map(({ scaling }) => {
      if (scaling === undefined) return undefined;
      const { kind, options, intervalNs, startInstances, provisionNs, loadNs } = scaling;
      const leadNs = provisionNs + loadNs;
      return find(modules.scaling, kind).create(options, { streams, start, intervalNs, startInstances, leadNs });
    }),
    modelRouting: plan.workloads.map(
      ({ modelRouting }) =>
        modelRouting && find(modules.modelRouting, modelRouting.kind).create(modelRouting.options, { streams, models }),
    ),
  };
}

/** By pool. */
function electricityOf({ pools, regions, money }: RunPlan): PowerContext['electricityOfPool'] {
  return pools.map(({ region }) => {
    const usdPerKWh = { atNs: [0], values: [regions[region]!.electricityUsdPerKWh] };
    return money?.regions[region] ?? { usdPerKWh };
  });
}

/** By workload, the widest TTFT objective of its class: what a single request is held to. */
function ttftLimitsOf({ workloads, slos }: RunPlan): (Ns | undefined)[] {
  return workloads.map((_, workload) => {
    const objectives = slos.find((slo) => slo.workloads.includes(workload))?.objectives ?? [];
    const limits = objectives.filter(({ metric }) => metric === 'ttft').map(({ limitMs }) => limitMs);
    return limits.length === 0 ? undefined : Math.max(...limits) * NS_PER_MS;
  });
}

function find<Found extends { readonly name: string }>(modules: readonly Found[], name: string): Found {
  const found = modules.find((module) => module.name === name);
  if (found === undefined) throw new Error(`the plan names "${name}", which this version does not know`);
  return found;
}

function stepCostOf({ stepCost, power, acceleratorsPerInstance }: PoolPlan, plan: RunPlan): RooflineCost {
  // A controller looks at what steps draw, whether it is recorded or not.
  const energy = plan.record.energy || plan.power !== undefined;
  return new RooflineCost(stepCost, { accelerator: power.accelerator, accelerators: acceleratorsPerInstance, energy });
}
