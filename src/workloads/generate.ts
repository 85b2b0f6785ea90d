import type { ArrivalSink, RequestView, Workload } from '../sim/ports.ts';
import type { Ns } from '../sim/units.ts';

/** A request as its workload has sent it. */
export interface GeneratedRequest {
  readonly arrivalNs: Ns;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly session: number;
  /** Index of the workload. */
  readonly workload: number;
  /** Infinity when there is none. */
  readonly deadlineNs: Ns;
  /** What its prompt consists of: streams of its workload, and the token after the last of each. */
  readonly streams: readonly number[];
  readonly ends: readonly number[];
}

interface Event {
  readonly atNs: Ns;
  readonly order: number;
  readonly request: GeneratedRequest;
  readonly isArrival: boolean;
}

/**
 * Everything that workloads send before the horizon, in order of arrival, if no fleet ever made a request wait: an answer
 * is complete `serviceNs` after its request was sent. Memory follows the requests in progress.
 */
export function generate(
  workloads: readonly Workload[],
  horizonNs: Ns,
  serviceNs: (request: GeneratedRequest) => Ns,
  visit: (request: GeneratedRequest) => void,
): void {
  const events = new Events();
  const sinks = workloads.map((_, workload) => new Sink(workload, horizonNs, events));
  const view = new OneRequest();
  const pull = (workload: number) => {
    const sink = sinks[workload]!;
    sink.latest = undefined;
    sink.pulled = workloads[workload]!.pull(sink) ? sink.latest : undefined;
  };
  workloads.forEach((_, workload) => pull(workload));
  for (let event = events.take(); event !== undefined; event = events.take()) {
    const { request, atNs } = event;
    const workload = workloads[request.workload]!;
    if (!event.isArrival) {
      view.request = request;
      workload.onFinish?.(0, view, atNs, sinks[request.workload]!);
      continue;
    }
    visit(request);
    if (sinks[request.workload]!.pulled === request) pull(request.workload);
    if (workload.onFinish !== undefined) events.add(atNs + serviceNs(request), request, false);
  }
}

class Sink implements ArrivalSink {
  latest: GeneratedRequest | undefined;
  /** The one that was pulled last, and has not arrived. */
  pulled: GeneratedRequest | undefined;
  readonly #workload: number;
  readonly #horizonNs: Ns;
  readonly #events: Events;
  #streams: number[] = [];
  #ends: number[] = [];
  #deadlineNs: Ns = Infinity;

  constructor(workload: number, horizonNs: Ns, events: Events) {
    this.#workload = workload;
    this.#horizonNs = horizonNs;
    this.#events = events;
  }

  share(stream: number, tokens: number): void {
    this.#streams.push(stream);
    this.#ends.push((this.#ends.at(-1) ?? 0) + tokens);
  }

  due(deadlineNs: Ns): void {
    this.#deadlineNs = deadlineNs;
  }

  push(arrivalNs: Ns, promptTokens: number, outputTokens: number, reasoningTokens: number, session: number): void {
    const workload = this.#workload;
    const lengths = { promptTokens, outputTokens, reasoningTokens };
    const deadlineNs = this.#deadlineNs;
    this.latest = { arrivalNs, ...lengths, session, workload, deadlineNs, streams: this.#streams, ends: this.#ends };
    this.#deadlineNs = Infinity;
    this.#streams = [];
    this.#ends = [];
    if (arrivalNs < this.#horizonNs) this.#events.add(arrivalNs, this.latest, true);
  }
}

/** A view of the request that has just finished, whatever row is asked for. */
class OneRequest implements RequestView {
  request: GeneratedRequest | undefined;

  arrivalNs(): Ns {
    return this.request!.arrivalNs;
  }

  promptTokens(): number {
    return this.request!.promptTokens;
  }

  session(): number {
    return this.request!.session;
  }

  workload(): number {
    return this.request!.workload;
  }

  model(): number {
    return 0;
  }

  deadlineNs(): Ns {
    return this.request!.deadlineNs;
  }
}

/** A binary heap by time, then by order of adding. */
class Events {
  readonly #heap: Event[] = [];
  #added = 0;

  add(atNs: Ns, request: GeneratedRequest, isArrival: boolean): void {
    const heap = this.#heap;
    heap.push({ atNs, order: this.#added++, request, isArrival });
    for (let child = heap.length - 1; child > 0;) {
      const parent = (child - 1) >> 1;
      if (!precedes(heap[child]!, heap[parent]!)) break;
      [heap[child], heap[parent]] = [heap[parent]!, heap[child]!];
      child = parent;
    }
  }

  take(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return first;
    heap[0] = last;
    for (let parent = 0; ;) {
      let child = 2 * parent + 1;
      if (child + 1 < heap.length && precedes(heap[child + 1]!, heap[child]!)) child++;
      if (child >= heap.length || !precedes(heap[child]!, heap[parent]!)) return first;
      [heap[child], heap[parent]] = [heap[parent]!, heap[child]!];
      parent = child;
    }
  }
}

function precedes(one: Event, other: Event): boolean {
  return one.atNs < other.atNs || (one.atNs === other.atNs && one.order < other.order);
}
