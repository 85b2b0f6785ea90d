/**
 * Durations in logarithmic buckets: the exponent of the double and the top 11 bits of its mantissa, so a bucket is at
 * most 1/2048 of its lower bound wide. Every quantile lies in the bucket of the exact one (nearest rank), hence within
 * 0.049 % of it; counts, mean, minimum, maximum and zeros are exact. Merging adds buckets.
 */
const MANTISSA_BITS = 11;
const BUCKETS_PER_OCTAVE = 1 << MANTISSA_BITS;
/** 1 ns to 104 days of ns, what a clock of whole nanoseconds in a double can tell apart. */
const OCTAVES = 53;
/** Nothing but zero: a token that comes with the one before it takes no time, and a request may find nobody before it. */
const ZERO = BUCKETS_PER_OCTAVE - 2;
/** Shorter than 1 ns: the last bucket before the first octave. */
const SHORTEST = BUCKETS_PER_OCTAVE - 1;
const LONGEST = SHORTEST + 1 + OCTAVES * BUCKETS_PER_OCTAVE;
/** The first bucket of an octave that lies above √2 times its start. */
const HALF_OCTAVE = Math.floor((Math.SQRT2 - 1) * BUCKETS_PER_OCTAVE);
const EXPONENT_BIAS = 1_023;
/** Bits of the mantissa in the high half of a double. */
const HIGH_MANTISSA_BITS = 20;

const asDouble = new Float64Array(1);
/** The same eight bytes as two halves; the high one is second on the little-endian machines we run on. */
const asHalves = new Uint32Array(asDouble.buffer);

const single = new Float64Array(1);

/** The relative width of a bucket: no quantile is further from the exact one. */
export const RELATIVE_ERROR = 1 / BUCKETS_PER_OCTAVE;

export class Histogram {
  /** By octave, the counts of its buckets, if anything lies there: most distributions span few octaves. */
  readonly #octaves: (Float64Array | undefined)[] = Array<undefined>(OCTAVES + 2).fill(undefined);
  /** By octave, how many lie there; undefined until somebody asks for a quantile. */
  #inOctave: readonly number[] | undefined;
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  /** @param durationNs not negative, not NaN */
  add(durationNs: number): void {
    single[0] = durationNs;
    this.addAll(single, 1);
  }

  /** The first `count` of some durations in ns, in their order: sums of fractions depend on it. */
  addAll(durations: Float64Array, count: number): void {
    this.#inOctave = undefined;
    let sum = this.#sum;
    let min = this.#min;
    let max = this.#max;
    for (let k = 0; k < count; k++) {
      const durationNs = durations[k]!;
      if (!(durationNs >= 0)) throw new Error(`a duration cannot be ${durationNs} ns`);
      const bucket = bucketOf(durationNs);
      const octave = bucket >>> MANTISSA_BITS;
      const counts = this.#octaves[octave] ?? this.#begin(octave);
      counts[bucket & (BUCKETS_PER_OCTAVE - 1)]!++;
      sum += durationNs;
      if (durationNs < min) min = durationNs;
      if (durationNs > max) max = durationNs;
    }
    this.#count += count;
    this.#sum = sum;
    this.#min = min;
    this.#max = max;
  }

  merge(other: Histogram): void {
    if (other.#count === 0) return;
    this.#inOctave = undefined;
    for (let octave = 0; octave < other.#octaves.length; octave++) {
      const added = other.#octaves[octave];
      if (added === undefined) continue;
      const counts = this.#octaves[octave] ?? this.#begin(octave);
      for (let bucket = 0; bucket < BUCKETS_PER_OCTAVE; bucket++) counts[bucket]! += added[bucket]!;
    }
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
  }

  get count(): number {
    return this.#count;
  }

  /** Undefined when nothing was added. */
  get mean(): number | undefined {
    return this.#count === 0 ? undefined : this.#sum / this.#count;
  }

  /** The largest value, exactly. Undefined when nothing was added. */
  get max(): number | undefined {
    return this.#count === 0 ? undefined : this.#max;
  }

  /**
   * The value of nearest rank ⌈probability × count⌉, placed within its bucket as if the values there were evenly spread.
   * Undefined when nothing was added.
   */
  quantile(probability: number): number | undefined {
    if (this.#count === 0) return undefined;
    const rank = nearestRank(probability, this.#count);
    const inOctave = (this.#inOctave ??= this.#octaves.map(countIn));
    let below = 0;
    for (const [octave, counts] of this.#octaves.entries()) {
      if (counts === undefined || below + inOctave[octave]! < rank) {
        below += inOctave[octave]!;
        continue;
      }
      for (let step = 0; step < BUCKETS_PER_OCTAVE; step++) {
        const count = counts[step]!;
        if (below + count >= rank)
          return this.#placed(octave * BUCKETS_PER_OCTAVE + step, (rank - below - 0.5) / count);
        below += count;
      }
    }
    return this.#max;
  }

  /**
   * The shape of the distribution: how many lie from `from` to √2 times that, to 0.05 % of the boundary, from the first of
   * such parts where anything lies to the last. Values below 1 are left out; empty when there are no others.
   */
  halfOctaves(): { readonly from: number; readonly count: number }[] {
    const parts = this.#octaves.slice(1).flatMap((counts, octave) => {
      const half = (start: number, end?: number) => (counts === undefined ? 0 : countIn(counts.subarray(start, end)));
      return [
        { from: 2 ** octave, count: half(0, HALF_OCTAVE) },
        { from: 2 ** octave * Math.SQRT2, count: half(HALF_OCTAVE) },
      ];
    });
    const isTaken = ({ count }: { readonly count: number }) => count > 0;
    return parts.slice(Math.max(0, parts.findIndex(isTaken)), parts.findLastIndex(isTaken) + 1);
  }

  #begin(octave: number): Float64Array {
    const counts = new Float64Array(BUCKETS_PER_OCTAVE);
    this.#octaves[octave] = counts;
    return counts;
  }

  /** @param within share of the bucket below the value */
  #placed(bucket: number, within: number): number {
    const lower = lowerBoundNs(bucket);
    const value = lower + within * (lowerBoundNs(bucket + 1) - lower);
    return Math.min(Math.max(value, this.#min), this.#max);
  }
}

/** What several have counted together: of a single one itself, because an empty one to add it to is not small. */
export function merged(histograms: readonly Histogram[]): Histogram {
  if (histograms.length === 1) return histograms[0]!;
  const all = new Histogram();
  for (const histogram of histograms) all.merge(histogram);
  return all;
}

function countIn(octave: Float64Array | undefined): number {
  let sum = 0;
  if (octave !== undefined) for (let bucket = 0; bucket < octave.length; bucket++) sum += octave[bucket]!;
  return sum;
}

/** From 1 to count. The rounding keeps 0.07 × 100 = 7.000000000000001 from becoming rank 8. */
export function nearestRank(probability: number, count: number): number {
  const rank = Math.ceil(Number((probability * count).toPrecision(14)));
  return Math.min(Math.max(rank, 1), count);
}

function bucketOf(durationNs: number): number {
  if (durationNs < 1) return durationNs === 0 ? ZERO : SHORTEST;
  asDouble[0] = durationNs;
  const octaveAndMantissa = asHalves[1]! >>> (HIGH_MANTISSA_BITS - MANTISSA_BITS);
  return Math.min(BUCKETS_PER_OCTAVE + octaveAndMantissa - EXPONENT_BIAS * BUCKETS_PER_OCTAVE, LONGEST);
}

function lowerBoundNs(bucket: number): number {
  if (bucket <= SHORTEST) return 0;
  const octave = (bucket >>> MANTISSA_BITS) - 1;
  const step = bucket & (BUCKETS_PER_OCTAVE - 1);
  return 2 ** octave * (1 + step / BUCKETS_PER_OCTAVE);
}
