import { grownFloats, grownIntegers } from './columns.ts';
import type { Ns, RequestIndex } from './units.ts';

/**
 * Requests that are known but do not come before their time: a binary heap by (time, order of pushing).
 */
export class PendingArrivals {
  /** Time of the next arrival; Infinity when there is none. */
  timeNs: Ns = Infinity;
  #size = 0;
  #pushed = 0;
  #times = new Float64Array(64);
  #orders = new Float64Array(64);
  #requests = new Int32Array(64);

  /** Number of the next arrival in the order of pushing; only when there is one. */
  get order(): number {
    return this.#orders[0]!;
  }

  /** @param order rises from one push to the next; left out, it is counted here */
  push(timeNs: Ns, request: RequestIndex, order = this.#pushed++): void {
    if (this.#size === this.#times.length) this.#grow();
    let hole = this.#size++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      // An earlier push goes first at equal times, so `<=` lets the parent stay.
      if (this.#times[parent]! <= timeNs) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#put(hole, timeNs, order, request);
    this.timeNs = this.#times[0]!;
  }

  /** Take out the next arrival and answer its request. */
  pop(): RequestIndex {
    const first = this.#requests[0]!;
    const last = --this.#size;
    const timeNs = this.#times[last]!;
    const order = this.#orders[last]!;
    let hole = 0;
    for (let child = 1; child < last; child = 2 * hole + 1) {
      if (child + 1 < last && this.#precedes(child + 1, this.#times[child]!, this.#orders[child]!)) child++;
      if (!this.#precedes(child, timeNs, order)) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#put(hole, timeNs, order, this.#requests[last]!);
    this.timeNs = last === 0 ? Infinity : this.#times[0]!;
    return first;
  }

  #precedes(at: number, timeNs: Ns, order: number): boolean {
    const time = this.#times[at]!;
    return time < timeNs || (time === timeNs && this.#orders[at]! < order);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from]!, this.#orders[from]!, this.#requests[from]!);
  }

  #put(at: number, timeNs: Ns, order: number, request: RequestIndex): void {
    this.#times[at] = timeNs;
    this.#orders[at] = order;
    this.#requests[at] = request;
  }

  #grow(): void {
    const capacity = 2 * this.#times.length;
    this.#times = grownFloats(this.#times, capacity);
    this.#orders = grownFloats(this.#orders, capacity);
    this.#requests = grownIntegers(this.#requests, capacity);
  }
}
