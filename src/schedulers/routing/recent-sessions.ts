import { grownIntegers } from '../../sim/columns.ts';
import { StreamIndex } from '../../sim/stream-index.ts';
import { type InstanceIndex, NO_INSTANCE } from '../../sim/units.ts';

const NONE = -1;

/** Which instance a session was sent to last, of the `limit` sessions that were heard of last. */
export class RecentSessions {
  readonly #limit: number;
  readonly #index = new StreamIndex();
  #size = 0;
  /** Per row of the index. */
  #instance = new Int32Array(0);
  #newer = new Int32Array(0);
  #older = new Int32Array(0);
  #newest = NONE;
  #oldest = NONE;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @param key a whole number ≥ 0 */
  instanceOf(key: number): InstanceIndex {
    const row = this.#index.find(key);
    return row === NONE ? NO_INSTANCE : this.#instance[row]!;
  }

  remember(key: number, instance: InstanceIndex): void {
    let row = this.#index.find(key);
    if (row === NONE) row = this.#add(key);
    else this.#unlink(row);
    this.#instance[row] = instance;
    this.#older[row] = this.#newest;
    this.#newer[row] = NONE;
    if (this.#newest === NONE) this.#oldest = row;
    else this.#newer[this.#newest] = row;
    this.#newest = row;
  }

  #add(key: number): number {
    if (this.#size === this.#limit) {
      const oldest = this.#oldest;
      this.#unlink(oldest);
      this.#index.remove(oldest);
    } else {
      this.#size++;
    }
    const row = this.#index.add(key);
    if (row >= this.#instance.length) {
      const capacity = Math.max(64, 2 * row);
      this.#instance = grownIntegers(this.#instance, capacity);
      this.#newer = grownIntegers(this.#newer, capacity);
      this.#older = grownIntegers(this.#older, capacity);
    }
    return row;
  }

  #unlink(row: number): void {
    const newer = this.#newer[row]!;
    const older = this.#older[row]!;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
  }
}
