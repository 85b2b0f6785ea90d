import { grownFloats, grownIntegers } from './columns.ts';
import type { RequestTable } from './request-table.ts';
import type { RequestIndex } from './units.ts';

/**
 * The decoding requests of one instance by the step after which something happens to them, and in order of admission
 * within a step: a binary heap.
 */
export class FinishHeap {
  size = 0;
  /** After that many steps of the instance something happens to the first; Infinity when nobody is here. */
  firstStep = Infinity;
  /** In heap order. */
  #steps = new Float64Array(16);
  #requests = new Int32Array(16);
  readonly #table: RequestTable;

  constructor(table: RequestTable) {
    this.#table = table;
  }

  /** The first it happens to; only when size > 0. */
  get first(): RequestIndex {
    return this.#requests[0]!;
  }

  /** All of them, in no order that means anything: 0 ≤ at < size. */
  requestAt(at: number): RequestIndex {
    return this.#requests[at]!;
  }

  push(request: RequestIndex, step: number): void {
    if (this.size === this.#requests.length) this.#grow();
    const at = this.size++;
    this.#steps[at] = step;
    this.#requests[at] = request;
    this.#rise(at);
    this.firstStep = this.#steps[0]!;
  }

  /** Mostly it is the first one that goes; a preempted request is looked for. */
  remove(request: RequestIndex): void {
    const at = this.#requests[0] === request ? 0 : this.#requests.indexOf(request);
    const last = --this.size;
    if (at < last) {
      this.#steps[at] = this.#steps[last]!;
      this.#requests[at] = this.#requests[last]!;
      this.#sink(at);
      if (at > 0) this.#rise(at);
    }
    this.firstStep = last === 0 ? Infinity : this.#steps[0]!;
  }

  #sink(from: number): void {
    const steps = this.#steps;
    const requests = this.#requests;
    const { size } = this;
    const step = steps[from]!;
    const request = requests[from]!;
    let hole = from;
    for (let child = 2 * hole + 1; child < size; child = 2 * hole + 1) {
      if (child + 1 < size) child = this.#firstOf(child);
      const childStep = steps[child]!;
      if (step < childStep || (step === childStep && this.#isBefore(request, requests[child]!))) break;
      steps[hole] = childStep;
      requests[hole] = requests[child]!;
      hole = child;
    }
    steps[hole] = step;
    requests[hole] = request;
  }

  /** Of a place and the next, the one that goes first. */
  #firstOf(at: number): number {
    const step = this.#steps[at]!;
    const nextStep = this.#steps[at + 1]!;
    if (step === nextStep) return this.#isBefore(this.#requests[at]!, this.#requests[at + 1]!) ? at : at + 1;
    // A toss-up, which a processor would guess wrong every other time: so it is counted, not decided.
    return at + Number(nextStep < step);
  }

  #rise(from: number): void {
    const steps = this.#steps;
    const requests = this.#requests;
    const step = steps[from]!;
    const request = requests[from]!;
    let hole = from;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const parentStep = steps[parent]!;
      if (parentStep < step || (parentStep === step && this.#isBefore(requests[parent]!, request))) break;
      steps[hole] = parentStep;
      requests[hole] = requests[parent]!;
      hole = parent;
    }
    steps[hole] = step;
    requests[hole] = request;
  }

  #isBefore(a: RequestIndex, b: RequestIndex): boolean {
    const { admission } = this.#table;
    return admission[a]! < admission[b]!;
  }

  #grow(): void {
    this.#steps = grownFloats(this.#steps, 2 * this.size);
    this.#requests = grownIntegers(this.#requests, 2 * this.size);
  }
}
