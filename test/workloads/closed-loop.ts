import type { Workload } from '../../src/sim/ports.ts';
import { requestsOf } from '../support/fakes.ts';
import type { Arrival } from './support.ts';

/** A request with the segments of its prompt: stream, and the token after its last. */
export interface Sent extends Arrival {
  readonly path: readonly (readonly [stream: number, endToken: number])[];
}

interface Service {
  /** How long every request takes. */
  readonly serviceNs?: number;
  /** No more sessions are begun; those that are, go on. */
  readonly sessions?: number;
  readonly horizonNs?: number;
}

/**
 * Everything a workload sends to a server that takes the same time for each request, in order of arrival. Like the
 * simulator it pulls one request ahead and drops what arrives at or after the horizon.
 */
export function serve(
  workload: Workload,
  { serviceNs = 0, sessions = Infinity, horizonNs = Infinity }: Service = {},
): Sent[] {
  const sent: Sent[] = [];
  const events = new Events();
  let path: [number, number][] = [];
  let deadlineNs = Infinity;
  let nowNs = 0;
  let latest: Sent | undefined;
  const sink = {
    share(stream: number, tokens: number) {
      path.push([stream, (path.at(-1)?.[1] ?? 0) + tokens]);
    },
    due(ns: number) {
      deadlineNs = ns;
    },
    push(arrivalNs: number, promptTokens: number, outputTokens: number, reasoningTokens: number, session: number) {
      if (arrivalNs < nowNs) throw new Error('pushed into the past');
      if ((path.at(-1)?.[1] ?? 0) > promptTokens) throw new Error('segments longer than the prompt');
      latest = { arrivalNs, promptTokens, outputTokens, reasoningTokens, session, deadlineNs, path };
      path = [];
      deadlineNs = Infinity;
      if (arrivalNs < horizonNs) events.add(arrivalNs, latest, true);
    },
  };
  let begun = 0;
  let pulled: Sent | undefined;
  const pull = () => {
    latest = undefined;
    pulled = begun++ < sessions && workload.pull(sink) ? latest : undefined;
  };
  pull();
  for (let event = events.take(); event !== undefined; event = events.take()) {
    nowNs = event.timeNs;
    if (event.isArrival) {
      sent.push(event.request);
      if (event.request === pulled) pull();
      if (workload.onFinish !== undefined) events.add(nowNs + serviceNs, event.request, false);
    } else {
      workload.onFinish?.(0, requestsOf(event.request), nowNs, sink);
    }
  }
  return sent;
}

interface Event {
  readonly timeNs: number;
  readonly order: number;
  readonly request: Sent;
  readonly isArrival: boolean;
}

/** A binary heap by time, then by order of adding. */
class Events {
  readonly #heap: Event[] = [];
  #added = 0;

  add(timeNs: number, request: Sent, isArrival: boolean): void {
    const heap = this.#heap;
    heap.push({ timeNs, order: this.#added++, request, isArrival });
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
  return one.timeNs < other.timeNs || (one.timeNs === other.timeNs && one.order < other.order);
}

/**
 * Leading tokens of every request that a cache without limits holds when it arrives: it knows of every stream how far it
 * was ever computed, in whole blocks, answers included, of which the last token has no KV.
 */
export function reusedTokens(requests: readonly Sent[], blockTokens = 1): number[] {
  const known = new Map<number, number>();
  return requests.map(({ path, promptTokens, outputTokens }) => {
    let reused = 0;
    let missed = false;
    path.forEach(([stream, endToken], k) => {
      const continues = k === path.length - 1 && endToken === promptTokens;
      const has = known.get(stream) ?? 0;
      const end = Math.floor(endToken / blockTokens) * blockTokens;
      if (!missed) reused = Math.max(reused, Math.min(has, end));
      missed ||= has < end;
      const computed = continues ? promptTokens + outputTokens - 1 : endToken;
      known.set(stream, Math.max(has, Math.floor(computed / blockTokens) * blockTokens));
    });
    return Math.min(reused, Math.floor((promptTokens - 1) / blockTokens) * blockTokens);
  });
}

export function bySession(requests: readonly Sent[]): Sent[][] {
  return byUser(requests, (session) => session);
}

export function byUser(requests: readonly Sent[], userOf: (session: number) => number): Sent[][] {
  const users = new Map<number, Sent[]>();
  for (const request of requests) {
    const user = userOf(request.session);
    const known = users.get(user);
    if (known === undefined) users.set(user, [request]);
    else known.push(request);
  }
  return [...users.values()];
}
