import type { Grade, PoolPlan, RunPlan } from '../sim/plan.ts';
import { NS_PER_MS, NS_PER_S } from '../sim/units.ts';
import { Histogram } from './histogram.ts';
import type { PoolMetrics, PoolTally } from './pool-metrics.ts';
import { poolRentUsd } from './pool-rent.ts';
import { LATENCIES } from './request-metrics.ts';
import type { Latency, RequestMetrics, WorkloadTally } from './request-metrics.ts';
import { resourceUse } from './resource-use.ts';
import { FLEET, METRICS, objectiveMetric, worstGrade } from './summary.ts';
import type { Metric, RunSummary, Scope, Statistic, SummaryEntry, Unit } from './summary.ts';

/** What a pool did in the measured window, as far as it decides who caused its rent. */
export interface PoolUsage {
  readonly rentUsd: number;
  readonly instanceNs: number;
  readonly busyNs: number;
  readonly prefillNs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

interface PerMillionTokens {
  readonly input: number | undefined;
  readonly output: number | undefined;
  readonly blended: number | undefined;
}

/** What the rent of some pools bought. */
export interface UsageCosts {
  readonly rentUsd: number;
  readonly idleUsd: number;
  readonly perMillionTokens: { readonly busyOnly: PerMillionTokens; readonly fullyLoaded: PerMillionTokens };
}

/** How rent is attributed to tokens; src/economics has it. */
export type CostAttribution = (pools: readonly PoolUsage[]) => UsageCosts;

/** The figures of one run, from what its sinks have counted. */
export function summarize(
  plan: RunPlan,
  requests: RequestMetrics,
  pools: PoolMetrics,
  attributeCosts: CostAttribution,
): RunSummary {
  return new Summarizer(plan, requests, pools, attributeCosts).entries;
}

const PERCENTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const;

class Summarizer {
  readonly entries: SummaryEntry[] = [];
  readonly #plan: RunPlan;
  readonly #pools: PoolMetrics;
  readonly #attributeCosts: CostAttribution;
  readonly #windowNs: number;
  /** The scope that figures are being written for. */
  #scope: Pick<SummaryEntry, 'scope' | 'scopeName' | 'grade'>;

  constructor(plan: RunPlan, requests: RequestMetrics, pools: PoolMetrics, attributeCosts: CostAttribution) {
    this.#plan = plan;
    this.#pools = pools;
    this.#attributeCosts = attributeCosts;
    this.#windowNs = plan.horizonNs - plan.warmUpNs;
    this.#scope = { scope: 'fleet', scopeName: FLEET, grade: worstGrade(plan.pools.map((pool) => pool.grade)) };
    this.#addDemand(requests.tallies);
    this.#addFleetGoodput(requests.tallies);
    this.#addSupply([...plan.pools.keys()]);
    for (const [index, region] of plan.regions.entries()) {
      const members = [...plan.pools.keys()].filter((pool) => plan.pools[pool]!.region === index);
      if (members.length > 0) this.#addPlace('region', region.name, members);
    }
    for (const [index, pool] of plan.pools.entries()) this.#addPlace('pool', pool.name, [index]);
    for (const [index, workload] of plan.workloads.entries()) {
      this.#scope = { scope: 'workload', scopeName: workload.name, grade: this.#gradeOf([index]) };
      this.#addDemand([requests.tallies[index]!]);
    }
    for (const slo of plan.slos) {
      const tallies = slo.workloads.map((workload) => requests.tallies[workload]!);
      this.#scope = { scope: 'class', scopeName: slo.class, grade: this.#gradeOf(slo.workloads) };
      this.#addDemand(tallies);
      this.#addObjectives(slo, tallies);
    }
  }

  #addPlace(scope: Scope, scopeName: string, pools: readonly number[]): void {
    const plans = pools.map((pool) => this.#plan.pools[pool]!);
    this.#scope = { scope, scopeName, grade: worstGrade(plans.map((pool) => pool.grade)) };
    const arrived = this.#sum(pools, (tally) => tally.arrivedRequests);
    this.#addCount('arrived_requests', arrived);
    this.#addSupply(pools);
  }

  /** What clients sent and how long they waited. */
  #addDemand(tallies: readonly WorkloadTally[]): void {
    const arrived = total(tallies, (tally) => tally.arrived);
    const rejected = total(tallies, (tally) => tally.rejected);
    this.#addCount('arrived_requests', arrived);
    this.#add('rejected_requests', 'total', rejected);
    this.#add('rejected_requests', 'share', rejected / arrived);
    for (const latency of LATENCIES) this.#addLatency(latency, tallies);
  }

  #addLatency(latency: Latency, tallies: readonly WorkloadTally[]): void {
    const histogram = new Histogram();
    for (const tally of tallies) histogram.merge(tally.latencies[latency]);
    this.#add(latency, 'mean', inMs(histogram.mean));
    for (const statistic of ['p50', 'p90', 'p95', 'p99'] as const) {
      this.#add(latency, statistic, inMs(histogram.quantile(PERCENTILES[statistic])));
    }
  }

  #addFleetGoodput(tallies: readonly WorkloadTally[]): void {
    if (this.#plan.slos.length === 0) return;
    const met = total(tallies, (tally) => tally.metSlo);
    this.#addCount('goodput', met);
  }

  #addObjectives(slo: RunPlan['slos'][number], tallies: readonly WorkloadTally[]): void {
    const arrived = total(tallies, (tally) => tally.arrived);
    const met = total(tallies, (tally) => tally.metSlo);
    this.#addCount('goodput', met);
    this.#addTarget('slo_attainment', met / arrived, slo.attainment);
    for (const [index, objective] of slo.objectives.entries()) {
      const metric = objectiveMetric(objective);
      const within = total(tallies, (tally) => tally.withinLimit[index]!);
      this.#addTarget(metric, within / arrived, objective.quantile);
      this.#add(metric, 'limit', objective.limitMs, 'ms');
    }
  }

  #addTarget(metric: Metric, share: number, target: number): void {
    this.#add(metric, 'share', share, '1');
    this.#add(metric, 'target', target, '1');
    if (!Number.isNaN(share)) this.#add(metric, 'met', share >= target ? 1 : 0, '1');
  }

  /** What pools did, how loaded they were, and what that cost. */
  #addSupply(pools: readonly number[]): void {
    this.#addCount(
      'served_requests',
      this.#sum(pools, (tally) => tally.finishedRequests),
    );
    this.#addCount(
      'prompt_tokens',
      this.#sum(pools, (tally) => tally.promptTokens),
    );
    const cached = this.#sum(pools, (tally) => tally.cachedTokens);
    this.#addCount('cached_tokens', cached);
    this.#add('cached_tokens', 'share', cached / this.#sum(pools, (tally) => tally.promptTokens), '1');
    this.#addCount(
      'output_tokens',
      this.#sum(pools, (tally) => tally.outputTokens),
    );
    this.#addCount(
      'preemptions',
      this.#sum(pools, (tally) => tally.preemptions),
    );
    this.#addLoad(pools);
    this.#addCosts(pools);
  }

  #addLoad(pools: readonly number[]): void {
    const uses = pools.map((pool) => resourceUse(this.#plan.pools[pool]!, this.#pools.tallies[pool]!, this.#windowNs));
    const busyNs = this.#sum(pools, (tally) => tally.busyNs);
    const prefillNs = this.#sum(pools, (tally) => tally.prefillNs);
    // A step counts where it ends: the one that began before the window can make a busy pool look more than busy.
    const busyShare = (pool: PoolPlan, tally: PoolTally) => Math.min(1, tally.busyNs / this.#instanceNs(pool));
    this.#add('busy_share', 'mean', this.#byAccelerators(pools, busyShare));
    this.#add('prefill_share', 'mean', prefillNs / busyNs);
    this.#add('compute_use', 'mean', total(uses, (use) => use.flops) / total(uses, (use) => use.peakFlops));
    this.#add(
      'memory_bandwidth_use',
      'mean',
      total(uses, (use) => use.hbmBytes) / total(uses, (use) => use.peakHbmBytes),
    );
    const kvShare = (pool: PoolPlan, tally: PoolTally) => {
      return tally.kvBlockNs / (pool.engine.kvBlocks * this.#instanceNs(pool));
    };
    this.#add('kv_use', 'mean', this.#byAccelerators(pools, kvShare));
    const kvMax = pools.map((index) => {
      const pool = this.#plan.pools[index]!;
      return this.#pools.tallies[index]!.kvBlocksMax / (pool.engine.kvBlocks * pool.instances);
    });
    this.#add('kv_use', 'max', Math.max(...kvMax));
  }

  #addCosts(pools: readonly number[]): void {
    const costs = this.#attributeCosts(pools.map((pool) => this.#usage(pool)));
    this.#add('rent', 'total', costs.rentUsd);
    this.#add('idle_rent', 'total', costs.idleUsd);
    this.#add('idle_rent', 'share', costs.idleUsd / costs.rentUsd, '1');
    const { fullyLoaded, busyOnly } = costs.perMillionTokens;
    for (const [statistic, perMillion] of [
      ['fully_loaded', fullyLoaded],
      ['busy_only', busyOnly],
    ] as const) {
      this.#add('input_cost', statistic, perMillion.input);
      this.#add('output_cost', statistic, perMillion.output);
      this.#add('blended_cost', statistic, perMillion.blended);
    }
  }

  #usage(index: number): PoolUsage {
    const pool = this.#plan.pools[index]!;
    const { busyNs, prefillNs, promptTokens, outputTokens } = this.#pools.tallies[index]!;
    const rentUsd = poolRentUsd(pool, this.#windowNs);
    return { rentUsd, instanceNs: this.#instanceNs(pool), busyNs, prefillNs, promptTokens, outputTokens };
  }

  #instanceNs(pool: PoolPlan): number {
    return pool.instances * this.#windowNs;
  }

  #sum(pools: readonly number[], counter: (tally: PoolTally) => number): number {
    return total(pools, (pool) => counter(this.#pools.tallies[pool]!));
  }

  /** Mean over pools, each with the weight of its accelerators: instances differ in size, blocks in bytes. */
  #byAccelerators(pools: readonly number[], share: (pool: PoolPlan, tally: PoolTally) => number): number {
    const weight = (index: number) => {
      const pool = this.#plan.pools[index]!;
      return pool.instances * pool.acceleratorsPerInstance;
    };
    const weighted = total(
      pools,
      (index) => weight(index) * share(this.#plan.pools[index]!, this.#pools.tallies[index]!),
    );
    return weighted / total(pools, weight);
  }

  /** Requests rest on the pools that hold their model. */
  #gradeOf(workloads: readonly number[]): Grade {
    const models = new Set(workloads.map((workload) => this.#plan.workloads[workload]!.model));
    return worstGrade(this.#plan.pools.filter((pool) => models.has(pool.model)).map((pool) => pool.grade));
  }

  #addCount(metric: keyof typeof METRICS, count: number): void {
    this.#add(metric, 'rate', count / (this.#windowNs / NS_PER_S), '1/s');
    this.#add(metric, 'total', count, '1');
  }

  /** A figure that nothing is known of (no request, no token, no capacity) is left out. */
  #add(metric: Metric, statistic: Statistic, value: number | undefined, unit = defaultUnit(metric)): void {
    if (value === undefined || !Number.isFinite(value)) return;
    this.entries.push({ ...this.#scope, metric, statistic, value, unit, halfWidth95: undefined });
  }
}

function defaultUnit(metric: Metric): Unit {
  return Object.hasOwn(METRICS, metric) ? METRICS[metric as keyof typeof METRICS].unit : '1';
}

function inMs(durationNs: number | undefined): number | undefined {
  return durationNs === undefined ? undefined : durationNs / NS_PER_MS;
}

function total<Item>(items: readonly Item[], amount: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + amount(item), 0);
}
