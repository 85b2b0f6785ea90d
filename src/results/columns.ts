/**
 * The one list of what the result files hold. Schemas, field metadata, buffers and the tables of docs/results.md follow
 * from it.
 */

/** Raised when a column is renamed, removed or changes its meaning; new columns do not raise it. */
export const SCHEMA_VERSION = 1;

/**
 * - `timestamp`: moment in UTC, whole nanoseconds since 1970
 * - `name`: one of a few texts, dictionary-encoded
 */
export type ColumnKind = 'timestamp' | 'int64' | 'int32' | 'float64' | 'boolean' | 'name';

export interface Column {
  readonly kind: ColumnKind;
  /** Empty for counts, names and shares. */
  readonly unit: string;
  readonly meaning: string;
  /** Absent: every row has a value. */
  readonly nullable?: boolean;
}

export type ColumnList = Readonly<Record<string, Column>>;

const name = (meaning: string) => ({ kind: 'name', unit: '', meaning }) as const;
const count = (meaning: string) => ({ kind: 'int32', unit: '', meaning }) as const;
const perSecond = (meaning: string) => ({ kind: 'float64', unit: '1/s', meaning }) as const;
const share = (meaning: string) => ({ kind: 'float64', unit: '', meaning }) as const;
const bytes = (meaning: string) => ({ kind: 'float64', unit: 'B', meaning }) as const;
const nullable = (unit: string, meaning: string) => ({ kind: 'float64', unit, nullable: true, meaning }) as const;
const amount = (unit: string, meaning: string) => ({ kind: 'float64', unit, meaning }) as const;
const nullableMs = (meaning: string) => ({ kind: 'float64', unit: 'ms', nullable: true, meaning }) as const;

/** requests.arrow: one row per request, in the order in which requests leave. */
export const REQUEST_COLUMNS = {
  request: { kind: 'int64', unit: '', meaning: 'running number in order of arrival, from 0' },
  session: { kind: 'int64', unit: '', meaning: 'the conversation it belongs to; −1 for none' },
  workload: name('the workload that sent it'),
  class: name('class of service objectives; empty for none'),
  region: name('where it was served; empty when rejected'),
  pool: name('where it was served; empty when rejected'),
  instance: count('the engine that served it, numbered over all pools in the order of the plan; −1 when rejected'),
  prefill_instance: count('the engine that computed its prompt and handed it over; −1 when one engine did everything'),
  model: name('the model that answered it; when it was turned away, the one it would have asked'),
  accelerator: name('what it was served on; empty when rejected'),
  status: name(
    'served; rejected: no instance could ever run it; or turned away by an admission policy: throttled, queue-full, shed',
  ),
  arrival: { kind: 'timestamp', unit: '', meaning: 'the client sends' },
  held_ms: {
    kind: 'float64',
    unit: 'ms',
    meaning:
      'arrival to the moment when it was sent to an instance, or turned away: time for which it was deferred, or no instance was ready',
  },
  queue_ms: nullableMs('arrival to the start of the first step that computes it; null when rejected'),
  ttft_ms: nullableMs('arrival to the receipt of the first token; null when rejected'),
  tpot_ms: nullableMs('(E2E − TTFT) / (output tokens − 1); null when rejected or of one output token'),
  transfer_ms: nullableMs(
    'end of its prefill to the end of its KV transfer, the wait for room and link included; null when it was not handed over',
  ),
  e2e_ms: nullableMs('arrival to the receipt of the last token; null when rejected'),
  prompt_tokens: count('input tokens, cached ones included'),
  cached_tokens: count('input tokens found in the prefix cache or in a KV tier'),
  loaded_tokens: count('of these, the ones read from a KV tier'),
  output_tokens: count('tokens it asks for, hidden reasoning included; generated only when served'),
  reasoning_tokens: count('the hidden share of the output tokens'),
  preemptions: count('times it was put back into the queue'),
  attempts: count('models that computed an answer; queue_ms and tokens are those of the last one'),
  wrong: {
    kind: 'boolean',
    unit: '',
    nullable: true,
    meaning: 'the answer is wrong; null without a modelRouting, and when it was not served',
  },
  prefill_ns: nullable('ns', 'its share of step time for computing its prompt; null when not recorded'),
  decode_ns: nullable('ns', 'its share of step time for decoding, see engine.md; null when not recorded'),
  met_slo: {
    kind: 'boolean',
    unit: '',
    nullable: true,
    meaning: 'kept the limit of every objective of its class; false when rejected; null without a class',
  },
} as const satisfies ColumnList;

/** timeline.arrow: one row per interval and pool. */
export const TIMELINE_COLUMNS = {
  start: { kind: 'timestamp', unit: '', meaning: 'start of the interval' },
  interval_s: { kind: 'float64', unit: 's', meaning: 'length of the interval' },
  region: name('region of the pool'),
  pool: name('the pool'),
  arrived_requests_per_s: perSecond('requests that came to the pool from clients'),
  finished_requests_per_s: perSecond('requests whose last step ended'),
  prompt_tokens_per_s: perSecond('input tokens of requests whose prefill was completed, cached ones included'),
  cached_tokens_per_s: perSecond('of these, the ones found in the prefix cache or in a KV tier'),
  loaded_tokens_per_s: perSecond('of these, the ones read from a KV tier'),
  output_tokens_per_s: perSecond('tokens generated'),
  waiting_requests: count('sent to an instance and not in its running batch, at the end of the interval'),
  running_requests: count('in the running batches, at the end of the interval'),
  ready_instances: count('instances that take requests, at the end of the interval'),
  on_s: { kind: 'float64', unit: 's', meaning: 'time switched on, summed over the instances of the pool' },
  kv_use: share('KV blocks held at the end of the interval, of all KV blocks'),
  busy_share: share(
    'instance time in steps, of the time switched on; a step counts where it ends, so an interval shorter than a step can pass 1',
  ),
  prefill_share: share('what prefill added to step time, of the time in steps; 0 when there was none'),
  compute_use: share('achieved FLOP/s, of the dense peak'),
  memory_bandwidth_use: share('achieved HBM bytes/s, of the peak'),
  idle_s: nullable('s', 'of on_s, without a step in progress; null when energy is not recorded, as what follows of it'),
  asleep_s: nullable('s', 'of idle_s, while the accelerators slept'),
  accelerator_watts: nullable('W', 'draw of one accelerator that is on; a step counts where it ends'),
  busy_joules: nullable('J', 'energy of the accelerators in steps'),
  prefill_joules: nullable('J', 'of this, what prefill added to the energy of steps'),
  idle_joules: nullable('J', 'energy of the accelerators between steps'),
  host_joules: nullable('J', 'energy of servers without their accelerators, and of the network'),
  facility_joules: nullable('J', 'energy that cooling and conversion added'),
  lent_s: nullable('s', 'instance time that background work had; null where there is none, as what follows of it'),
  useful_s: nullable(
    's',
    'of this, what it worked, less what was lost; negative where work of earlier intervals was lost',
  ),
  recalls: nullable('', 'instances that were called back from it in the interval'),
  background_joules: nullable('J', 'energy of the time that was lent, at the meter of the site'),
  clock_share: nullable(
    '',
    'mean over instances and time of the clocks in effect, of the highest; null without `power:`',
  ),
  cap_watts: nullable('W', 'mean likewise of the caps of an accelerator; none is its TDP; null likewise'),
  preemptions: count('requests put back into the queue'),
  kv_transfer_bytes: bytes('KV cache that the links out of the pool have moved: transfers that ended in the interval'),
  dram_read_bytes: bytes('KV cache asked of the memory of hosts in the interval'),
  dram_written_bytes: bytes('KV cache given to the memory of hosts in the interval'),
  ssd_read_bytes: bytes('KV cache asked of the local drives in the interval'),
  ssd_written_bytes: bytes('KV cache given to the local drives in the interval'),
  remote_read_bytes: bytes('KV cache asked of the stores behind the network in the interval'),
  remote_written_bytes: bytes('KV cache given to the stores behind the network in the interval'),
  rent_usd: {
    kind: 'float64',
    unit: 'USD',
    meaning: 'rent of every accelerator of the pool that is switched on, idle or not, or lent',
  },
  price_usd_per_kwh: { kind: 'float64', unit: 'USD/kWh', meaning: 'price of electricity in the region' },
  carbon_g_per_kwh: {
    kind: 'float64',
    unit: 'g/kWh',
    nullable: true,
    meaning: 'CO2-equivalent of electricity in the region; null where it is not known',
  },
} as const satisfies ColumnList;

/** cost.arrow: who caused what the measured window cost. */
export const COST_COLUMNS = {
  region: name('region of the pool; empty for commitments that no pool uses'),
  pool: name('the pool that was paid for; empty likewise'),
  accelerator: name('what the pool consists of; empty likewise'),
  workload: name('the workload or background tenant that caused it; empty for idle time and unused commitments'),
  class: name('class of service objectives of the workload; empty for none'),
  kind: name('input, cached, output (shown), reasoning (hidden), unfinished, idle, background or unused'),
  requests: amount('', 'requests of the workload that left in the window, which the pool served'),
  tokens: amount('', 'their tokens of this kind'),
  resource_s: amount('s', 'instance time in steps that they took; of idle rows, instance time without a step'),
  usd: amount('USD', 'caused directly; these add up to the bill'),
  loaded_usd: amount(
    'USD',
    'its share of what is idle or unused; with usd of the other rows these add up to the bill, too',
  ),
  joules: amount('J', 'energy at the meter of the site, caused directly'),
  loaded_joules: amount('J', 'its share of the energy of idle time'),
  carbon_g: amount('g', 'CO2-equivalent of these joules; 0 where the region says nothing of carbon'),
  loaded_carbon_g: amount('g', 'its share of the CO2-equivalent of idle time'),
} as const satisfies ColumnList;

/** summary.arrow: one row per figure. */
export const SUMMARY_COLUMNS = {
  scope: name('fleet, region, pool, workload, class, background, commitment or domain'),
  scope_name: name('which one'),
  metric: name('what was measured'),
  statistic: name('how it was condensed'),
  value: { kind: 'float64', unit: '', meaning: 'the figure, in the unit of the column unit' },
  unit: name('unit of the value; 1 for counts and shares'),
  half_width_95: {
    kind: 'float64',
    unit: '',
    nullable: true,
    meaning: 'half-width of the 95 % confidence interval over seeds, in the same unit; null when there is one seed',
  },
  grade: name('the worst grade of the profile numbers the figure rests on'),
  band_80: {
    kind: 'float64',
    unit: '',
    nullable: true,
    meaning: 'half-width of the 80 % band of the model’s error, as a share of the value; null when there is none',
  },
  band_basis: name('what the band rests on, or why there is none; `no band` for what was never validated'),
} as const satisfies ColumnList;

export const RESULT_TABLES = {
  requests: REQUEST_COLUMNS,
  timeline: TIMELINE_COLUMNS,
  summary: SUMMARY_COLUMNS,
  cost: COST_COLUMNS,
} as const satisfies Readonly<Record<string, ColumnList>>;
export type ResultTable = keyof typeof RESULT_TABLES;

export const fileNameOf = (table: ResultTable) => `${table}.arrow`;

/** The texts that each `name` column can hold, all of them, before the first row. */
export type NamesOf<List extends ColumnList> = {
  readonly [Name in keyof List as List[Name]['kind'] extends 'name' ? Name : never]: readonly string[];
};
