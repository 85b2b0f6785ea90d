import type { RunPlan } from '../sim/plan.ts';
import type { RowSink } from '../sim/ports.ts';
import type { RequestColumns, TimelineColumns } from '../sim/records.ts';
import { RequestStatus } from '../sim/records.ts';
import { simulate } from '../sim/simulate.ts';
import { assemble } from './assemble.ts';
import type { Modules } from './assemble.ts';

/** What a client notes of the requests it sent, in columns, in the order in which they were answered. Times in ns. */
export interface RequestTimes {
  readonly arrivalNs: Float64Array;
  readonly firstTokenNs: Float64Array;
  readonly finishNs: Float64Array;
  readonly outputTokens: Float64Array;
  /** Requests that were turned away. */
  readonly rejected: number;
  /** Absent where the plan does not record energy. */
  readonly energy?: MeasuredEnergy;
}

/** What a meter at the accelerators notes, one row per interval and pool. */
export interface MeasuredEnergy {
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  /** Of all accelerators of the pool. */
  readonly joules: Float64Array;
  /** How many of them are on, times how long. */
  readonly acceleratorNs: Float64Array;
  readonly outputTokens: Float64Array;
}

/** Simulate a run for what its clients and a meter note; nothing is written. */
export function measureRun(plan: RunPlan, modules: Modules): RequestTimes {
  const requests = new TimesSink();
  const meter = new EnergySink(plan);
  const { parts, close } = assemble(plan, modules);
  try {
    simulate(plan, parts, { requests, timeline: plan.record.energy ? meter : { flush() {} } });
  } finally {
    close();
  }
  return plan.record.energy ? { ...requests.times(), energy: meter.energy() } : requests.times();
}

class TimesSink implements RowSink<RequestColumns> {
  readonly #arrivalNs: number[] = [];
  readonly #firstTokenNs: number[] = [];
  readonly #finishNs: number[] = [];
  readonly #outputTokens: number[] = [];
  #rejected = 0;

  flush(columns: RequestColumns, rows: number): void {
    for (let row = 0; row < rows; row++) {
      if (columns.status[row] !== RequestStatus.served) {
        this.#rejected++;
        continue;
      }
      this.#arrivalNs.push(columns.arrivalNs[row]!);
      this.#firstTokenNs.push(columns.firstTokenNs[row]!);
      this.#finishNs.push(columns.finishNs[row]!);
      this.#outputTokens.push(columns.outputTokens[row]!);
    }
  }

  times(): RequestTimes {
    return {
      arrivalNs: Float64Array.from(this.#arrivalNs),
      firstTokenNs: Float64Array.from(this.#firstTokenNs),
      finishNs: Float64Array.from(this.#finishNs),
      outputTokens: Float64Array.from(this.#outputTokens),
      rejected: this.#rejected,
    };
  }
}

class EnergySink implements RowSink<TimelineColumns> {
  readonly #acceleratorsOfPool: readonly number[];
  readonly #startNs: number[] = [];
  readonly #endNs: number[] = [];
  readonly #joules: number[] = [];
  readonly #acceleratorNs: number[] = [];
  readonly #outputTokens: number[] = [];

  constructor({ pools }: Pick<RunPlan, 'pools'>) {
    this.#acceleratorsOfPool = pools.map(({ acceleratorsPerInstance }) => acceleratorsPerInstance);
  }

  flush(columns: TimelineColumns, rows: number): void {
    for (let row = 0; row < rows; row++) {
      this.#startNs.push(columns.startNs[row]!);
      this.#endNs.push(columns.endNs[row]!);
      this.#joules.push(columns.busyJoules[row]! + columns.idleJoules[row]!);
      this.#acceleratorNs.push(columns.onNs[row]! * this.#acceleratorsOfPool[columns.pool[row]!]!);
      this.#outputTokens.push(columns.outputTokens[row]!);
    }
  }

  energy(): MeasuredEnergy {
    return {
      startNs: Float64Array.from(this.#startNs),
      endNs: Float64Array.from(this.#endNs),
      joules: Float64Array.from(this.#joules),
      acceleratorNs: Float64Array.from(this.#acceleratorNs),
      outputTokens: Float64Array.from(this.#outputTokens),
    };
  }
}
