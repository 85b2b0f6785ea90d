import type { RowSink } from '../sim/ports.ts';
import type { RunPlan } from '../sim/plan.ts';
import { REQUEST_STATUS_NAMES, RequestColumns, RequestStatus } from '../sim/records.ts';
import { NS_PER_MS } from '../sim/units.ts';
import { REQUEST_COLUMNS } from './columns.ts';
import { NO_CLASS, classOfWorkloads, metObjectives, perRequestObjectives, tpotNs } from './slo.ts';
import type { NameBuffer } from './column-buffers.ts';
import { TableFile } from './table-file.ts';
import type { FileIdentity } from './table-file.ts';

/** Where a rejected request was served, and the class of a request without objectives. */
const NOWHERE = '';

/** requests.arrow: give it to the simulation as its sink of requests, then close it. */
export class RequestsFile implements RowSink<RequestColumns> {
  readonly #file: TableFile<typeof REQUEST_COLUMNS>;
  readonly #classOfWorkload: Int32Array;
  readonly #objectivesOfClass: readonly ReturnType<typeof perRequestObjectives>[];
  readonly #poolOfInstance: Int32Array;
  readonly #codes: ReturnType<typeof codesOf>;

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
    this.#file = new TableFile(path, REQUEST_COLUMNS, names, RequestColumns.capacity, identity);
    this.#file.buffers.arrival.setOrigin(Date.parse(plan.start));
    this.#classOfWorkload = classOfWorkloads(plan);
    this.#objectivesOfClass = plan.slos.map(perRequestObjectives);
    this.#poolOfInstance = Int32Array.from(
      plan.pools.flatMap((pool, index) => Array<number>(pool.instances).fill(index)),
    );
    this.#codes = codesOf(plan, this.#file.buffers);
  }

  get rows(): number {
    return this.#file.rows;
  }

  flush(columns: RequestColumns, rows: number): void {
    const buffers = this.#file.buffers;
    buffers.instance.setAll(columns.instance, rows);
    buffers.prompt_tokens.setAll(columns.promptTokens, rows);
    buffers.cached_tokens.setAll(columns.cachedTokens, rows);
    buffers.output_tokens.setAll(columns.outputTokens, rows);
    buffers.reasoning_tokens.setAll(columns.reasoningTokens, rows);
    buffers.preemptions.setAll(columns.preemptions, rows);
    this.#setIdentity(columns, rows);
    this.#setNames(columns, rows);
    this.#setLatencies(columns, rows);
    this.#setSlo(columns, rows);
    this.#file.writeBatch(rows);
  }

  close(): void {
    this.#file.close();
  }

  #setIdentity(columns: RequestColumns, rows: number): void {
    const { request, session, arrival, status } = this.#file.buffers;
    const statusCodes = this.#codes.status;
    for (let row = 0; row < rows; row++) {
      request.set(row, columns.request[row]!);
      session.set(row, columns.session[row]!);
      arrival.set(row, columns.arrivalNs[row]!);
      status.setCode(row, statusCodes[columns.status[row]!]!);
    }
  }

  #setNames(columns: RequestColumns, rows: number): void {
    const { workload, model, region, pool, accelerator } = this.#file.buffers;
    const codes = this.#codes;
    for (let row = 0; row < rows; row++) {
      const sender = columns.workload[row]!;
      workload.setCode(row, codes.workload[sender]!);
      model.setCode(row, codes.modelOfWorkload[sender]!);
      const instance = columns.instance[row]!;
      const served = instance >= 0;
      const home = served ? this.#poolOfInstance[instance]! : 0;
      region.setCode(row, served ? codes.regionOfPool[home]! : codes.nowhere);
      pool.setCode(row, served ? codes.pool[home]! : codes.nowhere);
      accelerator.setCode(row, served ? codes.acceleratorOfPool[home]! : codes.nowhere);
    }
  }

  #setLatencies(columns: RequestColumns, rows: number): void {
    const { queue_ms, ttft_ms, tpot_ms, e2e_ms } = this.#file.buffers;
    for (let row = 0; row < rows; row++) {
      if (columns.status[row] === RequestStatus.served) {
        const arrivalNs = columns.arrivalNs[row]!;
        queue_ms.set(row, (columns.scheduledNs[row]! - arrivalNs) / NS_PER_MS);
        ttft_ms.set(row, (columns.firstTokenNs[row]! - arrivalNs) / NS_PER_MS);
        e2e_ms.set(row, (columns.finishNs[row]! - arrivalNs) / NS_PER_MS);
        const tpot = tpotNs(columns, row);
        if (tpot === undefined) tpot_ms.setNull(row);
        else tpot_ms.set(row, tpot / NS_PER_MS);
      } else {
        for (const latency of [queue_ms, ttft_ms, tpot_ms, e2e_ms]) latency.setNull(row);
      }
    }
  }

  #setSlo(columns: RequestColumns, rows: number): void {
    const { class: className, met_slo } = this.#file.buffers;
    for (let row = 0; row < rows; row++) {
      const index = this.#classOfWorkload[columns.workload[row]!]!;
      if (index === NO_CLASS) {
        className.setCode(row, this.#codes.nowhere);
        met_slo.setNull(row);
      } else {
        className.setCode(row, this.#codes.class[index]!);
        met_slo.set(row, metObjectives(this.#objectivesOfClass[index]!, columns, row));
      }
    }
  }
}

type NameColumn = 'workload' | 'class' | 'region' | 'pool' | 'model' | 'accelerator' | 'status';

/** Dictionary codes by index of the plan: names may repeat there (two pools of one accelerator), codes do not. */
function codesOf(plan: RunPlan, buffers: Readonly<Record<NameColumn, NameBuffer>>) {
  return {
    // The first name of every dictionary that has it.
    nowhere: buffers.pool.codeOf(NOWHERE),
    workload: plan.workloads.map((workload) => buffers.workload.codeOf(workload.name)),
    modelOfWorkload: plan.workloads.map((workload) => buffers.model.codeOf(plan.models[workload.model]!)),
    class: plan.slos.map((slo) => buffers.class.codeOf(slo.class)),
    pool: plan.pools.map((pool) => buffers.pool.codeOf(pool.name)),
    regionOfPool: plan.pools.map((pool) => buffers.region.codeOf(plan.regions[pool.region]!.name)),
    acceleratorOfPool: plan.pools.map((pool) => buffers.accelerator.codeOf(pool.accelerator)),
    status: REQUEST_STATUS_NAMES.map((name) => buffers.status.codeOf(name)),
  };
}
