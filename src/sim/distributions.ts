import type { Rng } from './streams.ts';

/*
 * Every draw of a fixed kind uses a fixed number of uniforms (one, wherever a quantile function is at hand), so that
 * changing one parameter of a run leaves all its other draws as they were.
 */

const TWO_32 = 4_294_967_296;
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
  const block = Math.floor(session / TWO_32);
  const key = mix(mix(streamSeed + Math.imul(block, BLOCK_STRIDE)) + Math.imul(draw + 1, DRAW_STRIDE));
  const inner = mix((session | 0) ^ key);
  const high = mix(inner + Math.imul(key, DRAW_STRIDE));
  const low = mix(high ^ Math.imul(inner, BLOCK_STRIDE));
  return ((high >>> 6) * 67_108_864 + (low >>> 6) + 0.5) / 4_503_599_627_370_496;
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
  const tail = Math.max(centred < 0 ? uniform : 1 - uniform, 2 ** -53);
  const root = Math.sqrt(-Math.log(tail));
  const distance = root <= 5 ? nearTailRatio(root - 1.6) : farTailRatio(root - 5);
  return centred < 0 ? -distance : distance;
}

/* prettier-ignore */
function centralRatio(r: number): number {
  const above = ((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r +
    4.5921953931549871457e4) * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r +
    1.3314166789178437745e2) * r + 3.387132872796366608;
  const below = ((((((5.226495278852854561e3 * r + 2.8729085735721942674e4) * r + 3.930789580009271061e4) * r +
    2.1213794301586595867e4) * r + 5.3941960214247511077e3) * r + 6.871870074920579083e2) * r +
    4.2313330701600911252e1) * r + 1;
  return above / below;
}

/* prettier-ignore */
function nearTailRatio(r: number): number {
  const above = ((((((7.7454501427834140764e-4 * r + 2.27238449892691845833e-2) * r + 2.4178072517745061177e-1) * r +
    1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r +
    4.6303378461565452959) * r + 1.42343711074968357734;
  const below = ((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 1.51986665636164571966e-2) * r +
    1.4810397642748007459e-1) * r + 6.8976733498510000455e-1) * r + 1.6763848301838038494) * r +
    2.05319162663775882187) * r + 1;
  return above / below;
}

/* prettier-ignore */
function farTailRatio(r: number): number {
  const above = ((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.2426609473880784386e-3) * r +
    2.6532189526576123093e-2) * r + 2.9656057182850489123e-1) * r + 1.7848265399172913358) * r +
    5.4637849111641143699) * r + 6.6579046435011037772;
  const below = ((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r +
    7.868691311456132591e-4) * r + 1.48753612908506148525e-2) * r + 1.3692988092273580531e-1) * r +
    5.9983220655588793769e-1) * r + 1;
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
  /** @param uniform in (0, 1) */
  sample(uniform: number): number;
  /** The mean of a function of the sample, to about 10⁻⁴ of itself. */
  meanOf(value: (sample: number) => number): number;
}

const MEAN_POINTS = 4_000;
const MEAN_REACH = 8.5;

/** A mixture of normals. The uniform chooses the component, and what is left of it the place in the component. */
export class NormalMixture implements Distribution {
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
    let mean = 0;
    for (let k = 0; k < this.#upTo.length; k++) {
      let weighted = 0;
      let weights = 0;
      for (let point = 0; point <= MEAN_POINTS; point++) {
        const z = MEAN_REACH * ((2 * point) / MEAN_POINTS - 1);
        const density = Math.exp(-0.5 * z * z);
        weighted += density * value(this.#means[k]! + this.#sds[k]! * z);
        weights += density;
      }
      mean += ((this.#upTo[k]! - (k === 0 ? 0 : this.#upTo[k - 1]!)) * weighted) / weights;
    }
    return mean;
  }
}

/** A quantile function given by its values at rising shares from 0 to 1, straight between them. */
export class QuantileTable implements Distribution {
  readonly #shares: Float64Array;
  readonly #values: Float64Array;

  constructor(shares: readonly number[], values: readonly number[]) {
    this.#shares = Float64Array.from(shares);
    this.#values = Float64Array.from(values);
  }

  sample(uniform: number): number {
    const shares = this.#shares;
    let k = 1;
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
