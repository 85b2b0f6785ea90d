import { grownFloats } from './columns.ts';
import type { StepCost } from './ports.ts';
import type { PrefillChunks } from './prefill-chunks.ts';
import { MAX_SEGMENT_TICKS, TICKS_PER_NS, type RequestIndex, type Ticks } from './units.ts';

/** What is kept of a request lies side by side: ns that are put aside, and the ticks beyond them, of prefill and decoding, … */
const PREFILL = 0;
const DECODE = 2;
/** … and what the running sums of its instance were when it began to decode. */
const AT_BEGIN = 4;
/** As much as memory is fetched at once. */
const WIDTH = 8;

/**
 * Resource time: what each request in flight has had of the ticks of steps, on whatever instances. Sums are exact: ticks
 * become whole ns before a double could no longer count them.
 */
export class ResourceTime {
  #rows = new Float64Array(1_024 * WIDTH);
  #weights = new Float64Array(8);

  /**
   * Share the ticks that prompt chunks add to a step among them.
   * @param computed tokens before the segment, by request
   * @param since tokens that each has computed in the segment before the step
   */
  shareAmong(chunks: PrefillChunks, computed: Int32Array, since: number, addedTicks: Ticks, stepCost: StepCost): void {
    const { count, requests, tokens } = chunks;
    if (count > this.#weights.length) this.#weights = new Float64Array(2 * count);
    const weights = this.#weights;
    let sum = 0;
    for (let chunk = 0; chunk < count; chunk++) {
      const weight = stepCost.chunkWeight(tokens[chunk]!, computed[requests[chunk]!]! + since);
      weights[chunk] = weight;
      sum += weight;
    }
    for (let chunk = 0; chunk < count; chunk++) {
      const request = requests[chunk]!;
      // Everybody prefills first, so here is the place to make room for a row.
      if (request * WIDTH >= this.#rows.length) this.#rows = grownFloats(this.#rows, 2 * request * WIDTH);
      this.#add(request * WIDTH + PREFILL, Math.floor((addedTicks * weights[chunk]!) / sum));
    }
  }

  /** A request begins to decode while the running sums of its instance come to so much for it. */
  begin(request: RequestIndex, sum: Ticks): void {
    this.#rows[request * WIDTH + AT_BEGIN] = sum;
  }

  /** … and so much when it stops. */
  end(request: RequestIndex, sum: Ticks): void {
    const row = request * WIDTH;
    this.#add(row + DECODE, sum - this.#rows[row + AT_BEGIN]!);
  }

  /** Ticks of a request that leaves, rounded once; those of the next one in its row start at 0. */
  takePrefill(request: RequestIndex): Ticks {
    return this.#take(request * WIDTH + PREFILL);
  }

  takeDecode(request: RequestIndex): Ticks {
    return this.#take(request * WIDTH + DECODE);
  }

  /** The same of a request that stays in flight. */
  prefillSoFar(request: RequestIndex): Ticks {
    return this.#sum(request * WIDTH + PREFILL);
  }

  decodeSoFar(request: RequestIndex): Ticks {
    return this.#sum(request * WIDTH + DECODE);
  }

  #add(at: number, ticks: Ticks): void {
    const rows = this.#rows;
    const sum = rows[at + 1]! + ticks;
    rows[at + 1] = sum;
    if (Math.abs(sum) < MAX_SEGMENT_TICKS) return;
    const ns = Math.floor(sum / TICKS_PER_NS);
    rows[at]! += ns;
    rows[at + 1] = sum - ns * TICKS_PER_NS;
  }

  /** A row that nobody has used yet may be beyond the end. */
  #take(at: number): Ticks {
    const rows = this.#rows;
    if (at >= rows.length) return 0;
    const sum = this.#sum(at);
    rows[at] = 0;
    rows[at + 1] = 0;
    return sum;
  }

  #sum(at: number): Ticks {
    return at >= this.#rows.length ? 0 : this.#rows[at]! * TICKS_PER_NS + this.#rows[at + 1]!;
  }
}
