import type { Rng } from './streams.ts';

/*
 * Every draw of a fixed kind uses a fixed number of uniforms (one, wherever a quantile function is at hand), so that
 * changing one parameter of a run leaves all its other draws as they were.
 */

const TWO_32 = 4_294_967_296;
const TWO_52 = TWO_32 * 1_048_576;
const SMALLEST_TAIL = 0.5 / TWO_52;
/** 2³² divided by the golden ratio, odd: consecutive draw numbers land far apart. */
const DRAW_STRIDE = 0x9e3779b9;
const BLOCK_STRIDE = 0x85ebca6b;

/** A whole number in [0, 2³²) for counterUniform; the only uniform its stream need ever give. */
export function streamSeed(rng: Rng): number {
  return Math.floor(rng.uniform() * TWO_32);
}

/**
 * A uniform that depends on its arguments and on nothing drawn before: what belongs to a session comes from here, so
 * the order in which requests finish does not change it. Strictly inside (0, 1): an odd multiple of 2⁻⁵³.
 *
 * @param session any whole number from 0 to 2⁵³
 * @param draw which draw of the session: 0, 1, 2, …
 */
export function counterUniform(streamSeed: number, session: number, draw: number): number {
  const block = session < TWO_32 ? 0 : Math.floor(session / TWO_32);
  return keyedUniform(mix(streamSeed + Math.imul(block, BLOCK_STRIDE) + Math.imul(draw + 1, DRAW_STRIDE)), session);
}

/** What is the same in this draw of all sessions below 2³². */
export function counterKey(streamSeed: number, draw: number): number {
  return mix(streamSeed + Math.imul(draw + 1, DRAW_STRIDE));
}

/** The `counterUniform` that a key belongs to. @param session below 2³², or its lower 32 bits */
export function keyedUniform(key: number, session: number): number {
  const inner = mix((session | 0) ^ key);
  const outer = mix(inner + Math.imul(key, DRAW_STRIDE));
  return ((outer >>> 6) * 67_108_864 + (inner >>> 6) + 0.5) / TWO_52;
}

/** A permutation of the 32-bit integers in which every input bit reaches every output bit (C. Wellons' constants). */
function mix(word: number): number {
  let bits = word | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return bits ^ (bits >>> 16);
}

/** @param uniform in [0, 1) */
export function exponential(uniform: number, mean: number): number {
  return -mean * Math.log(1 - uniform);
}

/**
 * The standard normal quantile: M. J. Wichura's AS 241 (Applied Statistics 37, 1988), relative error about 10⁻¹⁶.
 * Monotone in its argument, and never infinite: arguments nearer than 2⁻⁵³ to 0 or 1 answer as if they were that far.
 */
export function standardNormal(uniform: number): number {
  const centred = uniform - 0.5;
  if (centred >= -0.425 && centred <= 0.425) return centred * centralRatio(0.180625 - centred * centred);
  const tail = Math.max(centred < 0 ? uniform : 1 - uniform, SMALLEST_TAIL);
  const root = Math.sqrt(-Math.log(tail));
  const distance = root <= 5 ? nearTailRatio(root - 1.6) : farTailRatio(root - 5);
  return centred < 0 ? -distance : distance;
}

/* prettier-ignore */
function centralRatio(r: number): number {
  const above = ((((((2.5090809287301227e3 * r + 3.343057558358813e4) * r + 6.72657709270087e4) * r +
    4.592195393154987e4) * r + 1.373169376550946e4) * r + 1.9715909503065513e3) * r +
    1.3314166789178438e2) * r + 3.3871328727963665;
  const below = ((((((5.226495278852854e3 * r + 2.8729085735721943e4) * r + 3.930789580009271e4) * r +
    2.1213794301586597e4) * r + 5.394196021424751e3) * r + 6.871870074920579e2) * r +
    4.231333070160091e1) * r + 1;
  return above / below;
}

/* prettier-ignore */
function nearTailRatio(r: number): number {
  const above = ((((((7.745450142783414e-4 * r + 2.2723844989269184e-2) * r + 2.417807251774506e-1) * r +
    1.2704582524523684) * r + 3.6478483247632045) * r + 5.769497221460691) * r +
    4.630337846156546) * r + 1.4234371107496835;
  const below = ((((((1.0507500716444169e-9 * r + 5.475938084995345e-4) * r + 1.5198666563616457e-2) * r +
    1.4810397642748008e-1) * r + 6.897673349851e-1) * r + 1.6763848301838038) * r +
    2.053191626637759) * r + 1;
  return above / below;
}

/* prettier-ignore */
function farTailRatio(r: number): number {
  const above = ((((((2.0103343992922881e-7 * r + 2.7115555687434876e-5) * r + 1.2426609473880784e-3) * r +
    2.6532189526576124e-2) * r + 2.9656057182850487e-1) * r + 1.7848265399172913) * r +
    5.463784911164114) * r + 6.657904643501103;
  const below = ((((((2.0442631033899397e-15 * r + 1.421511758316446e-7) * r + 1.8463183175100548e-5) * r +
    7.868691311456133e-4) * r + 1.4875361290850615e-2) * r + 1.369298809227358e-1) * r +
    5.99832206555888e-1) * r + 1;
  return above / below;
}

/**
 * Gamma with mean `shape` and scale 1, by G. Marsaglia and W. W. Tsang's rejection (ACM TOMS 26, 2000). It may need
 * several uniforms, so it takes them from its own counters: draw number `counter` never disturbs another.
 */
export function gamma(shape: number, streamSeed: number, counter: number): number {
  // A shape below 1 is reached from shape + 1 by a power of one more uniform.
  const boost = shape < 1 ? Math.exp(Math.log(counterUniform(streamSeed, counter, 0)) / shape) : 1;
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (let draw = 1; ; draw += 2) {
    const normal = standardNormal(counterUniform(streamSeed, counter, draw));
    const root = 1 + c * normal;
    if (root <= 0) continue;
    const cube = root * root * root;
    const logUniform = Math.log(counterUniform(streamSeed, counter, draw + 1));
    if (logUniform < normal * normal * 0.5 + d * (1 - cube + Math.log(cube))) return boost * d * cube;
  }
}

/** Something one uniform is turned into. */
export interface Distribution {
  /** Rises with its argument between one jump and the next. @param uniform in [0, 1] */
  sample(uniform: number): number;
  /** Where it may fall: ascending, in (0, 1). */
  readonly jumps: readonly number[];
  /** The mean of a function of the sample, to about 10⁻⁴ of itself. */
  meanOf(value: (sample: number) => number): number;
}

const MEAN_POINTS = 4_000;
const MEAN_REACH = 8.5;
/** Where the mean of a normal is summed up, and the density there; made when somebody asks first. */
const points = new Float64Array(MEAN_POINTS + 1);
const densities = new Float64Array(MEAN_POINTS + 1);

function prepareDensities(): void {
  for (let point = 0; point <= MEAN_POINTS; point++) {
    const z = MEAN_REACH * ((2 * point) / MEAN_POINTS - 1);
    points[point] = z;
    densities[point] = Math.exp(-0.5 * z * z);
  }
}

/** A mixture of normals. The uniform chooses the component, and what is left of it the place in the component. */
export class NormalMixture implements Distribution {
  readonly jumps: readonly number[];
  /** Upper ends of the components' shares of (0, 1). */
  readonly #upTo: Float64Array;
  readonly #means: Float64Array;
  readonly #sds: Float64Array;

  constructor(components: readonly { readonly weight: number; readonly mean: number; readonly sd: number }[]) {
    let total = 0;
    for (const { weight } of components) total += weight;
    let sum = 0;
    this.#upTo = Float64Array.from(components, ({ weight }) => (sum += weight) / total);
    this.#upTo[components.length - 1] = 1;
    this.jumps = [...this.#upTo.subarray(0, -1)];
    this.#means = Float64Array.from(components, ({ mean }) => mean);
    this.#sds = Float64Array.from(components, ({ sd }) => sd);
  }

  sample(uniform: number): number {
    const upTo = this.#upTo;
    let k = 0;
    while (uniform >= upTo[k]! && k < upTo.length - 1) k++;
    const from = k === 0 ? 0 : upTo[k - 1]!;
    return this.#means[k]! + this.#sds[k]! * standardNormal((uniform - from) / (upTo[k]! - from));
  }

  meanOf(value: (sample: number) => number): number {
    if (points[0] === 0) prepareDensities();
    let mean = 0;
    for (let k = 0; k < this.#upTo.length; k++) {
      let weighted = 0;
      let weights = 0;
      for (let point = 0; point <= MEAN_POINTS; point++) {
        const density = densities[point]!;
        weighted += density * value(this.#means[k]! + this.#sds[k]! * points[point]!);
        weights += density;
      }
      mean += ((this.#upTo[k]! - (k === 0 ? 0 : this.#upTo[k - 1]!)) * weighted) / weights;
    }
    return mean;
  }
}

const TABLE_CELLS = 64;

/** A quantile function given by its values at rising shares from 0 to 1, straight between them. */
export class QuantileTable implements Distribution {
  readonly jumps: readonly number[] = [];
  readonly #shares: Float64Array;
  readonly #values: Float64Array;
  /** For each cell of [0, 1], 1 being a cell of its own: the first piece that ends behind its beginning. */
  readonly #firstPiece = new Int32Array(TABLE_CELLS + 1);

  constructor(shares: readonly number[], values: readonly number[]) {
    this.#shares = Float64Array.from(shares);
    this.#values = Float64Array.from(values);
    let piece = 1;
    for (let cell = 0; cell <= TABLE_CELLS; cell++) {
      while (cell / TABLE_CELLS >= this.#shares[piece]! && piece < shares.length - 1) piece++;
      this.#firstPiece[cell] = piece;
    }
  }

  sample(uniform: number): number {
    const shares = this.#shares;
    let k = this.#firstPiece[Math.floor(uniform * TABLE_CELLS)]!;
    while (uniform >= shares[k]! && k < shares.length - 1) k++;
    const along = (uniform - shares[k - 1]!) / (shares[k]! - shares[k - 1]!);
    return this.#values[k - 1]! + along * (this.#values[k]! - this.#values[k - 1]!);
  }

  meanOf(value: (sample: number) => number): number {
    let mean = 0;
    for (let k = 1; k < this.#shares.length; k++) {
      const from = this.#values[k - 1]!;
      let sum = 0;
      for (let point = 0.5; point < MEAN_POINTS; point++) {
        sum += value(from + (point / MEAN_POINTS) * (this.#values[k]! - from));
      }
      mean += ((this.#shares[k]! - this.#shares[k - 1]!) * sum) / MEAN_POINTS;
    }
    return mean;
  }
}
