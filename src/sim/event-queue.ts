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
 * The future event list: a knock-out tournament in which every source (an instance, a controller) has at most one event.
 * Ordered by (time, kind, source): unlike an order of insertion, this does not depend on how often a source changed its
 * mind, so cutting a segment cannot reorder simultaneous events.
 */
export class EventQueue {
  /** Of the first event: Infinity when there is none. Kept, not asked of the tournament: the event loop reads it all the time. */
  timeNs: Ns = Infinity;
  kind = 0;
  /** It stays first until its source is set again or cleared. */
  source = 0;
  readonly #sources: number;
  /** Per source; Infinity: it has no event. */
  readonly #times: Float64Array;
  readonly #kinds: Int32Array;
  /** Per node, the source that wins there. Node 1 is the final, its children are 2k and 2k + 1, and the sources themselves
   * are the last nodes, in their order. */
  readonly #winners: Int32Array;

  constructor(sources: number) {
    this.#sources = sources;
    this.#times = new Float64Array(sources).fill(Infinity);
    this.#kinds = new Int32Array(sources);
    this.#winners = new Int32Array(2 * sources);
    for (let source = 0; source < sources; source++) this.#winners[sources + source] = source;
    for (let node = sources - 1; node > 0; node--) this.#winners[node] = this.#winners[2 * node]!;
  }

  /** Whether another event shares the first one's time: it would have been beaten by the first one on its way. */
  get firstIsTied(): boolean {
    const times = this.#times;
    const winners = this.#winners;
    const { timeNs } = this;
    for (let node = this.#sources + this.source; node > 1; node >>= 1) {
      if (times[winners[node ^ 1]!]! === timeNs) return true;
    }
    return false;
  }

  /** Schedule, or reschedule, the one event of a source. */
  set(source: number, timeNs: Ns, kind: EventKind): void {
    assert(timeNs >= 0, 'an event time is not a number');
    this.#kinds[source] = kind;
    this.#play(source, timeNs);
  }

  clear(source: number): void {
    this.#play(source, Infinity);
  }

  /** Play all matches again in which the source takes part. */
  #play(source: number, timeNs: Ns): void {
    const times = this.#times;
    const kinds = this.#kinds;
    const winners = this.#winners;
    times[source] = timeNs;
    // Whole numbers of 32 bits throughout, and nothing called: the loop is the hottest of all.
    let winner = source | 0;
    for (let node = (this.#sources + source) | 0; node > 1; node >>= 1) {
      const other = winners[node ^ 1]!;
      const winnerNs = times[winner]!;
      const otherNs = times[other]!;
      if (otherNs === winnerNs) {
        const kindA = kinds[winner]!;
        const kindB = kinds[other]!;
        if (kindA === kindB ? winner > other : kindA > kindB) winner = other;
      } else {
        // Who wins is a toss-up, which a processor would guess wrong every other time: so it is counted, not decided.
        winner ^= (other ^ winner) & -Number(otherNs < winnerNs);
      }
      winners[node >> 1] = winner;
    }
    this.timeNs = times[winner]!;
    this.kind = kinds[winner]!;
    this.source = winner;
  }
}
