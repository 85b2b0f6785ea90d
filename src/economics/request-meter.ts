import type { RunPlan } from '../sim/plan.ts';
import type { RowSink } from '../sim/ports.ts';
import type { AttemptColumns, RequestColumns } from '../sim/records.ts';
import { RequestStatus } from '../sim/records.ts';
import { NO_INSTANCE, NO_SESSION, TICKS_PER_NS } from '../sim/units.ts';
import type { PoolUse } from './accounts.ts';
import { METERING_NS } from './pool-meter.ts';
import { SessionMarks } from './session-marks.ts';

const SEEN = 1;
const FAILED = 2;
/** Of a session that began before the window: it is nobody's task here. */
const BOTH = 3;

/** What one workload asked for and got, counted where its requests left in the window. */
export interface WorkloadDemand {
  readonly servedRequests: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  /** Hidden reasoning included. */
  readonly outputTokens: number;
  /** Sessions whose first request left in the window; requests without a session are one each. */
  readonly tasks: number;
  /** Of these, the ones of which a request was rejected or missed an objective. */
  readonly failedTasks: number;
}

/** Whether a request met all that was promised of it. */
export type IsGood = (columns: RequestColumns, row: number) => boolean;

type MeteredPlan = Pick<RunPlan, 'warmUpNs' | 'horizonNs' | 'workloads'> & {
  readonly pools: readonly { readonly instances: number }[];
};

/**
 * Adds up what the requests that leave in the measured window took; give it to the simulation as a sink of requests.
 * A handful of additions a request, and nothing of it is kept.
 */
export class RequestMeter implements RowSink<RequestColumns> {
  readonly #plan: MeteredPlan;
  readonly #isGood: IsGood;
  readonly #poolOfInstance: Int32Array;
  /** By pool and workload. */
  readonly #uses: readonly UseTally[];
  readonly #demands: readonly DemandTally[];
  /** By pool, quarter of an hour and workload: resource time, ns. */
  readonly #quarters: readonly Float64Array[];
  /** Of requests in flight of which something has come to nothing: what other instances have spent on them, ns. */
  readonly #spentBefore = new Map<number, readonly [prefillNs: number, decodeNs: number]>();
  /** A sink for what came to nothing: it is charged to the pool that did it. */
  readonly attempts: RowSink<AttemptColumns> = { flush: (columns, rows) => this.#flushAttempts(columns, rows) };

  constructor(plan: MeteredPlan, isGood: IsGood) {
    this.#plan = plan;
    this.#isGood = isGood;
    this.#poolOfInstance = Int32Array.from(plan.pools.flatMap((p, pool) => Array<number>(p.instances).fill(pool)));
    this.#uses = plan.pools.flatMap((_, pool) => plan.workloads.map((__, workload) => new UseTally(pool, workload)));
    this.#demands = plan.workloads.map(() => new DemandTally());
    const quarters = Math.ceil((plan.horizonNs - plan.warmUpNs) / METERING_NS);
    this.#quarters = plan.pools.map(() => new Float64Array(quarters * plan.workloads.length));
  }

  /** Of every pool and workload where there is any. */
  get uses(): readonly PoolUse[] {
    return this.#uses.filter(({ requests, prefillNs, decodeNs }) => requests > 0 || prefillNs > 0 || decodeNs > 0);
  }

  /** One per workload of the plan. */
  get demands(): readonly WorkloadDemand[] {
    return this.#demands;
  }

  /** By pool and workload: resource time in the busiest quarter of an hour of the pool, ns. */
  peakNs(): number[][] {
    const workloads = this.#plan.workloads.length;
    return this.#quarters.map((resourceNs) => {
      let peak: number[] = [];
      for (let first = 0; first < resourceNs.length; first += workloads) {
        const quarter = [...resourceNs.subarray(first, first + workloads)];
        if (peak.length === 0 || sum(quarter) > sum(peak)) peak = quarter;
      }
      return peak.map((ns) => Math.max(0, ns));
    });
  }

  flush(columns: RequestColumns, rows: number): void {
    const { warmUpNs, horizonNs } = this.#plan;
    for (let row = 0; row < rows; row++) {
      const finishNs = columns.finishNs[row]!;
      if (finishNs >= horizonNs) continue;
      if (finishNs < warmUpNs) this.#skip(columns, row);
      else this.#count(columns, row);
    }
  }

  #skip(columns: RequestColumns, row: number): void {
    const session = columns.session[row]!;
    if (session !== NO_SESSION) this.#demands[columns.workload[row]!]!.sessions.add(session, BOTH);
  }

  #count(columns: RequestColumns, row: number): void {
    const workload = columns.workload[row]!;
    const demand = this.#demands[workload]!;
    demand.addTask(columns.session[row]!, this.#isGood(columns, row));
    if (columns.status[row] !== RequestStatus.served) return;
    const cachedTokens = columns.cachedTokens[row]!;
    const inputTokens = columns.promptTokens[row]! - cachedTokens;
    const outputTokens = columns.outputTokens[row]!;
    demand.servedRequests++;
    demand.inputTokens += inputTokens;
    demand.cachedTokens += cachedTokens;
    demand.outputTokens += outputTokens;
    const decodePool = this.#poolOfInstance[columns.instance[row]!]!;
    const prefillInstance = columns.prefillInstance[row]!;
    const prefillPool = prefillInstance === NO_INSTANCE ? decodePool : this.#poolOfInstance[prefillInstance]!;
    const [prefillBeforeNs, decodeBeforeNs] = this.#takeSpent(columns.request[row]!);
    const prefillNs = columns.prefillTicks[row]! / TICKS_PER_NS - prefillBeforeNs;
    const decodeNs = columns.decodeTicks[row]! / TICKS_PER_NS - decodeBeforeNs;
    const workloads = this.#plan.workloads.length;
    const prefill = this.#uses[prefillPool * workloads + workload]!;
    prefill.requests++;
    prefill.addPrompt(inputTokens, cachedTokens, prefillNs);
    const decode = this.#uses[decodePool * workloads + workload]!;
    if (decode !== prefill) decode.requests++;
    decode.addOutput(outputTokens, columns.reasoningTokens[row]!, decodeNs);
    const quarter = Math.floor((columns.finishNs[row]! - this.#plan.warmUpNs) / METERING_NS);
    this.#quarters[prefillPool]![quarter * workloads + workload]! += prefillNs;
    this.#quarters[decodePool]![quarter * workloads + workload]! += decodeNs;
  }

  #takeSpent(request: number): readonly [prefillNs: number, decodeNs: number] {
    if (this.#spentBefore.size === 0) return NOTHING_SPENT;
    const spent = this.#spentBefore.get(request) ?? NOTHING_SPENT;
    this.#spentBefore.delete(request);
    return spent;
  }

  #flushAttempts(columns: AttemptColumns, rows: number): void {
    const { warmUpNs, horizonNs, workloads } = this.#plan;
    for (let row = 0; row < rows; row++) {
      const request = columns.request[row]!;
      const [prefillBeforeNs, decodeBeforeNs] = this.#spentBefore.get(request) ?? NOTHING_SPENT;
      const prefillNs = columns.prefillTicks[row]! / TICKS_PER_NS;
      const decodeNs = columns.decodeTicks[row]! / TICKS_PER_NS;
      this.#spentBefore.set(request, [prefillNs, decodeNs]);
      const endNs = columns.endNs[row]!;
      if (endNs < warmUpNs || endNs >= horizonNs) continue;
      const workload = columns.workload[row]!;
      const decodePool = this.#poolOfInstance[columns.instance[row]!]!;
      const prefillInstance = columns.prefillInstance[row]!;
      const prefillPool = prefillInstance === NO_INSTANCE ? decodePool : this.#poolOfInstance[prefillInstance]!;
      const quarter = Math.floor((endNs - warmUpNs) / METERING_NS);
      this.#uses[prefillPool * workloads.length + workload]!.prefillNs += prefillNs - prefillBeforeNs;
      this.#uses[decodePool * workloads.length + workload]!.decodeNs += decodeNs - decodeBeforeNs;
      this.#quarters[prefillPool]![quarter * workloads.length + workload]! += prefillNs - prefillBeforeNs;
      this.#quarters[decodePool]![quarter * workloads.length + workload]! += decodeNs - decodeBeforeNs;
    }
  }
}

const NOTHING_SPENT = [0, 0] as const;

class UseTally implements PoolUse {
  readonly pool: number;
  readonly workload: number;
  requests = 0;
  prefillNs = 0;
  decodeNs = 0;
  reasoningNs = 0;
  inputTokens = 0;
  cachedTokens = 0;
  outputTokens = 0;
  reasoningTokens = 0;

  constructor(pool: number, workload: number) {
    this.pool = pool;
    this.workload = workload;
  }

  addPrompt(inputTokens: number, cachedTokens: number, prefillNs: number): void {
    this.inputTokens += inputTokens;
    this.cachedTokens += cachedTokens;
    this.prefillNs += prefillNs;
  }

  /** Hidden tokens take as long as the others of their request. */
  addOutput(tokens: number, reasoningTokens: number, decodeNs: number): void {
    this.outputTokens += tokens - reasoningTokens;
    this.reasoningTokens += reasoningTokens;
    this.decodeNs += decodeNs;
    if (tokens > 0) this.reasoningNs += decodeNs * (reasoningTokens / tokens);
  }
}

class DemandTally implements WorkloadDemand {
  servedRequests = 0;
  inputTokens = 0;
  cachedTokens = 0;
  outputTokens = 0;
  tasks = 0;
  failedTasks = 0;
  readonly sessions = new SessionMarks();

  addTask(session: number, isGood: boolean): void {
    const marks = session === NO_SESSION ? 0 : this.sessions.add(session, isGood ? SEEN : BOTH);
    if ((marks & SEEN) === 0) this.tasks++;
    if (!isGood && (marks & FAILED) === 0) this.failedTasks++;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
