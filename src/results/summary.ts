import { GRADES } from '../sim/plan.ts';
import type { Grade } from '../sim/plan.ts';

/** What a figure is about. */
export const SCOPES = ['fleet', 'region', 'pool', 'workload', 'class', 'background', 'commitment', 'domain'] as const;
export type Scope = (typeof SCOPES)[number];

/** The name of the one scope of kind `fleet`. */
export const FLEET = 'fleet';

export type Unit =
  'ms' | 's' | 'h' | '1/s' | '1' | 'B' | 'W' | 'J' | 'Wh' | 'kWh' | 'g' | 'Mtok' | 'USD' | 'USD/Mtok' | 'tok/USD/W';

export interface MetricDefinition {
  readonly unit: Unit;
  readonly meaning: string;
}

/** Every figure a run is summarised in; objectives of a class add one metric each, see `objectiveMetric`. */
export const METRICS = {
  ttft: { unit: 'ms', meaning: 'time to first token: from the send of the request to the receipt of its first token' },
  tpot: { unit: 'ms', meaning: '(E2E − TTFT) / (output tokens − 1), one number per request of two tokens or more' },
  e2e: { unit: 'ms', meaning: 'from the send of the request to the receipt of its last token' },
  queue: { unit: 'ms', meaning: 'from the send of the request to the start of the first step that computes it' },
  arrived_requests: { unit: '1/s', meaning: 'requests sent; per region and pool: the ones routed there' },
  served_requests: { unit: '1/s', meaning: 'requests whose last token was produced' },
  rejected_requests: { unit: '1', meaning: 'requests turned away, of those that arrived' },
  throttled_requests: { unit: '1', meaning: 'of these, the ones beyond the rate of their tenant' },
  queue_full_requests: { unit: '1', meaning: 'of these, the ones for which too many others waited' },
  shed_requests: { unit: '1', meaning: 'of these, the ones that would have come too late' },
  evictions: { unit: '1', meaning: 'instances that were asked back, over the whole run' },
  lost_attempts: { unit: '1', meaning: 'requests that an instance had when it was taken away, over the whole run' },
  lost_output_tokens: { unit: '1', meaning: 'output tokens that had to be generated again for that' },
  escalated_requests: { unit: '1', meaning: 'served requests that more than one model answered' },
  wrong_answers: { unit: '1', meaning: 'served requests whose answer is wrong, of those whose models take turns' },
  prompt_tokens: { unit: '1/s', meaning: 'input tokens, cached ones included, counted when the prompt is complete' },
  cached_tokens: { unit: '1/s', meaning: 'the input tokens found in the prefix cache or in a KV tier' },
  loaded_tokens: { unit: '1/s', meaning: 'the input tokens read from a KV tier' },
  dram_tokens: { unit: '1/s', meaning: 'the input tokens asked of the memory of hosts' },
  dram_read: { unit: 'B', meaning: 'KV cache asked of the memory of hosts' },
  dram_written: { unit: 'B', meaning: 'KV cache given to the memory of hosts' },
  ssd_tokens: { unit: '1/s', meaning: 'the input tokens asked of the local drives' },
  ssd_read: { unit: 'B', meaning: 'KV cache asked of the local drives' },
  ssd_written: { unit: 'B', meaning: 'KV cache given to the local drives' },
  remote_tokens: { unit: '1/s', meaning: 'the input tokens asked of the stores behind the network' },
  remote_read: { unit: 'B', meaning: 'KV cache asked of the stores behind the network' },
  remote_written: { unit: 'B', meaning: 'KV cache given to the stores behind the network' },
  output_tokens: { unit: '1/s', meaning: 'generated tokens, hidden reasoning included' },
  tokens_per_step: {
    unit: '1',
    meaning: 'output tokens over the steps of all decoding sequences, where tokens are guessed',
  },
  preemptions: { unit: '1/s', meaning: 'requests put back into the queue to make room in the KV cache' },
  goodput: { unit: '1/s', meaning: 'requests that met every objective of their class' },
  slo_attainment: { unit: '1', meaning: 'requests that met every objective, of those that arrived' },
  requests_on_time: { unit: '1', meaning: 'requests served by their deadline, of those that have one' },
  jobs_on_time: { unit: '1', meaning: 'batch jobs whose requests of the measured window all were' },
  on_instances: { unit: '1', meaning: 'instances switched on' },
  busy_share: { unit: '1', meaning: 'instance time spent in steps, of the time switched on' },
  prefill_share: { unit: '1', meaning: 'what prefill added to step time, of the time spent in steps' },
  compute_use: { unit: '1', meaning: 'achieved FLOP/s, of the dense peak' },
  memory_bandwidth_use: { unit: '1', meaning: 'achieved HBM bytes/s, of the peak' },
  kv_use: { unit: '1', meaning: 'KV blocks held at the end of an interval, of all KV blocks' },
  accelerator_power: { unit: 'W', meaning: 'draw of one accelerator that is switched on' },
  site_power: { unit: 'W', meaning: 'draw of everything: accelerators, servers, network, cooling and conversion' },
  domain_power: {
    unit: 'W',
    meaning:
      'draw that the instances of a power domain share a budget for, when telemetry was taken; its limit is the budget',
  },
  over_budget: { unit: 's', meaning: 'telemetry intervals that began with a draw over the budget' },
  braked: { unit: 's', meaning: 'time for which the hardware held clocks down by itself' },
  brakes: { unit: '1', meaning: 'how often the hardware began to hold clocks down by itself' },
  accelerator_energy: { unit: 'kWh', meaning: 'what all accelerators took, in steps and between them' },
  prefill_energy: { unit: 'kWh', meaning: 'of this, what prefill added to the energy of steps' },
  idle_energy: { unit: 'kWh', meaning: 'of this, what they took while no step was in progress' },
  host_energy: { unit: 'kWh', meaning: 'what servers without their accelerators and the network took' },
  facility_energy: { unit: 'kWh', meaning: 'what cooling and conversion added' },
  site_energy: { unit: 'kWh', meaning: 'what everything took together, background work included' },
  pue: { unit: '1', meaning: 'energy of everything, over that of accelerators, servers and network' },
  output_token_energy: { unit: 'J', meaning: 'energy per output token' },
  token_energy: { unit: 'J', meaning: 'energy per input or output token, cached ones included' },
  request_energy: { unit: 'Wh', meaning: 'energy per served request, at the meter of the site' },
  rent: {
    unit: 'USD',
    meaning: 'rent of every rented accelerator that is switched on or lent, over the measured window',
  },
  idle_rent: { unit: 'USD', meaning: 'the part of the rent that fell on time without a step' },
  input_cost: { unit: 'USD/Mtok', meaning: 'cost caused by prefill per million input tokens, cached ones included' },
  output_cost: { unit: 'USD/Mtok', meaning: 'cost caused by decoding per million output tokens' },
  blended_cost: { unit: 'USD/Mtok', meaning: 'cost per million input and output tokens together' },
  uncached_input_cost: { unit: 'USD/Mtok', meaning: 'cost caused by prefill per million input tokens not cached' },
  reasoning_cost: { unit: 'USD/Mtok', meaning: 'cost caused by decoding per million tokens of hidden reasoning' },
  bill: { unit: 'USD', meaning: 'all that the measured window cost, on the cost basis of the scenario' },
  idle_bill: { unit: 'USD', meaning: 'the part of the bill that fell on time without a step' },
  rent_bill: { unit: 'USD', meaning: 'rent in the bill, by the hour and by commitments that were used' },
  it_bill: { unit: 'USD', meaning: 'capital of owned servers, network and storage in the bill' },
  building_bill: { unit: 'USD', meaning: 'capital of the building around them' },
  maintenance_bill: { unit: 'USD', meaning: 'maintenance of what is owned' },
  staff_bill: { unit: 'USD', meaning: 'people for what is owned' },
  energy_bill: { unit: 'USD', meaning: 'electricity of what is owned, at the price of the moment' },
  demand_bill: { unit: 'USD', meaning: 'the window’s part of the charge for the highest draw of the month' },
  unused_bill: { unit: 'USD', meaning: 'commitments that were paid for and not used' },
  owned_hour: { unit: 'USD', meaning: 'what an owned accelerator costs per hour, fixed costs of the pool left out' },
  least_use: {
    unit: '1',
    meaning: 'share of the owned hours that must have work for owning to pay, against rent by the hour',
  },
  break_even_on_demand: {
    unit: 'h',
    meaning: 'accelerator hours of work a month from which owning is cheaper than rent by the hour; absent: never',
  },
  break_even_committed: {
    unit: 'h',
    meaning: 'the same against committed rent, which is due for idle hours, too',
  },
  commitment_coverage: { unit: '1', meaning: 'accelerator hours that a commitment covered, of those its pools needed' },
  commitment_use: { unit: '1', meaning: 'accelerator hours that were used, of those committed' },
  lent_time: { unit: 'h', meaning: 'accelerator hours that background work had' },
  useful_time: { unit: 'h', meaning: 'of these, the ones of work that was not lost' },
  recalls: { unit: '1', meaning: 'instances that were called back from background work' },
  background_value: { unit: 'USD', meaning: 'useful hours times what an hour of background work is worth' },
  background_bill: { unit: 'USD', meaning: 'the part of the bill that fell on the time that was lent' },
  background_energy: { unit: 'kWh', meaning: 'energy of the time that was lent, at the meter of the site' },
  background_carbon: { unit: 'g', meaning: 'CO2-equivalent of this' },
  answer_cost: { unit: 'USD', meaning: 'cost, and what judges take, per request served' },
  right_answer_cost: { unit: 'USD', meaning: 'the same per request that was answered rightly' },
  request_cost: { unit: 'USD', meaning: 'cost per request that left in the window' },
  task_cost: { unit: 'USD', meaning: 'cost per task: a session, or a request without one' },
  successful_task_cost: { unit: 'USD', meaning: 'cost of all tasks per task whose requests all met their objectives' },
  task_tokens: { unit: '1', meaning: 'tokens per task, input, cached input and output' },
  task_accelerator_time: { unit: 's', meaning: 'accelerator time in steps per task' },
  request_carbon: { unit: 'g', meaning: 'CO2-equivalent per request' },
  carbon: { unit: 'g', meaning: 'CO2-equivalent of all energy' },
  tokens_per_usd_per_watt: { unit: 'tok/USD/W', meaning: 'tokens / bill / mean draw at the meter of the site' },
  revenue: { unit: 'USD', meaning: 'what customers pay for the requests that left in the window' },
  gross_margin: { unit: '1', meaning: '1 − cost / revenue, idle time included in the cost' },
  losing_users: { unit: '1', meaning: 'users of a flat fee whose tokens cost more than it' },
  heaviest_tenth_margin: { unit: 'USD', meaning: 'fee less cost of a user of the heaviest tenth, per month' },
  break_even_cap: { unit: 'Mtok', meaning: 'monthly cap with which users of a flat fee cost what they pay' },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export function unitOf(metric: Metric): Unit {
  return Object.hasOwn(METRICS, metric) ? METRICS[metric as keyof typeof METRICS].unit : '1';
}

export type ObjectiveMetric = `${'ttft' | 'tpot' | 'e2e'}_p${string}_objective`;
/** Which share of the requests a model answered. */
export type AnsweredMetric = `answered_by_${string}`;
export type Metric = keyof typeof METRICS | ObjectiveMetric | AnsweredMetric;

/** How a figure was condensed. */
export const STATISTICS = {
  mean: 'arithmetic mean; over time for shares of a resource',
  p50: 'median',
  p90: '90th percentile',
  p95: '95th percentile',
  p99: '99th percentile',
  max: 'largest value at the end of an interval; of draws, the largest mean of an interval',
  rate: 'per second of the measured window',
  total: 'sum over the measured window; of power domains, over the whole run',
  share: 'part of the whole, in [0, 1]',
  target: 'what the scenario asks for: a share of requests',
  limit: 'what the scenario asks for: a latency, or the lowest budget of a power domain',
  met: '1 when the share reached the target, else 0; over seeds: the share of them that did',
  accelerators: 'of the accelerators alone, idle ones included',
  site: 'with servers, network, cooling and conversion',
  fully_loaded: 'cost of idle time included, by the idle rule of the scenario',
  busy_only: 'cost of the busy time alone',
} as const;
export type Statistic = keyof typeof STATISTICS;

/** One figure: a row of summary.arrow. */
export interface SummaryEntry {
  readonly scope: Scope;
  readonly scopeName: string;
  readonly metric: Metric;
  readonly statistic: Statistic;
  readonly value: number;
  readonly unit: Unit;
  /** Half-width of the 95 % confidence interval over seeds; undefined when there is one seed. */
  readonly halfWidth95: number | undefined;
  readonly grade: Grade;
  /** How far the model may be off; absent for figures that no measurement is like. */
  readonly band?: ErrorBand;
}

/** What validation knows of the error of a figure. */
export interface ErrorBand {
  /** Half-width of the 80 % band as a share of the figure; absent where the model's error does not decide it. */
  readonly halfWidth: number | undefined;
  /** What it rests on: `measured on h100-sxm`, `set by demand`. */
  readonly basis: string;
}

/** Of a figure without a band. */
export const NO_BAND = 'no band';

/** What one run, or one scenario over its seeds, delivers. A figure nothing is known of (no request, no token) is absent. */
export type RunSummary = readonly SummaryEntry[];

export function findEntry(
  summary: RunSummary,
  scope: Scope,
  scopeName: string,
  metric: Metric,
  statistic: Statistic,
): SummaryEntry | undefined {
  return summary.find(
    (entry) =>
      entry.scope === scope &&
      entry.scopeName === scopeName &&
      entry.metric === metric &&
      entry.statistic === statistic,
  );
}

/** A figure of the whole fleet. */
export function fleetValue(summary: RunSummary, metric: Metric, statistic: Statistic): number | undefined {
  return findEntry(summary, 'fleet', FLEET, metric, statistic)?.value;
}

/** Names of one kind of scope, in the order of the plan. */
export function scopeNames(summary: RunSummary, scope: Scope): readonly string[] {
  return [...new Set(summary.filter((entry) => entry.scope === scope).map((entry) => entry.scopeName))];
}

/** The worst grade the figures rest on. */
export function worstGrade(grades: Iterable<Grade>): Grade {
  let worst = 0;
  for (const grade of grades) worst = Math.max(worst, GRADES.indexOf(grade));
  return GRADES[worst]!;
}

/** `p95` for 0.95, `p99_9` for 0.999. */
export function quantileName(quantile: number): `p${string}` {
  return `p${String(Number((quantile * 100).toPrecision(12))).replace('.', '_')}`;
}

/** How many requests of a class kept one objective: statistics `share`, `target`, `limit` (ms) and `met`. */
export function objectiveMetric(objective: {
  readonly metric: 'ttft' | 'tpot' | 'e2e';
  readonly quantile: number;
}): ObjectiveMetric {
  return `${objective.metric}_${quantileName(objective.quantile)}_objective`;
}

const UNIT_SUFFIX: Readonly<Record<Unit, string>> = {
  ms: '_ms',
  s: '_s',
  h: '_hours',
  '1/s': '_per_s',
  '1': '',
  B: '_bytes',
  W: '_watts',
  J: '_joules',
  Wh: '_wh',
  kWh: '_kwh',
  g: '_g',
  Mtok: '_million_tokens',
  // The metric says it.
  'tok/USD/W': '',
  USD: '_usd',
  'USD/Mtok': '_usd_per_million_tokens',
};

/** The key of a figure in a JSON document: `ttft_p99_ms`, `output_tokens_per_s`, `rent_total_usd`. */
export function jsonKey(entry: Pick<SummaryEntry, 'metric' | 'statistic' | 'unit'>): string {
  const statistic = entry.statistic === 'rate' ? '' : `_${entry.statistic}`;
  return `${entry.metric}${statistic}${UNIT_SUFFIX[entry.unit]}`;
}
