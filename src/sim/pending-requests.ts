import { grownFloats } from './columns.ts';
import { PendingArrivals } from './pending-arrivals.ts';
import { NONE } from './request-table.ts';
import type { Ns } from './units.ts';

/** Numbers of a request side by side: as many as memory is fetched at once. */
const ROW = 8;
export const ARRIVAL_NS = 0;
export const SESSION = 1;
export const WORKLOAD = 2;
export const PROMPT_TOKENS = 3;
export const OUTPUT_TOKENS = 4;
export const REASONING_TOKENS = 5;
export const DEADLINE_NS = 6;
/** First segment of its prompt's path, or NONE. */
export const PATH = 7;

/**
 * Requests that are known but have not arrived, and what is known of them, in order of arrival. They are not in the table
 * of requests: sessions that think are many, and would spread those in flight over more memory than a processor's cache
 * has. A request is named by where its row begins: `rows[request + SESSION]`.
 */
export class PendingRequests {
  rows = new Float64Array(0);
  size = 0;
  /** When the next one arrives; Infinity when there is none. */
  timeNs: Ns = Infinity;
  /** Of each workload the one that it was asked for, soon to come, … */
  readonly #asked = new PendingArrivals();
  /** … and those that sessions will send, many and mostly later. */
  readonly #others = new PendingArrivals();
  #pushed = 0;
  #free = NONE;

  /**
   * A request that arrives then: the rest of its row is to be filled.
   *
   * @param isAsked whether it is the next one of its workload; where it is kept depends on it, not when it comes
   */
  push(arrivalNs: Ns, isAsked: boolean): number {
    if (this.#free === NONE) this.#grow();
    const request = this.#free;
    this.#free = this.rows[request]!;
    this.rows[request + ARRIVAL_NS] = arrivalNs;
    (isAsked ? this.#asked : this.#others).push(arrivalNs, request, this.#pushed++);
    this.timeNs = Math.min(this.#asked.timeNs, this.#others.timeNs);
    this.size++;
    return request;
  }

  /** Take out the next one. Its row can be read until another is pushed. */
  pop(): number {
    const asked = this.#asked;
    const others = this.#others;
    const isTied = asked.timeNs === others.timeNs;
    const isAsked = isTied ? asked.order < others.order : asked.timeNs < others.timeNs;
    const request = (isAsked ? asked : others).pop();
    this.timeNs = Math.min(asked.timeNs, others.timeNs);
    this.size--;
    return request;
  }

  /** The row has been read. */
  release(request: number): void {
    this.rows[request] = this.#free;
    this.#free = request;
  }

  #grow(): void {
    const { length } = this.rows;
    const capacity = Math.max(64 * ROW, 2 * length);
    this.rows = grownFloats(this.rows, capacity);
    for (let request = capacity - ROW; request >= length; request -= ROW) this.release(request);
  }
}
