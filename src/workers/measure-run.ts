import type { RunPlan } from '../sim/plan.ts';
import type { RowSink } from '../sim/ports.ts';
import type { RequestColumns } from '../sim/records.ts';
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
}

/** Simulate a run for the times of its requests alone; nothing is written. */
export function measureRun(plan: RunPlan, modules: Modules): RequestTimes {
  const requests = new TimesSink();
  const { parts, close } = assemble(plan, modules);
  try {
    simulate(plan, parts, { requests, timeline: { flush() {} } });
  } finally {
    close();
  }
  return requests.times();
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
