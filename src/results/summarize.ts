import { comesAndGoes } from '../sim/eviction-plan.ts';
import type { PoolPlan, RunPlan } from '../sim/plan.ts';
import { NS_PER_S } from '../sim/units.ts';
import { type Figure, answerCosts, answerFigures } from './answers.ts';
import type { CostAttribution, PoolUsage } from './cost-attribution.ts';
import { deadlineFigures } from './deadlines.ts';
import { energyFigures } from './energy-figures.ts';
import { figureBand } from './error-bands.ts';
import type { BandedPool } from './error-bands.ts';
import { merged } from './histogram.ts';
import { tierFigures } from './kv-tier-use.ts';
import type { PoolMetrics, PoolTally } from './pool-metrics.ts';
import { paidRate, poolRentUsd } from './pool-rent.ts';
import { poolsOfWorkloads } from './pools-of-workloads.ts';
import type { PeakDraw } from './power-peaks.ts';
import { LATENCIES } from './request-metrics.ts';
import type { Latency, RequestMetrics, WorkloadTally } from './request-metrics.ts';
import { resourceUse } from './resource-use.ts';
import { inMs, total } from './sums.ts';
import { FLEET, objectiveMetric, unitOf, worstGrade } from './summary.ts';
import type { METRICS, Metric, RunSummary, Scope, Statistic, SummaryEntry } from './summary.ts';

/** The figures of one run, from what its sinks have counted. @param billsUsd what serving cost in each pool; its rent if left out */
export function summarize(
  plan: RunPlan,
  requests: RequestMetrics,
  pools: PoolMetrics,
  attributeCosts: CostAttribution,
  billsUsd?: readonly number[],
): RunSummary {
  return new Summarizer(plan, requests, pools, attributeCosts, billsUsd).entries;
}

const PERCENTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const;

class Summarizer {
  readonly entries: SummaryEntry[] = [];
  readonly #plan: RunPlan;
  readonly #pools: PoolMetrics;
  readonly #attributeCosts: CostAttribution;
  readonly #billsUsd: readonly number[] = [];
  readonly #banded: readonly BandedPool[];
  readonly #windowNs: number;
  /** The scope that figures are being written for, and the pools that they rest on. */
  #scope: Pick<SummaryEntry, 'scope' | 'scopeName' | 'grade'>;
  #resting: readonly BandedPool[] = [];

  constructor(
    plan: RunPlan,
    requests: RequestMetrics,
    pools: PoolMetrics,
    attributeCosts: CostAttribution,
    billsUsd: readonly number[] | undefined,
  ) {
    this.#plan = plan;
    this.#pools = pools;
    this.#attributeCosts = attributeCosts;
    this.#windowNs = plan.horizonNs - plan.warmUpNs;
    const all = [...plan.pools.keys()];
    this.#banded = plan.pools.map((pool, index) => {
      return { plan: pool, tally: pools.tallies[index]!, instanceNs: this.#onNs(index) };
    });
    this.#billsUsd = billsUsd ?? all.map((pool) => this.#rentUsd(pool));
    this.#scope = this.#scopeOf('fleet', FLEET, all);
    this.#addDemand([...plan.workloads.keys()], requests.tallies);
    this.#addFleetGoodput(requests.tallies);
    this.#addSupply(all, pools.peaks.fleet());
    const billUsd = total(this.#billsUsd, (usd) => usd);
    this.#addFigures(answerCosts(plan, requests.tallies, billUsd, this.#served(all)));
    for (const [index, region] of plan.regions.entries()) {
      const members = all.filter((pool) => plan.pools[pool]!.region === index);
      if (members.length > 0) this.#addPlace('region', region.name, members, pools.peaks.region(index));
    }
    for (const [index, pool] of plan.pools.entries()) {
      this.#addPlace('pool', pool.name, [index], pools.peaks.pool(index));
    }
    for (const [index, workload] of plan.workloads.entries()) {
      this.#scope = this.#scopeOf('workload', workload.name, poolsOfWorkloads(plan, [index]));
      this.#addDemand([index], requests.tallies);
    }
    for (const slo of plan.slos) {
      const tallies = slo.workloads.map((workload) => requests.tallies[workload]!);
      this.#scope = this.#scopeOf('class', slo.class, poolsOfWorkloads(plan, slo.workloads));
      this.#addDemand(slo.workloads, requests.tallies);
      this.#addObjectives(slo, tallies);
    }
  }

  #addPlace(scope: Scope, scopeName: string, pools: readonly number[], peak: PeakDraw): void {
    this.#scope = this.#scopeOf(scope, scopeName, pools);
    const arrived = this.#sum(pools, (tally) => tally.arrivedRequests);
    this.#addCount('arrived_requests', arrived);
    this.#addSupply(pools, peak);
  }

  /** What clients sent and how long they waited. */
  #addDemand(workloads: readonly number[], all: readonly WorkloadTally[]): void {
    const tallies = workloads.map((workload) => all[workload]!);
    const arrived = total(tallies, (tally) => tally.arrived);
    const rejected = total(tallies, (tally) => tally.rejected);
    this.#addCount('arrived_requests', arrived);
    this.#add('rejected_requests', 'total', rejected);
    this.#add('rejected_requests', 'share', rejected / arrived);
    this.#addFigures(answerFigures(this.#plan, workloads, all));
    for (const latency of LATENCIES) this.#addLatency(latency, tallies);
    this.#addFigures(deadlineFigures(tallies));
  }

  #addLatency(latency: Latency, tallies: readonly WorkloadTally[]): void {
    const histogram = merged(tallies.map(({ latencies }) => latencies[latency]));
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
  #addSupply(pools: readonly number[], peak: PeakDraw): void {
    const sum = (counter: (tally: PoolTally) => number) => this.#sum(pools, counter);
    const promptTokens = sum((tally) => tally.promptTokens);
    const cachedTokens = sum((tally) => tally.cachedTokens);
    const outputTokens = sum((tally) => tally.outputTokens);
    const preemptions = sum((tally) => tally.preemptions);
    this.#addCount('served_requests', this.#served(pools));
    this.#addCount('prompt_tokens', promptTokens);
    this.#addPart('cached_tokens', cachedTokens, promptTokens);
    this.#addTiers(pools);
    this.#addCount('output_tokens', outputTokens);
    const guessing = pools.filter((pool) => this.#plan.pools[pool]!.engine.speculation !== undefined);
    const guessedSteps = this.#sum(guessing, (tally) => tally.decodeSeqSteps);
    this.#add('tokens_per_step', 'mean', this.#sum(guessing, (tally) => tally.outputTokens) / guessedSteps);
    this.#addCount('preemptions', preemptions);
    this.#addLoad(pools);
    this.#addEnergy(pools, peak);
    this.#addCosts(pools);
  }

  /** What was read from KV tiers and written to them, where there are any. */
  #addTiers(pools: readonly number[]): void {
    const prompt = this.#sum(pools, (tally) => tally.promptTokens);
    for (const { metric, tokens, figures } of tierFigures(this.#plan, pools, this.#pools.tallies)) {
      this.#addPart(metric, tokens, prompt);
      this.#addFigures(figures);
    }
  }

  #addPart(metric: keyof typeof METRICS, part: number, whole: number): void {
    this.#addCount(metric, part);
    this.#add(metric, 'share', part / whole, '1');
  }

  /** What pools finished, but for answers that were not good enough. */
  #served(pools: readonly number[]): number {
    return this.#sum(pools, (tally) => tally.finishedRequests - tally.escalatedRequests);
  }

  #addFigures(figures: readonly Figure[]): void {
    for (const [metric, statistic, value] of figures) this.#add(metric, statistic, value);
  }

  #addLoad(pools: readonly number[]): void {
    if (pools.some((pool) => comesAndGoes(this.#plan.pools[pool]!))) {
      this.#add('on_instances', 'mean', total(pools, (pool) => this.#onNs(pool)) / this.#windowNs);
    }
    const uses = pools.map((pool) =>
      resourceUse(this.#plan.pools[pool]!, this.#pools.tallies[pool]!, this.#onNs(pool)),
    );
    const busyNs = this.#sum(pools, (tally) => tally.busyNs);
    const prefillNs = this.#sum(pools, (tally) => tally.prefillNs);
    // A step counts where it ends: the one that began before the window can make a busy pool look more than busy.
    const busyShare = (index: number, tally: PoolTally) => Math.min(1, tally.busyNs / this.#onNs(index));
    this.#add('busy_share', 'mean', this.#byAccelerators(pools, busyShare));
    this.#add('prefill_share', 'mean', prefillNs / busyNs);
    this.#add('compute_use', 'mean', total(uses, (use) => use.flops) / total(uses, (use) => use.peakFlops));
    const bandwidthUse = total(uses, (use) => use.hbmBytes) / total(uses, (use) => use.peakHbmBytes);
    this.#add('memory_bandwidth_use', 'mean', bandwidthUse);
    const kvShare = (index: number, tally: PoolTally) =>
      tally.kvBlockNs / (this.#plan.pools[index]!.engine.kvBlocks * this.#onNs(index));
    this.#add('kv_use', 'mean', this.#byAccelerators(pools, kvShare));
    const blocksOf = ({ engine, instances }: PoolPlan) => engine.kvBlocks * instances;
    const kvMax = pools.map((index) => this.#pools.tallies[index]!.kvBlocksMax / blocksOf(this.#plan.pools[index]!));
    this.#add('kv_use', 'max', Math.max(...kvMax));
  }

  /** These figures rest on the watts of profiles, too. */
  #addEnergy(pools: readonly number[], peak: PeakDraw): void {
    if (!this.#plan.record.energy) return;
    const { grade } = this.#scope;
    const ofPower = pools.map((pool) => this.#plan.pools[pool]!.powerGrade);
    this.#scope = { ...this.#scope, grade: worstGrade([grade, ...ofPower]) };
    const energies = pools.map((pool) => ({ plan: this.#plan.pools[pool]!, tally: this.#pools.tallies[pool]! }));
    this.#addFigures(energyFigures(energies, peak, this.#windowNs));
    this.#scope = { ...this.#scope, grade };
  }

  #addCosts(pools: readonly number[]): void {
    const rents = this.#attributeCosts(pools.map((pool) => this.#usage(pool, this.#rentUsd(pool))));
    const lentUsd = total(pools, (pool) => this.#rentUsd(pool, this.#pools.tallies[pool]!.lentNs));
    this.#add('rent', 'total', rents.rentUsd + lentUsd);
    this.#add('idle_rent', 'total', rents.idleUsd);
    this.#add('idle_rent', 'share', rents.idleUsd / (rents.rentUsd + lentUsd), '1');
    const costs = this.#attributeCosts(pools.map((pool) => this.#usage(pool, this.#billsUsd[pool]!)));
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

  #usage(index: number, rentUsd: number): PoolUsage {
    const { busyNs, prefillNs, promptTokens, outputTokens } = this.#pools.tallies[index]!;
    return { rentUsd, instanceNs: this.#onNs(index), busyNs, prefillNs, promptTokens, outputTokens };
  }

  #rentUsd(index: number, onNs = this.#onNs(index)): number {
    return poolRentUsd(this.#plan.pools[index]!, onNs, paidRate(this.#plan, index, this.#onNs(index), this.#billsUsd));
  }

  /** Time switched on, summed over the instances of a pool: all of the window where none comes or goes. */
  #onNs(index: number): number {
    const pool = this.#plan.pools[index]!;
    return comesAndGoes(pool) ? this.#pools.tallies[index]!.onNs : pool.instances * this.#windowNs;
  }

  #sum(pools: readonly number[], counter: (tally: PoolTally) => number): number {
    return total(pools, (pool) => counter(this.#pools.tallies[pool]!));
  }

  /** Mean over pools, each with the weight of its accelerators: instances differ in size, blocks in bytes. */
  #byAccelerators(pools: readonly number[], share: (pool: number, tally: PoolTally) => number): number {
    const weight = (index: number) => {
      const pool = this.#plan.pools[index]!;
      return pool.instances * pool.acceleratorsPerInstance;
    };
    const weighted = total(pools, (index) => weight(index) * share(index, this.#pools.tallies[index]!));
    return weighted / total(pools, weight);
  }

  #scopeOf(
    scope: Scope,
    scopeName: string,
    pools: readonly number[],
  ): Pick<SummaryEntry, 'scope' | 'scopeName' | 'grade'> {
    this.#resting = pools.map((index) => this.#banded[index]!);
    return { scope, scopeName, grade: worstGrade(pools.map((index) => this.#plan.pools[index]!.grade)) };
  }

  #addCount(metric: keyof typeof METRICS, count: number): void {
    this.#add(metric, 'rate', count / (this.#windowNs / NS_PER_S), '1/s');
    this.#add(metric, 'total', count, '1');
  }

  /** A figure that nothing is known of (no request, no token, no capacity) is left out. */
  #add(metric: Metric, statistic: Statistic, value: number | undefined, unit = unitOf(metric)): void {
    if (value === undefined || !Number.isFinite(value)) return;
    const band = figureBand(metric, statistic, this.#resting);
    const { scope, scopeName, grade } = this.#scope;
    const entry = { scope, scopeName, metric, statistic, value, unit, halfWidth95: undefined, grade };
    this.entries.push(band === undefined ? entry : { ...entry, band });
  }
}
