import type { PoolPlan, RunPlan, WorkloadPlan } from '../sim/plan.ts';
import type { Ns } from '../sim/units.ts';
import { NS_PER_HOUR, NS_PER_S } from '../sim/units.ts';
import type { Catalogue, Demand } from './catalogue-types.ts';
import type { Files } from './files.ts';
import { withErrorBands } from './error-bands.ts';
import { type Asked, evictedContexts } from './kept-contexts.ts';
import type { OfferedLoad } from './offered-load.ts';
import { offeredLoads } from './offered-load.ts';
import type { Problem } from './problem.ts';
import type { Scenario } from './read-scenario.ts';
import type { Trace, TracesRead } from './traces.ts';
import { readTraces } from './traces.ts';

export interface PlanOptions {
  readonly files: Files;
  /** Instead of the scenario's. */
  readonly seeds?: readonly number[] | undefined;
  /** Path of a trace, instead of the one that the scenario names. */
  readonly trace?: string | undefined;
  /** Shared by the variants of a scenario, so that a trace is read once for all of them. */
  readonly tracesRead?: TracesRead;
}

export type Planning =
  | {
      readonly ok: true;
      /** One for each seed, alike in everything else. */
      readonly plans: readonly RunPlan[];
      /** One per pool. */
      readonly offeredLoads: readonly OfferedLoad[];
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Read the traces of a scenario, and write out one plan for each seed. */
export function planRuns(scenario: Scenario, catalogue: Catalogue, options: PlanOptions): Planning {
  const read = readTraces(scenario, catalogue, options.files, options.trace, options.tracesRead);
  if (!read.ok) return read;
  const demands = scenario.workloads.map(({ kind, options: workloadOptions }, index) =>
    catalogue.workloads.find(({ name }) => name === kind)!.demand(workloadOptions, read.traces[index]?.summary),
  );
  const asked = askedOf(scenario, demands, catalogue);
  const asking = { ...scenario, workloads: asked };
  const loadsOf = (each: readonly Demand[]) =>
    offeredLoads(asking, each, (parameters) => catalogue.stepCost(parameters));
  const loads = loadsOf(asked.map(({ demand }) => demand));
  const pools = scenario.pools.map((pool, index) =>
    withErrorBands(pool, demandsOn(asked, pool.model), loads[index]!.load, catalogue.validatedErrors ?? []),
  );
  const plans = (options.seeds ?? scenario.seeds).map((seed) => planOf(scenario, pools, seed, read.traces));
  return {
    ok: true,
    plans,
    offeredLoads: loads,
    warnings: [
      ...overloads(loads),
      ...evictedContexts(scenario, asked, loads, loadsOf),
      ...longSessions(scenario, demands),
      ...longJobs(scenario, demands),
      ...shortTraces(scenario, demands, read.traces),
      ...skippedRows(scenario, read.traces),
    ],
  };
}

/** Where models take turns, each is asked for its share of the requests. */
function askedOf({ workloads, models }: Scenario, demands: readonly Demand[], catalogue: Catalogue): Asked[] {
  return workloads.flatMap(({ name: workload, model, modelRouting }, index) => {
    const demand = demands[index]!;
    const kind = catalogue.modelRouting.find(({ name }) => name === modelRouting?.kind);
    if (modelRouting === undefined || kind === undefined) return [{ model, workload, demand }];
    return Object.entries(kind.shares(modelRouting.options)).map(([name, share]) => ({
      model: models.indexOf(name),
      workload,
      demand: shareOf(demand, share),
    }));
  });
}

function shareOf(demand: Demand, share: number): Demand {
  const { requestsPerS, returns = [] } = demand;
  return {
    ...demand,
    requestsPerS: share * requestsPerS,
    // Where no request comes, nobody comes back.
    returns: share === 0 ? [] : returns.map(({ tokensPerS, afterS }) => ({ tokensPerS: share * tokensPerS, afterS })),
  };
}

function demandsOn(asked: readonly Asked[], model: number): Demand[] {
  return asked.filter((each) => each.model === model).map(({ demand }) => demand);
}

function planOf(
  scenario: Scenario,
  pools: readonly PoolPlan[],
  seed: number,
  traces: readonly (Trace | undefined)[],
): RunPlan {
  const { name, start, startState, horizonNs, warmUpNs, timelineIntervalNs, models, regions } = scenario;
  const { routing, admission, outputPrediction, slos, record, power } = scenario;
  const workloads = scenario.workloads.map(({ place: _place, file: _file, ...workload }, index): WorkloadPlan => {
    const trace = traces[index];
    return { ...workload, ...(trace !== undefined && { file: trace.file }) };
  });
  return {
    scenario: name,
    seed,
    start,
    startState,
    horizonNs,
    warmUpNs,
    timelineIntervalNs,
    models,
    regions,
    pools,
    workloads,
    routing,
    ...(power !== undefined && { power }),
    outputPrediction,
    admission,
    slos,
    record,
    ...(scenario.money !== undefined && { money: scenario.money }),
  };
}

function overloads(loads: readonly OfferedLoad[]): string[] {
  return loads
    .filter(({ load }) => load >= 1)
    .map(({ pool, model, requestsPerS, load }) => {
      const capacity = requestsPerS / load;
      const asked = `${rate(requestsPerS)} requests/s of ${model} are asked, about ${rate(capacity)} can be served`;
      return `pool "${pool}" is overloaded: offered load ρ = ${load.toFixed(2)} (${asked}); queues grow until the horizon`;
    });
}

/** An empty start shows the ramp of such sessions, not the fleet; a steady one has as many in progress as ever. */
function longSessions({ workloads, horizonNs, startState }: Scenario, demands: readonly Demand[]): string[] {
  return workloads.flatMap(({ name, file }, index) => {
    const { meanSessionS } = demands[index]!;
    // A recording begins where it begins.
    const isSteady = startState === 'steady' && file === undefined;
    if (isSteady || meanSessionS * NS_PER_S <= horizonNs) return [];
    const remedy = file === undefined ? ' — lengthen it, or write startState: steady' : '';
    return [
      `workload "${name}": a mean session lasts ${span(meanSessionS * NS_PER_S)}, longer than the horizon of ${span(horizonNs)}${remedy}`,
    ];
  });
}

function longJobs({ workloads, horizonNs }: Scenario, demands: readonly Demand[]): string[] {
  return workloads.flatMap(({ name }, index) => {
    const { jobs } = demands[index]!;
    if (jobs === undefined || Math.max(jobs.everyS, jobs.lastS) * NS_PER_S <= horizonNs) return [];
    const [every, last] = [span(jobs.everyS * NS_PER_S), span(jobs.lastS * NS_PER_S)];
    return [
      `workload "${name}": a job begins every ${every} and sends for ${last} on average, but the horizon is ${span(horizonNs)}: it sends less than it says, or nothing`,
    ];
  });
}

function shortTraces(
  { workloads, horizonNs, timelineIntervalNs }: Scenario,
  demands: readonly Demand[],
  traces: readonly (Trace | undefined)[],
): string[] {
  return workloads.flatMap(({ name }, index) => {
    const trace = traces[index];
    const { requestsPerS, repeats } = demands[index]!;
    if (trace === undefined || requestsPerS === 0 || repeats === true) return [];
    const endNs = ((trace.summary.rows - 1) / requestsPerS) * NS_PER_S;
    if (endNs >= horizonNs - timelineIntervalNs) return [];
    return [
      `workload "${name}": the trace ends after ${span(endNs)}, before the horizon of ${span(horizonNs)}; the rates count the empty time in between — let the horizon end with the trace`,
    ];
  });
}

function skippedRows({ workloads }: Scenario, traces: readonly (Trace | undefined)[]): string[] {
  return workloads.flatMap(({ name }, index) => {
    const { skippedRows: skipped = 0 } = traces[index]?.summary ?? {};
    return skipped === 0 ? [] : [`workload "${name}": ${skipped} malformed rows of the trace are left out`];
  });
}

function rate(perS: number): string {
  return perS >= 100 ? perS.toFixed(0) : perS.toPrecision(3);
}

function span(ns: Ns): string {
  if (ns >= 2 * NS_PER_HOUR) return `${(ns / NS_PER_HOUR).toFixed(1)} h`;
  return ns >= 120 * NS_PER_S ? `${(ns / NS_PER_S / 60).toFixed(1)} min` : `${(ns / NS_PER_S).toPrecision(3)} s`;
}
