import { assert } from './assert.ts';
import type { Ns } from './units.ts';

/** What can happen. At equal times lower kinds go first, so this order is part of the model. */
export const EventKind = {
  instanceReady: 0, // capacity exists before anyone is routed to it
  stepEnd: 1, //       a finished request frees its place before the next arrival looks
  transferEnd: 2,
  arrival: 3,
  controlTick: 4, //   controllers see the instant as it ends …
  batchFormation: 5, // … and batches are formed by what they set
} as const;
export type EventKind = (typeof EventKind)[keyof typeof EventKind];

/**
 * The future event list: an indexed binary heap in which every source (an instance, the arrivals, a controller) has at
 * most one event. Ordered by (time, kind, source): unlike an order of insertion, this does not depend on how often a
 * source changed its mind, so cutting a segment cannot reorder simultaneous events.
 */
export class EventQueue {
  #size = 0;
  readonly #times: Float64Array;
  readonly #kinds: Int32Array;
  /** Sources in heap order, and where each stands in it (−1: not scheduled). */
  readonly #heap: Int32Array;
  readonly #position: Int32Array;

  constructor(sources: number) {
    this.#times = new Float64Array(sources);
    this.#kinds = new Int32Array(sources);
    this.#heap = new Int32Array(sources);
    this.#position = new Int32Array(sources).fill(-1);
  }

  /** Time of the first event; Infinity when there is none. */
  get timeNs(): Ns {
    return this.#size === 0 ? Infinity : this.#times[this.#heap[0]!]!;
  }

  get kind(): number {
    return this.#kinds[this.#heap[0]!]!;
  }

  /**
   * Source of the first event. The event stays first until its source is set again or cleared, which saves the heap
   * one repair for every event that schedules its own successor.
   */
  get source(): number {
    return this.#heap[0]!;
  }

  /** Whether another event shares the first one's time. */
  get firstIsTied(): boolean {
    const heap = this.#heap;
    const timeNs = this.#times[heap[0]!]!;
    return (
      (this.#size > 1 && this.#times[heap[1]!]! === timeNs) || (this.#size > 2 && this.#times[heap[2]!]! === timeNs)
    );
  }

  /** Schedule, or reschedule, the one event of a source. */
  set(source: number, timeNs: Ns, kind: EventKind): void {
    assert(timeNs >= 0, 'an event time is not a number');
    this.#times[source] = timeNs;
    this.#kinds[source] = kind;
    let hole = this.#position[source]!;
    if (hole < 0) {
      hole = this.#size++;
    } else {
      hole = this.#sink(hole, source);
    }
    this.#rise(hole, source);
  }

  clear(source: number): void {
    const hole = this.#position[source]!;
    if (hole < 0) return;
    this.#position[source] = -1;
    const last = this.#heap[--this.#size]!;
    if (last !== source) this.#rise(this.#sink(hole, last), last);
  }

  /** Let the hole fall while a child should stand above `source`; answers where it ended. */
  #sink(from: number, source: number): number {
    const heap = this.#heap;
    const size = this.#size;
    let hole = from;
    for (let child = 2 * hole + 1; child < size; child = 2 * hole + 1) {
      if (child + 1 < size && this.#precedes(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#precedes(heap[child]!, source)) break;
      this.#put(hole, heap[child]!);
      hole = child;
    }
    return hole;
  }

  /** Let the hole rise while `source` should stand above its parent, then fill it. */
  #rise(from: number, source: number): void {
    const heap = this.#heap;
    let hole = from;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.#precedes(source, heap[parent]!)) break;
      this.#put(hole, heap[parent]!);
      hole = parent;
    }
    this.#put(hole, source);
  }

  #put(at: number, source: number): void {
    this.#heap[at] = source;
    this.#position[source] = at;
  }

  #precedes(a: number, b: number): boolean {
    const timeA = this.#times[a]!;
    const timeB = this.#times[b]!;
    if (timeA !== timeB) return timeA < timeB;
    const kindA = this.#kinds[a]!;
    const kindB = this.#kinds[b]!;
    return kindA === kindB ? a < b : kindA < kindB;
  }
}
