import { grownFloats, grownIntegers } from './columns.ts';
import type { RequestIndex } from './units.ts';

/** Requests by rank and, at one rank, by a number of order: a binary heap, lowest first. */
export class RankHeap {
  size = 0;
  #ranks = new Float64Array(8);
  #orders = new Float64Array(8);
  #requests = new Int32Array(8);

  /** Only when size > 0. */
  get first(): RequestIndex {
    return this.#requests[0]!;
  }

  push(request: RequestIndex, rank: number, order: number): void {
    if (this.size === this.#requests.length) this.#grow();
    let hole = this.size++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.#isBefore(rank, order, parent)) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#put(hole, request, rank, order);
  }

  /** Remove the first; only when size > 0. */
  pop(): void {
    const last = --this.size;
    const rank = this.#ranks[last]!;
    const order = this.#orders[last]!;
    let hole = 0;
    for (let child = 1; child < last; child = 2 * hole + 1) {
      const right = child + 1;
      if (right < last && this.#isBefore(this.#ranks[right]!, this.#orders[right]!, child)) child = right;
      if (this.#isBefore(rank, order, child)) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#put(hole, this.#requests[last]!, rank, order);
  }

  #isBefore(rank: number, order: number, at: number): boolean {
    const other = this.#ranks[at]!;
    return rank < other || (rank === other && order < this.#orders[at]!);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#requests[from]!, this.#ranks[from]!, this.#orders[from]!);
  }

  #put(at: number, request: RequestIndex, rank: number, order: number): void {
    this.#requests[at] = request;
    this.#ranks[at] = rank;
    this.#orders[at] = order;
  }

  #grow(): void {
    this.#ranks = grownFloats(this.#ranks, 2 * this.size);
    this.#orders = grownFloats(this.#orders, 2 * this.size);
    this.#requests = grownIntegers(this.#requests, 2 * this.size);
  }
}
