import type { Instance } from './instance.ts';
import type { TelemetryRequest } from './ports.ts';
import type { InstanceIndex, Ns } from './units.ts';

/**
 * What instances report of themselves: a snapshot at every multiple of the interval that shows everything of its instant,
 * seen `delayNs` later. It reads segments by their closed forms and never cuts one. Snapshots that nobody will see, because a
 * later one is there when the next thing happens, are not taken.
 */
export class Telemetry {
  /** When the next snapshot is due; Infinity where nobody asks for any. */
  nextNs: Ns = Infinity;
  readonly #instances: readonly Instance[];
  readonly #intervalNs: Ns = 1;
  readonly #delayNs: Ns = 0;
  /** Snapshots that are taken and may yet be seen: as many rows of all instances, the k-th at k modulo so many. */
  readonly #rows: number = 0;
  /** … and after them a row for the time before the first: all 0. */
  readonly #waiting: Int32Array;
  readonly #running: Int32Array;
  readonly #kvUse: Float64Array;
  /** Where the row begins that is seen now, and until when. */
  #seen: number;
  #seenUntilNs: Ns = Infinity;

  constructor(instances: readonly Instance[], request: TelemetryRequest | undefined) {
    this.#instances = instances;
    if (request !== undefined) {
      this.nextNs = 0;
      this.#intervalNs = request.intervalNs;
      this.#delayNs = request.delayNs;
      this.#rows = Math.ceil(request.delayNs / request.intervalNs) + 2;
      this.#seenUntilNs = 0;
    }
    const size = (this.#rows + 1) * instances.length;
    this.#waiting = new Int32Array(size);
    this.#running = new Int32Array(size);
    this.#kvUse = new Float64Array(size);
    this.#seen = this.#rows * instances.length;
  }

  /** Nothing happens before `timeNs` any more: take the snapshots that are due before it. */
  takeBefore(timeNs: Ns): void {
    const interval = this.#intervalNs;
    let snapshot = Math.max(this.nextNs / interval, this.#seenAt(timeNs));
    for (; snapshot * interval < timeNs; snapshot++) this.#take(snapshot);
    this.nextNs = snapshot * interval;
  }

  /** Show what has been reported by now, when all snapshots before it are taken. */
  look(nowNs: Ns): void {
    if (nowNs < this.#seenUntilNs) return;
    const snapshot = this.#seenAt(nowNs);
    const row = snapshot < 0 ? this.#rows : snapshot % this.#rows;
    this.#seen = row * this.#instances.length;
    // One more than the time of the next: without a delay a snapshot is not seen at its own instant.
    this.#seenUntilNs = (snapshot + 1) * this.#intervalNs + Math.max(this.#delayNs, 1);
  }

  waitingRequests(instance: InstanceIndex): number {
    return this.#waiting[this.#seen + instance]!;
  }

  runningRequests(instance: InstanceIndex): number {
    return this.#running[this.#seen + instance]!;
  }

  kvUse(instance: InstanceIndex): number {
    return this.#kvUse[this.#seen + instance]!;
  }

  /** The number of the snapshot that is seen at a moment; −1 before the first. */
  #seenAt(timeNs: Ns): number {
    return Math.max(-1, Math.floor((timeNs - Math.max(this.#delayNs, 1)) / this.#intervalNs));
  }

  #take(snapshot: number): void {
    const timeNs = snapshot * this.#intervalNs;
    const start = (snapshot % this.#rows) * this.#instances.length;
    for (let index = 0; index < this.#instances.length; index++) {
      const instance = this.#instances[index]!;
      this.#waiting[start + index] = instance.waitingRequests;
      this.#running[start + index] = instance.batch.running.size;
      this.#kvUse[start + index] = instance.kvBlocksUsedAt(timeNs) / instance.engine.kvBlocks;
    }
  }
}
