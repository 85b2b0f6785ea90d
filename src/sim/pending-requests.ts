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
  readonly #arrivals = new PendingArrivals();
  #free = NONE;

  get size(): number {
    return this.#arrivals.size;
  }

  /** When the next one arrives; Infinity when there is none. */
  get timeNs(): Ns {
    return this.#arrivals.timeNs;
  }

  /** A request that arrives then: the rest of its row is to be filled. */
  push(arrivalNs: Ns): number {
    if (this.#free === NONE) this.#grow();
    const request = this.#free;
    this.#free = this.rows[request]!;
    this.rows[request + ARRIVAL_NS] = arrivalNs;
    this.#arrivals.push(arrivalNs, request);
    return request;
  }

  /** Take out the next one. Its row can be read until another is pushed. */
  pop(): number {
    return this.#arrivals.pop();
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
