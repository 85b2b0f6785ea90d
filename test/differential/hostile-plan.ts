import type { KvLinkPlan, PoolRole } from '../../src/sim/plan.ts';
import type { RoutingPolicy, Workload } from '../../src/sim/ports.ts';
import type { RunParts, SimulationPlan } from '../../src/sim/simulate.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import {
  atRandom,
  closedLoop,
  firstEligible,
  inTurn,
  leastOutstanding,
  openLoop,
  restlessSettings,
  roomyEngine,
} from '../support/plans.ts';
import { decisionParts, withEvictions, withScaling } from './decisions-case.ts';
import type { HostileCase, HostileLink, HostilePool, HostileWorkload } from './hostile-cases.ts';
import { stepCostOf } from './hostile-costs.ts';
import { batchingPolicyOf } from './hostile-batching.ts';
import { powerOf, powerPlan, recordOf } from './hostile-energy.ts';
import { featuresPlan } from './hostile-features.ts';
import { controlPlan, sleepOf } from './hostile-power.ts';
import { largestTurns, sharingPrompts } from './shared-prompts.ts';

export function planOf(hostile: HostileCase): SimulationPlan {
  const ns = nsOf(hostile);
  const horizonNs = Math.max(1, ns(hostile.horizonSteps));
  const plan = {
    seed: hostile.seed,
    horizonNs,
    warmUpNs: Math.floor(horizonNs * hostile.warmUpShare),
    timelineIntervalNs: Math.max(1, ns(hostile.intervalSteps)),
    models: ['first', 'second'],
    pools: hostile.pools.map((pool, index) => ({
      ...poolPlanOf(pool, largestTokens(hostile, pool.role), ns),
      ...powerPlanOf(hostile.seed + index),
    })),
    workloads: hostile.workloads.map(({ model }) => ({ model })),
    record: hostile.record ?? recordOf(hostile.seed),
    outputPrediction: { relativeError: hostile.pools[0]?.features.batching?.relativeError ?? 0 },
  };
  const { decisions } = hostile;
  const scaled = decisions === undefined ? plan : withEvictions(withScaling(plan, decisions, ns), decisions, ns);
  if (hostile.clockSteps === undefined) return scaled;
  const pools = hostile.pools.map((pool, index) => ({ ...pool, instances: scaled.pools[index]!.instances }));
  return { ...scaled, power: controlPlan({ ...hostile, pools }, ns) };
}

/** The same with first tokens as quick as others, so that rows tell when requests leave their instances. */
export function withPromptFirstTokens(plan: SimulationPlan): SimulationPlan {
  const pools = plan.pools.map((pool) => ({ ...pool, engine: { ...pool.engine, firstOutputNs: 0 } }));
  return { ...plan, pools };
}

function powerPlanOf(seed: number) {
  const power = powerOf(seed);
  return { acceleratorsPerInstance: power.acceleratorsPerInstance, power: powerPlan(power) };
}

function poolPlanOf(
  pool: HostilePool,
  largest: number,
  ns: (steps: number) => number,
): SimulationPlan['pools'][number] {
  const { model, role = 'mixed', link, instances, features, engine } = pool;
  const { prefixIdleSteps, frontEndSteps, outputSteps, firstOutputSteps, spareBlocks, ...rest } = engine;
  const isMaximum = features.kvAllocation === 'maximum';
  const maxModelTokens = isMaximum ? Math.min(pool.maxModelTokens, largest + 3) : pool.maxModelTokens;
  const heldBlocks = Math.ceil((isMaximum && role !== 'prefill' ? maxModelTokens : largest) / engine.blockTokens);
  const kvBlocks = Math.max(1, heldBlocks + engine.watermarkBlocks + spareBlocks);
  return {
    model,
    role,
    ...(link === undefined ? {} : { kvLink: linkOf(link, ns) }),
    ...(role === 'decode' ? { localPrefillTokens: features.localPrefillTokens } : {}),
    instances,
    engine: {
      ...roomyEngine,
      ...rest,
      ...featuresPlan(features, engine, largest, ns),
      kvBlocks,
      maxModelTokens,
      prefixIdleNs: ns(prefixIdleSteps),
      frontEndNs: ns(frontEndSteps),
      outputNs: ns(outputSteps),
      firstOutputNs: ns(firstOutputSteps),
    },
  };
}

/** So many tokens of the largest request are ever in the cache of such an instance. */
function largestTokens({ workloads }: HostileCase, role: PoolRole = 'mixed'): number {
  const largest = workloads.flatMap((workload) => {
    if (workload.kind === 'shared') return largestTurns(workload.prompts);
    if (workload.kind === 'closed')
      return [{ promptTokens: workload.maxPromptTokens, outputTokens: workload.maxOutputTokens }];
    return workload.requests;
  });
  return Math.max(
    ...largest.map(({ promptTokens, outputTokens }) => promptTokens + (role === 'prefill' ? 0 : outputTokens - 1)),
  );
}

function linkOf({ gbPerS, stepsPerToken, latencySteps }: HostileLink, ns: (steps: number) => number): KvLinkPlan {
  return { gbPerS, kvBytesPerToken: Math.max(1, ns(stepsPerToken * gbPerS)), latencyNs: ns(latencySteps) };
}

/** Fresh every time: workloads, routers and controllers remember. */
export function partsOf(hostile: HostileCase): RunParts {
  const ns = nsOf(hostile);
  const parts = {
    workloads: hostile.workloads.map((workload, index) => workloadOf(workload, hostile.seed + index, ns)),
    routing: routerOf(hostile),
    stepCosts: hostile.pools.map((pool, index) => stepCostOf(pool, hostile.seed + index, hostile)),
    batching: hostile.pools.map(({ features: { batching, kvAllocation } }) => {
      const quantumTokens = kvAllocation === 'paged' ? batching?.quantumTokens : undefined;
      return batching && (() => batchingPolicyOf({ ...batching, quantumTokens }, hostile.seed));
    }),
    ...(hostile.decisions === undefined ? {} : decisionParts(hostile.decisions, hostile, ns)),
  };
  if (hostile.clockSteps === undefined) return parts;
  const sleep = sleepOf(hostile.seed, ns);
  return { ...parts, power: { ...restlessSettings(hostile.seed), ...(sleep !== undefined && { sleep }) } };
}

function nsOf({ stepTicks }: HostileCase): (steps: number) => number {
  return (steps) => Math.round((steps * stepTicks) / TICKS_PER_NS);
}

function workloadOf(workload: HostileWorkload, seed: number, ns: (steps: number) => number): Workload {
  if (workload.kind === 'shared') return sharingPrompts(workload.prompts, ns);
  if (workload.kind === 'closed') {
    const { startGapSteps, thinkSteps, ...loop } = workload;
    return closedLoop({ ...loop, seed, startGapNs: ns(startGapSteps), thinkNs: ns(thinkSteps) });
  }
  let arrivalNs = 0;
  const requests = workload.requests.map(({ gapSteps, promptTokens, outputTokens }) => {
    arrivalNs += ns(gapSteps);
    return { arrivalNs, promptTokens, outputTokens };
  });
  return openLoop(requests);
}

function routerOf({ router, seed }: HostileCase): RoutingPolicy {
  switch (router) {
    case 'first':
      return firstEligible;
    case 'in-turn':
      return inTurn();
    case 'random':
      return atRandom(seed);
    case 'least-outstanding':
      return leastOutstanding;
  }
}
