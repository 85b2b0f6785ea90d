import type { RowSink } from '../sim/ports.ts';
import type { RunPlan } from '../sim/plan.ts';
import { type RequestColumns, RequestStatus } from '../sim/records.ts';
import { DeadlineTally } from './deadlines.ts';
import { AnswerTally } from './answers.ts';
import { Histogram } from './histogram.ts';
import { NO_CLASS, classOfWorkloads, metObjectives, perRequestObjectives, tpotNs, withinLimit } from './slo.ts';

export const LATENCIES = ['ttft', 'tpot', 'e2e', 'queue'] as const;
export type Latency = (typeof LATENCIES)[number];

/** The requests of one workload that arrived in the measured window. */
export class WorkloadTally {
  arrived = 0;
  rejected = 0;
  readonly answers: AnswerTally;
  /** Met every objective of their class. */
  metSlo = 0;
  readonly deadlines = new DeadlineTally();
  /** Kept the limit, by objective of the class. */
  readonly withinLimit: number[];
  readonly latencies: Readonly<Record<Latency, Histogram>> = {
    ttft: new Histogram(),
    tpot: new Histogram(),
    e2e: new Histogram(),
    queue: new Histogram(),
  };

  /** Its requests among the rows of one chunk that were served, as far as they count. */
  rows = new Int32Array(0);
  rowCount = 0;

  constructor(objectives: number, models: number) {
    this.answers = new AnswerTally(models);
    this.withinLimit = Array<number>(objectives).fill(0);
  }
}

/** Condenses requests as they leave; keeps none of them. */
export class RequestMetrics implements RowSink<RequestColumns> {
  /** One per plan.workloads. */
  readonly tallies: readonly WorkloadTally[];
  readonly #fromNs: number;
  readonly #untilNs: number;
  readonly #classOfWorkload: Int32Array;
  readonly #slos: RunPlan['slos'];
  #durations = new Float64Array(0);
  readonly #perRequest: readonly ReturnType<typeof perRequestObjectives>[];

  constructor(plan: Pick<RunPlan, 'warmUpNs' | 'horizonNs' | 'models' | 'workloads' | 'slos'>) {
    this.#fromNs = plan.warmUpNs;
    this.#untilNs = plan.horizonNs;
    this.#classOfWorkload = classOfWorkloads(plan);
    this.#slos = plan.slos;
    this.#perRequest = plan.slos.map(perRequestObjectives);
    this.tallies = plan.workloads.map((_, workload) => {
      const index = this.#classOfWorkload[workload]!;
      return new WorkloadTally(index === NO_CLASS ? 0 : plan.slos[index]!.objectives.length, plan.models.length);
    });
  }

  flush(columns: RequestColumns, rows: number): void {
    if (rows > this.#durations.length) this.#makeRoom(rows);
    for (let row = 0; row < rows; row++) {
      const arrivalNs = columns.arrivalNs[row]!;
      if (arrivalNs >= this.#fromNs && arrivalNs < this.#untilNs) this.#count(columns, row);
    }
    for (const tally of this.tallies) {
      if (tally.rowCount > 0) this.#addLatencies(tally, columns);
      tally.rowCount = 0;
    }
  }

  /** For a chunk of so many rows; the first of a long run is the longest, and most runs have no second. */
  #makeRoom(rows: number): void {
    this.#durations = new Float64Array(rows);
    for (const tally of this.tallies) tally.rows = new Int32Array(rows);
  }

  /** One latency after the other: the buckets of all of them are more than a processor keeps at hand. */
  #addLatencies({ rows, rowCount, latencies }: WorkloadTally, columns: RequestColumns): void {
    const { arrivalNs, firstTokenNs, finishNs, scheduledNs } = columns;
    this.#addSpans(latencies.ttft, arrivalNs, firstTokenNs, rows, rowCount);
    this.#addSpans(latencies.e2e, arrivalNs, finishNs, rows, rowCount);
    this.#addSpans(latencies.queue, arrivalNs, scheduledNs, rows, rowCount);
    let count = 0;
    for (let k = 0; k < rowCount; k++) {
      const tpot = tpotNs(columns, rows[k]!);
      if (tpot !== undefined) this.#durations[count++] = tpot;
    }
    latencies.tpot.addAll(this.#durations, count);
  }

  #addSpans(latency: Histogram, fromNs: Float64Array, untilNs: Float64Array, rows: Int32Array, count: number): void {
    const durations = this.#durations;
    for (let k = 0; k < count; k++) {
      const row = rows[k]!;
      durations[k] = untilNs[row]! - fromNs[row]!;
    }
    latency.addAll(durations, count);
  }

  #count(columns: RequestColumns, row: number): void {
    const workload = columns.workload[row]!;
    const tally = this.tallies[workload]!;
    tally.arrived++;
    if (columns.deadlineNs[row]! > 0) tally.deadlines.count(columns, row);
    tally.answers.count(columns, row);
    if (columns.status[row] !== RequestStatus.served) {
      tally.rejected++;
      return;
    }
    tally.rows[tally.rowCount++] = row;
    const index = this.#classOfWorkload[workload]!;
    if (index === NO_CLASS) return;
    if (metObjectives(this.#perRequest[index]!, columns, row)) tally.metSlo++;
    const objectives = this.#slos[index]!.objectives;
    for (let i = 0; i < objectives.length; i++) {
      if (withinLimit(objectives[i]!, columns, row)) tally.withinLimit[i]!++;
    }
  }
}

/** One sink that passes every chunk of rows to several, in order. */
export function tee<Columns>(...sinks: readonly RowSink<Columns>[]): RowSink<Columns> {
  return {
    flush(columns, rows) {
      for (const sink of sinks) sink.flush(columns, rows);
    },
  };
}
