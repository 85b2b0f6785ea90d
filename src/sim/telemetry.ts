import type { Instance } from './instance.ts';
import type { TelemetryRequest } from './ports.ts';
import type { Ns } from './units.ts';

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
  readonly #waiting: readonly Int32Array[];
  readonly #running: readonly Int32Array[];
  readonly #kvUse: readonly Float64Array[];
  /** The row that is seen now, and until when. */
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
    const rows = { length: this.#rows + 1 };
    this.#waiting = Array.from(rows, () => new Int32Array(instances.length));
    this.#running = Array.from(rows, () => new Int32Array(instances.length));
    this.#kvUse = Array.from(rows, () => new Float64Array(instances.length));
    this.#seen = this.#rows;
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
    this.#seen = snapshot < 0 ? this.#rows : snapshot % this.#rows;
    // One more than the time of the next: without a delay a snapshot is not seen at its own instant.
    this.#seenUntilNs = (snapshot + 1) * this.#intervalNs + Math.max(this.#delayNs, 1);
  }

  get waitingRequests(): Int32Array {
    return this.#waiting[this.#seen]!;
  }

  get runningRequests(): Int32Array {
    return this.#running[this.#seen]!;
  }

  get kvUse(): Float64Array {
    return this.#kvUse[this.#seen]!;
  }

  /** The number of the snapshot that is seen at a moment; −1 before the first. */
  #seenAt(timeNs: Ns): number {
    return Math.max(-1, Math.floor((timeNs - Math.max(this.#delayNs, 1)) / this.#intervalNs));
  }

  #take(snapshot: number): void {
    const timeNs = snapshot * this.#intervalNs;
    const row = snapshot % this.#rows;
    const [waiting, running, kvUse] = [this.#waiting[row]!, this.#running[row]!, this.#kvUse[row]!];
    for (let index = 0; index < this.#instances.length; index++) {
      const instance = this.#instances[index]!;
      waiting[index] = instance.waitingRequests;
      running[index] = instance.batch.running.size;
      kvUse[index] = instance.kvBlocksUsedAt(timeNs) / instance.engine.kvBlocks;
    }
  }
}
