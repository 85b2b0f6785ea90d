import { counterUniform, QuantileTable, streamSeed } from '../sim/distributions.ts';
import type { Rng, Streams } from '../sim/streams.ts';
import { NS_PER_S, type Ns } from '../sim/units.ts';
import type { ArrivalOptions } from './arrival-options.ts';
import {
  ExponentialGaps,
  GammaGaps,
  gammaShape,
  SuperposedGaps,
  WeibullGaps,
  weibullShape,
  type Gaps,
} from './gaps.ts';
import { zipfShares } from './zipf.ts';
import { JumpingRate, StatedRate, type RatePath } from './rate-path.ts';

/** Times at which something begins: rising, whole, without end. */
export interface Arrivals {
  nextNs(): Ns;
}

interface ArrivalContext {
  readonly streams: Streams;
  readonly horizonNs: Ns;
  /** ISO 8601 with offset: time 0. */
  readonly start?: string;
}

/**
 * The stated process, stationary from its first moment.
 *
 * @param perS mean rate; over a week, where the rate follows one, and before ramp, spikes and growth
 * @param streamName of its randomness
 * @param fromNs its first moment; before 0 for what is in progress at the start
 */
export function arrivalsOf(
  options: ArrivalOptions,
  perS: number,
  { streams, horizonNs, start }: ArrivalContext,
  streamName: string,
  fromNs: Ns = 0,
): Arrivals {
  const rng = streams.stream(streamName);
  const gaps = gapsOf(options, rng);
  const stated = new StatedRate(options, start);
  const path = jumping(options, stated, streams, `${streamName}/states`, fromNs);
  if (path === stated && isConstant(options)) return new SteadyArrivals(gaps, perS, fromNs);
  return new ModulatedArrivals(gaps, perS, path, fromNs, horizonNs);
}

/** A Poisson process. */
export function poissonArrivals(perS: number, rng: Rng): Arrivals {
  return new SteadyArrivals(new ExponentialGaps(rng), perS, 0);
}

function isConstant({ week, ramp, spikes, growthPerMonth }: ArrivalOptions): boolean {
  return week === undefined && ramp === undefined && spikes.length === 0 && growthPerMonth === 0;
}

function jumping(options: ArrivalOptions, base: RatePath, streams: Streams, streamName: string, fromNs: Ns): RatePath {
  if (options.kind !== 'on-off' && options.kind !== 'mmpp') return base;
  const states =
    options.kind === 'mmpp'
      ? options.states
      : [
          { rate: 1, meanS: options.onS },
          { rate: 0, meanS: options.offS },
        ];
  return new JumpingRate(states, base, streamSeed(streams.stream(streamName)), fromNs);
}

const CV_DRAW = 0;
const FAMILY_DRAW = 1;
const SEED_DRAW = 2;

function gapsOf(options: ArrivalOptions, rng: Rng): Gaps {
  switch (options.kind) {
    case 'poisson':
    case 'on-off':
    case 'mmpp':
      return new ExponentialGaps(rng);
    case 'gamma':
      return new GammaGaps(gammaShape(options.cv), streamSeed(rng));
    case 'weibull':
      return new WeibullGaps(weibullShape(options.cv), streamSeed(rng));
    case 'clients': {
      const seed = streamSeed(rng);
      const logCv = new QuantileTable(
        options.cv.map(([share]) => share),
        options.cv.map(([, value]) => Math.log(value)),
      );
      const clients = Array.from({ length: options.clients }, (_, client) => {
        const cv = Math.exp(logCv.sample(counterUniform(seed, client, CV_DRAW)));
        const ownSeed = Math.floor(counterUniform(seed, client, SEED_DRAW) * 4_294_967_296);
        return counterUniform(seed, client, FAMILY_DRAW) < options.weibullShare
          ? new WeibullGaps(weibullShape(cv), ownSeed)
          : new GammaGaps(gammaShape(cv), ownSeed);
      });
      return new SuperposedGaps(clients, zipfShares(options.clients, options.zipf));
    }
  }
}

class SteadyArrivals implements Arrivals {
  readonly #gaps: Gaps;
  readonly #meanGapNs: Ns;
  #arrivalNs: Ns;

  constructor(gaps: Gaps, perS: number, fromNs: Ns) {
    this.#gaps = gaps;
    this.#meanGapNs = NS_PER_S / perS;
    this.#arrivalNs = fromNs;
  }

  nextNs(): Ns {
    this.#arrivalNs += Math.round(this.#gaps.next() * this.#meanGapNs);
    return this.#arrivalNs;
  }
}

/**
 * The same process on a clock that runs as fast as the rate: an arrival is where the integral of the rate has grown by its
 * gap. For Poisson gaps that is exactly the Poisson process of that rate.
 */
class ModulatedArrivals implements Arrivals {
  readonly #gaps: Gaps;
  readonly #meanGapNs: Ns;
  readonly #path: RatePath;
  readonly #horizonNs: Ns;
  #atNs: Ns;
  #endNs: Ns = -Infinity;
  #rate = 0;
  #slope = 0;

  constructor(gaps: Gaps, perS: number, path: RatePath, fromNs: Ns, horizonNs: Ns) {
    this.#gaps = gaps;
    this.#meanGapNs = NS_PER_S / perS;
    this.#path = path;
    this.#atNs = fromNs;
    this.#horizonNs = horizonNs;
  }

  /** Infinity once the next would not come before the horizon: the rate may stay at zero for ever. */
  nextNs(): Ns {
    let areaNs = this.#gaps.next() * this.#meanGapNs;
    while (this.#atNs < this.#horizonNs) {
      if (this.#atNs >= this.#endNs) this.#enterPiece();
      const spanNs = this.#endNs - this.#atNs;
      const wholeNs = spanNs === Infinity ? this.#openArea() : spanNs * (this.#rate + 0.5 * this.#slope * spanNs);
      if (areaNs < wholeNs) {
        this.#advance(areaNs);
        return Math.round(this.#atNs);
      }
      areaNs -= wholeNs;
      this.#atNs = this.#endNs;
    }
    return Infinity;
  }

  #enterPiece(): void {
    this.#path.seek(this.#atNs);
    this.#endNs = this.#path.endNs;
    this.#rate = this.#path.rate;
    this.#slope = this.#path.slope;
  }

  /** A piece without end is constant. */
  #openArea(): number {
    return this.#rate > 0 ? Infinity : 0;
  }

  /** Solve rate × t + slope × t² / 2 = area in the form that loses no digits when the slope is small. */
  #advance(areaNs: Ns): void {
    const endRate = Math.sqrt(Math.max(0, this.#rate * this.#rate + 2 * this.#slope * areaNs));
    if (areaNs > 0) this.#atNs = Math.min(this.#atNs + (2 * areaNs) / (this.#rate + endRate), this.#endNs);
    this.#rate = endRate;
  }
}
