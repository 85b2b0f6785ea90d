import type { RowSink } from '../sim/ports.ts';
import type { PoolPlan, RunPlan } from '../sim/plan.ts';
import { REQUEST_STATUS_NAMES, type RequestColumns, RequestStatus } from '../sim/records.ts';
import { NO_INSTANCE, NS_PER_MS, TICKS_PER_NS } from '../sim/units.ts';
import { REQUEST_COLUMNS } from './columns.ts';
import { NO_CLASS, classOfWorkloads, metObjectives, perRequestObjectives } from './slo.ts';
import type { NameBuffer } from './name-buffer.ts';
import { TableFile } from './table-file.ts';
import type { FileIdentity, WrittenTable } from './table-file.ts';

/** Where a rejected request was served, and the class of a request without objectives. */
const NOWHERE = '';

/** requests.arrow: give it to the simulation as its sink of requests, then close it. */
export class RequestsFile implements RowSink<RequestColumns> {
  readonly #file: TableFile<typeof REQUEST_COLUMNS>;
  readonly #classOfWorkload: Int32Array;
  readonly #objectivesOfClass: readonly ReturnType<typeof perRequestObjectives>[];
  readonly #codes: ReturnType<typeof codesOf>;
  readonly #recordsShares: boolean;
  /** By workload, whether it is known which answers are right. */
  readonly #judged: readonly boolean[];

  /** @param path must not exist yet */
  constructor(path: string, plan: RunPlan, identity: FileIdentity) {
    const names = {
      workload: plan.workloads.map((workload) => workload.name),
      class: [NOWHERE, ...plan.slos.map((slo) => slo.class)],
      region: [NOWHERE, ...plan.regions.map((region) => region.name)],
      pool: [NOWHERE, ...plan.pools.map((pool) => pool.name)],
      model: plan.models,
      accelerator: [NOWHERE, ...plan.pools.map((pool) => pool.accelerator)],
      status: REQUEST_STATUS_NAMES,
    };
    this.#file = new TableFile(path, REQUEST_COLUMNS, names, 0, identity);
    this.#file.buffers.arrival.setOrigin(Date.parse(plan.start));
    this.#classOfWorkload = classOfWorkloads(plan);
    this.#objectivesOfClass = plan.slos.map(perRequestObjectives);
    this.#codes = codesOf(plan, this.#file.buffers);
    this.#recordsShares = plan.record.shares;
    this.#judged = plan.workloads.map(({ modelRouting }) => modelRouting !== undefined);
  }

  get rows(): number {
    return this.#file.rows;
  }

  flush(columns: RequestColumns, rows: number): void {
    const buffers = this.#file.buffers;
    this.#file.reserve(rows);
    buffers.request.setAll(columns.request, rows);
    buffers.session.setAll(columns.session, rows);
    buffers.arrival.setAll(columns.arrivalNs, rows);
    buffers.instance.setAll(columns.instance, rows);
    buffers.prefill_instance.setAll(columns.prefillInstance, rows);
    buffers.prompt_tokens.setAll(columns.promptTokens, rows);
    buffers.cached_tokens.setAll(columns.cachedTokens, rows);
    buffers.loaded_tokens.setAll(columns.loadedTokens, rows);
    buffers.output_tokens.setAll(columns.outputTokens, rows);
    buffers.reasoning_tokens.setAll(columns.reasoningTokens, rows);
    buffers.preemptions.setAll(columns.preemptions, rows);
    this.#setShares(columns, rows);
    buffers.attempts.setAll(columns.attempts, rows);
    buffers.held_ms.setSpans(columns.arrivalNs, columns.sentNs, NS_PER_MS, rows);
    const allServed = columns.status.subarray(0, rows).every((status) => status === RequestStatus.served);
    this.#setNames(columns, rows, allServed);
    this.#setLatencies(columns, rows, allServed);
    this.#setTransfers(columns, rows);
    this.#setSlo(columns, rows);
    this.#setWrong(columns, rows);
    this.#file.writeBatch(rows);
  }

  close(): WrittenTable {
    return this.#file.close();
  }

  #setNames(columns: RequestColumns, rows: number, allServed: boolean): void {
    const buffers = this.#file.buffers;
    const codes = this.#codes;
    buffers.status.setAll(codes.status, columns.status, rows);
    buffers.workload.setAll(codes.workload, columns.workload, rows);
    buffers.class.setAll(codes.classOfWorkload, columns.workload, rows);
    buffers.model.setAll(codes.model, columns.model, rows);
    buffers.region.setAll(codes.regionOfInstance, columns.instance, rows, allServed);
    buffers.pool.setAll(codes.poolOfInstance, columns.instance, rows, allServed);
    buffers.accelerator.setAll(codes.acceleratorOfInstance, columns.instance, rows, allServed);
  }

  #setLatencies(columns: RequestColumns, rows: number, allServed: boolean): void {
    const { queue_ms, ttft_ms, tpot_ms, e2e_ms } = this.#file.buffers;
    const { arrivalNs, scheduledNs, firstTokenNs, finishNs, outputTokens, status } = columns;
    queue_ms.setSpans(arrivalNs, scheduledNs, NS_PER_MS, rows);
    ttft_ms.setSpans(arrivalNs, firstTokenNs, NS_PER_MS, rows);
    e2e_ms.setSpans(arrivalNs, finishNs, NS_PER_MS, rows);
    tpot_ms.setGaps(firstTokenNs, finishNs, outputTokens, NS_PER_MS, rows);
    if (allServed) return;
    for (let row = 0; row < rows; row++) {
      if (status[row] === RequestStatus.served) continue;
      for (const latency of [queue_ms, ttft_ms, tpot_ms, e2e_ms]) latency.setNull(row);
    }
  }

  #setTransfers(columns: RequestColumns, rows: number): void {
    const { transfer_ms } = this.#file.buffers;
    const { prefillInstance, transferNs } = columns;
    transfer_ms.setAllNull(rows);
    for (let row = 0; row < rows; row++) {
      if (prefillInstance[row] !== NO_INSTANCE) transfer_ms.set(row, transferNs[row]! / NS_PER_MS);
    }
  }

  #setShares({ prefillTicks, decodeTicks }: RequestColumns, rows: number): void {
    const { prefill_ns, decode_ns } = this.#file.buffers;
    if (this.#recordsShares) {
      prefill_ns.setScaled(prefillTicks, TICKS_PER_NS, rows);
      decode_ns.setScaled(decodeTicks, TICKS_PER_NS, rows);
    } else {
      prefill_ns.setAllNull(rows);
      decode_ns.setAllNull(rows);
    }
  }

  #setSlo(columns: RequestColumns, rows: number): void {
    const { met_slo } = this.#file.buffers;
    met_slo.setAllNull(rows);
    if (this.#objectivesOfClass.length === 0) return;
    for (let row = 0; row < rows; row++) {
      const index = this.#classOfWorkload[columns.workload[row]!]!;
      if (index !== NO_CLASS) met_slo.set(row, metObjectives(this.#objectivesOfClass[index]!, columns, row));
    }
  }

  #setWrong({ wrong: isWrong, workload, status }: RequestColumns, rows: number): void {
    const { wrong } = this.#file.buffers;
    wrong.setAllNull(rows);
    if (!this.#judged.includes(true)) return;
    for (let row = 0; row < rows; row++) {
      const isJudged = this.#judged[workload[row]!]! && status[row] === RequestStatus.served;
      if (isJudged) wrong.set(row, isWrong[row] === 1);
    }
  }
}

type NameColumn = 'workload' | 'class' | 'region' | 'pool' | 'model' | 'accelerator' | 'status';

/** Dictionary codes by index of the plan: names may repeat there (two pools of one accelerator), codes do not. */
function codesOf(plan: RunPlan, buffers: Readonly<Record<NameColumn, NameBuffer>>) {
  const classOfWorkload = Array.from(classOfWorkloads(plan), (index) => plan.slos[index]?.class ?? NOWHERE);
  // Of NO_INSTANCE, where a rejected request is, and of every instance.
  const ofInstance = (name: (pool: PoolPlan) => string) => [
    NOWHERE,
    ...plan.pools.flatMap((pool) => Array<string>(pool.instances).fill(name(pool))),
  ];
  return {
    status: buffers.status.codesOf(REQUEST_STATUS_NAMES),
    workload: buffers.workload.codesOf(plan.workloads.map((workload) => workload.name)),
    classOfWorkload: buffers.class.codesOf(classOfWorkload),
    model: buffers.model.codesOf(plan.models),
    regionOfInstance: buffers.region.codesOf(
      ofInstance((pool) => plan.regions[pool.region]!.name),
      NO_INSTANCE,
    ),
    poolOfInstance: buffers.pool.codesOf(
      ofInstance((pool) => pool.name),
      NO_INSTANCE,
    ),
    acceleratorOfInstance: buffers.accelerator.codesOf(
      ofInstance((pool) => pool.accelerator),
      NO_INSTANCE,
    ),
  };
}
