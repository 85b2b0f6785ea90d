import { counterUniform, exponential } from '../sim/distributions.ts';
import { NS_PER_HOUR, NS_PER_S, type Ns } from '../sim/units.ts';
import type { RateOptions } from './rate-options.ts';
import { nsIntoWeek, weekFactors, WEEK_SHAPES } from './week-shapes.ts';

/** A rate, relative to its mean, that is straight in pieces. */
export interface RatePath {
  /** Of the piece that was sought: its end, the rate where it was sought, and how much that changes per ns. */
  readonly endNs: Ns;
  readonly rate: number;
  readonly slope: number;
  /** Find the piece that holds a moment not before the one sought last. */
  seek(atNs: Ns): void;
}

const HOURS_PER_WEEK = 168;
/** 365.25 days / 12. */
const HOURS_PER_MONTH = 730.5;

/** Week, ramp, spikes and growth, multiplied. Before the run it is the week alone, as at its start. */
export class StatedRate implements RatePath {
  endNs: Ns = 0;
  rate = 1;
  slope = 0;
  readonly #weekFactors: readonly number[] | undefined;
  readonly #intoWeekNs: Ns;
  readonly #ramp: readonly (readonly [atNs: Ns, factor: number])[];
  readonly #spikes: readonly { readonly startNs: Ns; readonly endNs: Ns; readonly factor: number }[];
  readonly #logGrowthPerHour: number;

  /** @param start ISO 8601 with offset: time 0; needed for a week */
  constructor({ week, utcOffsetHours, ramp, spikes, growthPerMonth }: RateOptions, start: string | undefined) {
    if (week !== undefined && start === undefined) throw new Error('a rate by hour needs the start of the run');
    this.#weekFactors =
      week === undefined ? undefined : weekFactors(typeof week === 'string' ? WEEK_SHAPES[week] : week);
    this.#intoWeekNs = week === undefined || start === undefined ? 0 : nsIntoWeek(start, utcOffsetHours);
    this.#ramp = (ramp ?? []).map(([hour, factor]) => [hour * NS_PER_HOUR, factor]);
    this.#spikes = spikes.map(({ startH, hours, factor }) => ({
      startNs: startH * NS_PER_HOUR,
      endNs: (startH + hours) * NS_PER_HOUR,
      factor,
    }));
    this.#logGrowthPerHour = Math.log(1 + growthPerMonth) / HOURS_PER_MONTH;
  }

  seek(atNs: Ns): void {
    this.endNs = Infinity;
    this.rate = 1;
    this.slope = 0;
    this.#applyHours(atNs);
    for (const { startNs, endNs, factor } of this.#spikes) {
      if (atNs < startNs) this.endNs = Math.min(this.endNs, startNs);
      else if (atNs < endNs) {
        this.endNs = Math.min(this.endNs, endNs);
        this.rate *= factor;
      }
    }
    this.#applyRamp(atNs);
  }

  #applyHours(atNs: Ns): void {
    if (this.#weekFactors === undefined && this.#logGrowthPerHour === 0) return;
    const hour = Math.floor((this.#intoWeekNs + atNs) / NS_PER_HOUR);
    this.endNs = (hour + 1) * NS_PER_HOUR - this.#intoWeekNs;
    if (this.#weekFactors !== undefined) {
      this.rate *= this.#weekFactors[((hour % HOURS_PER_WEEK) + HOURS_PER_WEEK) % HOURS_PER_WEEK]!;
    }
    const hoursRun = hour - Math.floor(this.#intoWeekNs / NS_PER_HOUR);
    if (hoursRun > 0) this.rate *= Math.exp(hoursRun * this.#logGrowthPerHour);
  }

  #applyRamp(atNs: Ns): void {
    const ramp = this.#ramp;
    const next = ramp.findIndex(([pointNs]) => atNs < pointNs);
    if (next === -1) {
      this.rate *= ramp.at(-1)?.[1] ?? 1;
      return;
    }
    const [endNs, endFactor] = ramp[next]!;
    this.endNs = Math.min(this.endNs, endNs);
    if (next === 0) {
      this.rate *= endFactor;
      return;
    }
    const [startNs, startFactor] = ramp[next - 1]!;
    const slope = (endFactor - startFactor) / (endNs - startNs);
    this.slope = this.rate * slope;
    this.rate *= startFactor + slope * (atNs - startNs);
  }
}

export interface BurstState {
  /** Relative to that of the other states. */
  readonly rate: number;
  readonly meanS: number;
}

const STAY_DRAW = 0;
const NEXT_DRAW = 1;

/**
 * A rate that jumps between states and stays in each for an exponential time, on top of another: the rate of a
 * Markov-modulated process. All other states are as likely to be next, so it is in each for a share ∝ its `meanS`.
 */
export class JumpingRate implements RatePath {
  endNs: Ns = 0;
  rate = 1;
  slope = 0;
  readonly #base: RatePath;
  readonly #rates: readonly number[];
  readonly #means: readonly Ns[];
  readonly #seed: number;
  #state = 0;
  #stateEndNs: Ns;
  #jumps = 0;

  constructor(states: readonly BurstState[], base: RatePath, seed: number, fromNs: Ns) {
    const totalS = states.reduce((sum, { meanS }) => sum + meanS, 0);
    const mean = states.reduce((sum, { rate, meanS }) => sum + (rate * meanS) / totalS, 0);
    this.#base = base;
    this.#rates = states.map(({ rate }) => rate / mean);
    this.#means = states.map(({ meanS }) => meanS * NS_PER_S);
    this.#seed = seed;
    let place = counterUniform(seed, 0, NEXT_DRAW) * totalS;
    while (this.#state < states.length - 1 && place >= states[this.#state]!.meanS) {
      place -= states[this.#state++]!.meanS;
    }
    // What is left of an exponential time is as long as the whole.
    this.#stateEndNs = fromNs + this.#stayNs();
  }

  seek(atNs: Ns): void {
    while (atNs >= this.#stateEndNs) {
      const others = this.#rates.length - 1;
      const skip = 1 + Math.floor(others * counterUniform(this.#seed, ++this.#jumps, NEXT_DRAW));
      this.#state = (this.#state + skip) % this.#rates.length;
      this.#stateEndNs += this.#stayNs();
    }
    this.#base.seek(atNs);
    const factor = this.#rates[this.#state]!;
    this.endNs = Math.min(this.#base.endNs, this.#stateEndNs);
    this.rate = this.#base.rate * factor;
    this.slope = this.#base.slope * factor;
  }

  #stayNs(): Ns {
    return exponential(counterUniform(this.#seed, this.#jumps, STAY_DRAW), this.#means[this.#state]!);
  }
}
