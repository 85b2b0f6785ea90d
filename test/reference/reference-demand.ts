import type { ArrivalSink, RequestView, Workload } from '../../src/sim/ports.ts';
import { ARRIVAL } from './reference-agenda.ts';
import type { ReferenceAgenda } from './reference-agenda.ts';
import type { Segment } from './reference-kv.ts';
import type { Arrival, ReferenceRequest } from './reference-request.ts';

interface Context {
  readonly usedNs: number;
  readonly arrival: Arrival;
}

/** What the workloads push, and when they are asked. */
export class ReferenceDemand {
  readonly #workloads: readonly Workload[];
  readonly #horizonNs: number;
  readonly #agenda: ReferenceAgenda;
  readonly #arrive: (arrival: Arrival, nowNs: number) => void;
  /** For each workload the arrival after which it is pulled again. */
  readonly #awaited: (Arrival | undefined)[] = [];
  #pushed = 0;

  constructor(
    workloads: readonly Workload[],
    horizonNs: number,
    agenda: ReferenceAgenda,
    arrive: (arrival: Arrival, nowNs: number) => void,
  ) {
    this.#workloads = workloads;
    this.#horizonNs = horizonNs;
    this.#agenda = agenda;
    this.#arrive = arrive;
  }

  /** What sessions had computed before the run, by last use. */
  contexts(): readonly Context[] {
    const contexts: Context[] = [];
    this.#workloads.forEach((source, workload) => {
      let path: Segment[] = [];
      source.warm?.({
        share: (stream, tokens) => {
          path.push({ stream, tokens });
        },
        context: (usedNs, promptTokens, session) => {
          if (usedNs > 0) throw new Error(`a context of the past is used at ${usedNs} ns`);
          const alone = { outputTokens: 1, reasoningTokens: 0, deadlineNs: undefined };
          contexts.push({ usedNs, arrival: { workload, path, promptTokens, session, ...alone } });
          path = [];
        },
      });
    });
    return contexts.toSorted((one, other) => one.usedNs - other.usedNs);
  }

  start(): void {
    this.#workloads.forEach((_, workload) => this.#pull(workload));
  }

  arrived(arrival: Arrival): void {
    if (this.#awaited[arrival.workload] === arrival) this.#pull(arrival.workload);
  }

  left({ request, workload, finishNs }: ReferenceRequest, view: RequestView, nowNs: number): void {
    this.#workloads[workload]!.onFinish?.(request, view, finishNs!, this.#sink(workload, nowNs));
  }

  #pull(workload: number): void {
    this.#awaited[workload] = undefined;
    this.#workloads[workload]!.pull(
      this.#sink(workload, 0, (arrival) => {
        this.#awaited[workload] = arrival;
      }),
    );
  }

  #sink(workload: number, earliestNs: number, pushed?: (arrival: Arrival) => void): ArrivalSink {
    let path: Segment[] = [];
    let deadlineNs: number | undefined;
    return {
      share: (stream, tokens) => {
        if (tokens < 1) throw new Error(`a segment of ${tokens} tokens`);
        path.push({ stream, tokens });
      },
      due: (ns) => {
        deadlineNs = ns === Infinity ? undefined : ns;
      },
      push: (timeNs, promptTokens, outputTokens, reasoningTokens, session) => {
        if (timeNs < earliestNs) throw new Error(`an arrival at ${timeNs} ns is pushed at ${earliestNs} ns`);
        const sharedTokens = path.reduce((sum, { tokens }) => sum + tokens, 0);
        if (sharedTokens > promptTokens) throw new Error(`${sharedTokens} of ${promptTokens} tokens are of streams`);
        const arrival: Arrival = { workload, path, promptTokens, outputTokens, reasoningTokens, session, deadlineNs };
        path = [];
        deadlineNs = undefined;
        const order = this.#pushed++;
        if (timeNs < this.#horizonNs) this.#agenda.add(timeNs, ARRIVAL, order, () => this.#arrive(arrival, timeNs));
        pushed?.(arrival);
      },
    };
  }
}
