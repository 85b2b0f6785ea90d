/** Progress is counted in parts of the horizon, a whole number that fits an atomic cell. */
const PARTS = 10_000;
const STOP_CELL = 0;
const FIRST_RUN_CELL = 1;

/**
 * What the threads of one command share while they run: how far each run is, and whether to stop. The memory crosses
 * to a worker as it is, so neither side waits for the other.
 */
export class ProgressBoard {
  readonly memory: SharedArrayBuffer;
  readonly #cells: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#cells = new Int32Array(memory);
  }

  static forRuns(runs: number): ProgressBoard {
    return new ProgressBoard(new SharedArrayBuffer((FIRST_RUN_CELL + runs) * Int32Array.BYTES_PER_ELEMENT));
  }

  report(run: number, share: number): void {
    Atomics.store(this.#cells, FIRST_RUN_CELL + run, Math.floor(Math.min(1, share) * PARTS));
  }

  /** Mean over all runs, in [0, 1]. */
  share(): number {
    const runs = this.#cells.length - FIRST_RUN_CELL;
    let parts = 0;
    for (let run = 0; run < runs; run++) parts += Atomics.load(this.#cells, FIRST_RUN_CELL + run);
    return parts / (runs * PARTS);
  }

  askToStop(): void {
    Atomics.store(this.#cells, STOP_CELL, 1);
  }

  get stopAsked(): boolean {
    return Atomics.load(this.#cells, STOP_CELL) === 1;
  }
}
