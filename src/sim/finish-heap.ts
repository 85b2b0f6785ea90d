import { grownIntegers } from './columns.ts';
import type { RequestTable } from './request-table.ts';
import type { RequestIndex } from './units.ts';

/**
 * The decoding requests of one instance by the step that gives them their last token, and in order of admission within a
 * step. Positions are kept in the request table, so that a preempted request can be taken out of the middle.
 */
export class FinishHeap {
  size = 0;
  #heap = new Int32Array(16);
  readonly #table: RequestTable;

  constructor(table: RequestTable) {
    this.#table = table;
  }

  /** The first to finish; only when size > 0. */
  get first(): RequestIndex {
    return this.#heap[0]!;
  }

  push(request: RequestIndex): void {
    if (this.size === this.#heap.length) this.#grow();
    this.#rise(this.size++, request);
  }

  remove(request: RequestIndex): void {
    const hole = this.#table.heapPosition[request]!;
    const last = this.#heap[--this.size]!;
    if (last !== request) this.#rise(this.#sink(hole, last), last);
  }

  #sink(from: number, request: RequestIndex): number {
    const heap = this.#heap;
    let hole = from;
    for (let child = 2 * hole + 1; child < this.size; child = 2 * hole + 1) {
      if (child + 1 < this.size && this.#precedes(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#precedes(heap[child]!, request)) break;
      this.#put(hole, heap[child]!);
      hole = child;
    }
    return hole;
  }

  #rise(from: number, request: RequestIndex): void {
    const heap = this.#heap;
    let hole = from;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.#precedes(request, heap[parent]!)) break;
      this.#put(hole, heap[parent]!);
      hole = parent;
    }
    this.#put(hole, request);
  }

  #put(at: number, request: RequestIndex): void {
    this.#heap[at] = request;
    this.#table.heapPosition[request] = at;
  }

  #precedes(a: RequestIndex, b: RequestIndex): boolean {
    const { finishStep, admission } = this.#table;
    const stepA = finishStep[a]!;
    const stepB = finishStep[b]!;
    return stepA < stepB || (stepA === stepB && admission[a]! < admission[b]!);
  }

  #grow(): void {
    this.#heap = grownIntegers(this.#heap, 2 * this.#heap.length);
  }
}
