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

/** Low bits of a time that are looked at first when somebody asks who shares it. */
const LOW_BITS = 0x3ff;

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
  /** As many as there are sources, or more, so that all of them play equally many rounds: a power of two. */
  readonly #places: number;
  /** By place, which is that of a source or nobody's; Infinity: there is no event. */
  readonly #times: Float64Array;
  readonly #kinds: Int32Array;
  /** Per node, the source that wins there. Node 1 is the final, its children are 2k and 2k + 1, and the places themselves
   * are the last nodes, in their order. */
  readonly #winners: Int32Array;
  /** By the low bits of a time, the places that have such a time; undefined where nobody asks for ties. */
  readonly #alike: Int32Array | undefined;

  /** @param asksForTies whether it will be asked for them often */
  constructor(sources: number, asksForTies = false) {
    let places = 1;
    while (places < sources) places *= 2;
    this.#places = places;
    this.#times = new Float64Array(places).fill(Infinity);
    this.#kinds = new Int32Array(places);
    this.#winners = new Int32Array(2 * places);
    for (let source = 0; source < places; source++) this.#winners[places + source] = source;
    for (let node = places - 1; node > 0; node--) this.#winners[node] = this.#winners[2 * node]!;
    this.#alike = asksForTies ? new Int32Array(LOW_BITS + 1) : undefined;
    if (this.#alike !== undefined) this.#alike[Infinity & LOW_BITS] = places;
  }

  /** Whether another event shares the first one's time: it would have been beaten by the first one on its way. */
  get firstIsTied(): boolean {
    const { timeNs } = this;
    // Mostly nobody else has such a time.
    if (this.#alike !== undefined && this.#alike[timeNs & LOW_BITS] === 1) return false;
    const times = this.#times;
    const winners = this.#winners;
    let node = (this.#places + this.source) | 0;
    for (; node > 3; node >>= 2) {
      if (times[winners[node ^ 1]!]! === timeNs || times[winners[(node >> 1) ^ 1]!]! === timeNs) return true;
    }
    return node > 1 && times[winners[node ^ 1]!]! === timeNs;
  }

  /** Schedule, or reschedule, the one event of a source. */
  set(source: number, timeNs: Ns, kind: EventKind): void {
    assert(timeNs >= 0, 'an event time is not a number');
    if (this.#alike !== undefined) this.#recount(this.#alike, this.#times[source]!, timeNs);
    this.#kinds[source] = kind;
    this.#times[source] = timeNs;
    this.#play(source);
  }

  clear(source: number): void {
    // A tie of nothing with nothing is nobody's, so its kind does not matter.
    if (this.#times[source] !== Infinity) this.set(source, Infinity, 0);
  }

  /**
   * Play again the matches that the source takes part in, until one ends as it did before, and was not won by the source. Its
   * time is known already: handed over, it would be boxed.
   */
  #play(source: number): void {
    const winners = this.#winners;
    // Whole numbers of 32 bits throughout: the loop is the hottest of all. Two rounds at a time, because whatever does not
    // change is read again at every turn.
    let winner = source | 0;
    let node = (this.#places + source) | 0;
    for (; node > 3; node >>= 2) {
      winner = this.#winnerOf(winner, winners[node ^ 1]!);
      const next = node >> 1;
      winners[next] = winner;
      winner = this.#winnerOf(winner, winners[next ^ 1]!);
      if (winner !== source && winners[node >> 2] === winner) return;
      winners[node >> 2] = winner;
    }
    if (node > 1) {
      winner = this.#winnerOf(winner, winners[node ^ 1]!);
      winners[1] = winner;
    }
    this.timeNs = this.#times[winner]!;
    this.kind = this.#kinds[winner]!;
    this.source = winner;
  }

  #recount(alike: Int32Array, fromNs: Ns, toNs: Ns): void {
    alike[fromNs & LOW_BITS]!--;
    alike[toNs & LOW_BITS]!++;
  }

  #winnerOf(source: number, other: number): number {
    const sourceNs = this.#times[source]!;
    const otherNs = this.#times[other]!;
    // A toss-up, which a processor would guess wrong every other time: so it is counted, not decided.
    if (otherNs !== sourceNs) return source ^ ((other ^ source) & -Number(otherNs < sourceNs));
    const kinds = this.#kinds;
    const kind = kinds[source]!;
    const otherKind = kinds[other]!;
    return kind === otherKind ? Math.min(source, other) : kind < otherKind ? source : other;
  }
}
