import { grownFloats, grownIntegers } from '../../sim/columns.ts';
import type { FleetView, PromptView } from '../../sim/ports.ts';
import { StreamIndex } from '../../sim/stream-index.ts';
import { type InstanceIndex, NO_INSTANCE, NO_SEGMENT, type RequestIndex } from '../../sim/units.ts';

const NONE = -1;
/** From so many instances on that have seen a stream, its entries are found by instance: a system prompt is in all of them. */
const WIDE = 16;

/**
 * Which prompts a router has sent where: its own guess of what the caches of the instances hold. Per instance, the streams
 * of the latest prompts and up to which token it has seen them, at most so many; the ones used longest ago are forgotten.
 */
export class PathHistory {
  /** By instance: leading tokens of the prompt looked up last that were sent there before. */
  hitTokens = new Float64Array(0);
  readonly #limit: number;
  /** Streams and ends of the segments of a prompt. */
  #walked = new Float64Array(16);
  #ends = new Float64Array(16);
  /** The first entry of each stream. */
  readonly #streams = new StreamIndex();
  /** Entries: one per stream and instance. */
  #row = new Int32Array(0);
  #instance = new Int32Array(0);
  #tokens = new Float64Array(0);
  /** Neighbours among the entries of the stream … */
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  /** … and of the instance, by use. */
  #newer = new Int32Array(0);
  #older = new Int32Array(0);
  #free = NONE;
  /** By row of a stream: how many entries it has, and those of a wide one by instance, NONE where it has none. */
  readonly #holders: number[] = [];
  readonly #wide: (Int32Array | undefined)[] = [];
  /** By instance. */
  #newest = new Int32Array(0);
  #oldest = new Int32Array(0);
  #entries = new Int32Array(0);

  /** @param limit streams remembered for each instance */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * The eligible instance that has seen most of the prompt, at least `leastTokens` of it (more than 0), or NO_INSTANCE; on a
   * tie the one with the fewest outstanding requests, then the lowest index.
   *
   * @param exact count what their caches still hold, not what they have seen
   */
  warmest(
    request: RequestIndex,
    requests: PromptView,
    fleet: FleetView,
    leastTokens: number,
    exact: boolean,
  ): InstanceIndex {
    const segments = this.#walk(request, requests);
    let best = NO_INSTANCE;
    let most = leastTokens;
    let fewest = Infinity;
    for (let at = segments - 1; at >= 0; at--) {
      const end = this.#ends[at]!;
      // Nobody has seen more than a segment's end of its stream: what lies before it cannot win.
      if (end < most || (best !== NO_INSTANCE && end === most)) break;
      const row = this.#streams.find(this.#walked[at]!);
      if (row === NONE) continue;
      for (let entry = this.#streams.first(row); entry !== NONE; entry = this.#next[entry]!) {
        let tokens = Math.min(this.#tokens[entry]!, end);
        const instance = this.#instance[entry]!;
        if (exact) tokens -= tokens % fleet.blockTokens(instance);
        if (tokens < most) continue;
        const outstanding = fleet.outstandingRequests(instance);
        const isBusier = outstanding > fewest || (outstanding === fewest && instance > best);
        if ((tokens === most && isBusier) || !fleet.isEligible(instance)) continue;
        if (exact) {
          tokens = fleet.cachedTokens(instance, request);
          if (tokens < most || (tokens === most && isBusier)) continue;
        }
        best = instance;
        most = tokens;
        fewest = outstanding;
      }
    }
    return best;
  }

  /** Fill `hitTokens` with how much of the prompt each instance has seen. */
  lookUp(request: RequestIndex, requests: PromptView, fleet: FleetView): void {
    const last = fleet.eligible(fleet.eligibleCount - 1);
    if (last >= this.hitTokens.length) this.hitTokens = new Float64Array(last + 1);
    else this.hitTokens.fill(0);
    for (let at = this.#walk(request, requests) - 1; at >= 0; at--) {
      const row = this.#streams.find(this.#walked[at]!);
      if (row === NONE) continue;
      const end = this.#ends[at]!;
      const wide = this.#wide[row];
      if (wide !== undefined) {
        this.#lookUpWide(wide, end, last);
        continue;
      }
      for (let entry = this.#streams.first(row); entry !== NONE; entry = this.#next[entry]!) {
        const instance = this.#instance[entry]!;
        const tokens = Math.min(this.#tokens[entry]!, end);
        if (instance <= last && tokens > this.hitTokens[instance]!) this.hitTokens[instance] = tokens;
      }
    }
  }

  #lookUpWide(wide: Int32Array, end: number, last: InstanceIndex): void {
    const hitTokens = this.hitTokens;
    const tokensOf = this.#tokens;
    const count = Math.min(last + 1, wide.length);
    for (let instance = 0; instance < count; instance++) {
      const entry = wide[instance]!;
      if (entry === NONE) continue;
      const seen = tokensOf[entry]!;
      const tokens = seen < end ? seen : end;
      if (tokens > hitTokens[instance]!) hitTokens[instance] = tokens;
    }
  }

  /** Of the eligible instances that have seen some of the prompt looked up last, put what their caches still hold in `hitTokens`. */
  askCaches(request: RequestIndex, fleet: FleetView): void {
    for (let k = 0; k < fleet.eligibleCount; k++) {
      const instance = fleet.eligible(k);
      if (this.hitTokens[instance]! > 0) this.hitTokens[instance] = fleet.cachedTokens(instance, request);
    }
  }

  /** Note the segments of a prompt; answers how many. */
  #walk(request: RequestIndex, requests: PromptView): number {
    let count = 0;
    let segment = requests.firstSegment(request);
    for (; segment !== NO_SEGMENT; segment = requests.nextSegment(segment)) {
      if (count === this.#walked.length) {
        this.#walked = grownFloats(this.#walked, 2 * count);
        this.#ends = grownFloats(this.#ends, 2 * count);
      }
      this.#walked[count] = requests.stream(segment);
      this.#ends[count++] = requests.endToken(request, segment);
    }
    return count;
  }

  /** The prompt goes to that instance. */
  remember(request: RequestIndex, requests: PromptView, instance: InstanceIndex): void {
    if (instance >= this.#entries.length) this.#growInstances(instance + 1);
    const segments = this.#walk(request, requests);
    for (let at = 0; at < segments; at++) {
      const entry = this.#use(this.#walked[at]!, instance);
      const end = this.#ends[at]!;
      if (end > this.#tokens[entry]!) this.#tokens[entry] = end;
    }
  }

  /** The entry of a stream in an instance, which is now its newest. */
  #use(stream: number, instance: InstanceIndex): number {
    let entry = this.#entryOf(stream, instance);
    if (entry === NONE) {
      if (this.#entries[instance] === this.#limit) this.#drop(this.#oldest[instance]!);
      entry = this.#add(stream, instance);
    } else {
      this.#unlinkUse(entry);
    }
    const newest = this.#newest[instance]!;
    this.#older[entry] = newest;
    this.#newer[entry] = NONE;
    if (newest === NONE) this.#oldest[instance] = entry;
    else this.#newer[newest] = entry;
    this.#newest[instance] = entry;
    return entry;
  }

  #entryOf(stream: number, instance: InstanceIndex): number {
    const row = this.#streams.find(stream);
    if (row === NONE) return NONE;
    const wide = this.#wide[row];
    if (wide !== undefined) return instance < wide.length ? wide[instance]! : NONE;
    let entry = this.#streams.first(row);
    while (entry !== NONE && this.#instance[entry] !== instance) entry = this.#next[entry]!;
    return entry;
  }

  #add(stream: number, instance: InstanceIndex): number {
    if (this.#free === NONE) this.#growEntries();
    const entry = this.#free;
    this.#free = this.#next[entry]!;
    const known = this.#streams.find(stream);
    const row = known === NONE ? this.#streams.add(stream) : known;
    const first = this.#streams.first(row);
    this.#row[entry] = row;
    this.#instance[entry] = instance;
    this.#tokens[entry] = 0;
    this.#next[entry] = first;
    this.#previous[entry] = NONE;
    if (first !== NONE) this.#previous[first] = entry;
    this.#streams.setFirst(row, entry);
    this.#entries[instance]!++;
    this.#hold(row, entry, instance);
    return entry;
  }

  #hold(row: number, entry: number, instance: InstanceIndex): void {
    const holders = (this.#holders[row] ?? 0) + 1;
    this.#holders[row] = holders;
    let wide = this.#wide[row];
    if (wide === undefined) {
      if (holders < WIDE) return;
      wide = new Int32Array(this.#entries.length).fill(NONE);
      for (let each = entry; each !== NONE; each = this.#next[each]!) wide[this.#instance[each]!] = each;
      this.#wide[row] = wide;
    } else if (instance >= wide.length) {
      const known = wide.length;
      this.#wide[row] = wide = grownIntegers(wide, this.#entries.length).fill(NONE, known);
    }
    wide[instance] = entry;
  }

  #letGo(row: number, instance: InstanceIndex): void {
    const holders = this.#holders[row]! - 1;
    this.#holders[row] = holders;
    if (holders === 0) this.#wide[row] = undefined;
    else if (this.#wide[row] !== undefined) this.#wide[row][instance] = NONE;
  }

  #drop(entry: number): void {
    const row = this.#row[entry]!;
    const next = this.#next[entry]!;
    const previous = this.#previous[entry]!;
    if (next !== NONE) this.#previous[next] = previous;
    if (previous !== NONE) this.#next[previous] = next;
    else if (next !== NONE) this.#streams.setFirst(row, next);
    else this.#streams.remove(row);
    this.#unlinkUse(entry);
    this.#letGo(row, this.#instance[entry]!);
    this.#entries[this.#instance[entry]!]!--;
    this.#next[entry] = this.#free;
    this.#free = entry;
  }

  #unlinkUse(entry: number): void {
    const instance = this.#instance[entry]!;
    const newer = this.#newer[entry]!;
    const older = this.#older[entry]!;
    if (newer === NONE) this.#newest[instance] = older;
    else this.#older[newer] = older;
    if (older === NONE) this.#oldest[instance] = newer;
    else this.#newer[older] = newer;
  }

  #growInstances(instances: number): void {
    const known = this.#entries.length;
    this.#newest = grownIntegers(this.#newest, instances).fill(NONE, known);
    this.#oldest = grownIntegers(this.#oldest, instances).fill(NONE, known);
    this.#entries = grownIntegers(this.#entries, instances);
  }

  #growEntries(): void {
    const known = this.#row.length;
    const capacity = Math.max(256, 2 * known);
    this.#row = grownIntegers(this.#row, capacity);
    this.#instance = grownIntegers(this.#instance, capacity);
    this.#tokens = grownFloats(this.#tokens, capacity);
    this.#next = grownIntegers(this.#next, capacity);
    this.#previous = grownIntegers(this.#previous, capacity);
    this.#newer = grownIntegers(this.#newer, capacity);
    this.#older = grownIntegers(this.#older, capacity);
    for (let entry = capacity - 1; entry >= known; entry--) {
      this.#next[entry] = this.#free;
      this.#free = entry;
    }
  }
}
