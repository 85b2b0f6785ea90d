import { assert } from './assert.ts';
import { cappedPieces, decodePieces, DecodeTable, formulaTicks } from './decode-table.ts';
import type { DecodePiece, PrefillBatch, StepCost } from './ports.ts';
import { type PowerParameters, steppedClock } from './power-model.ts';
import type { RooflineParameters, StepShape } from './roofline-types.ts';
import { StepEnergy } from './step-energy.ts';
import type { Quanta, Ticks } from './units.ts';

export { stepNs } from './roofline-formula.ts';
export { achievedFlops, achievedHbmBytes } from './roofline-work.ts';
export type { RooflineParameters, StepShape } from './roofline-types.ts';
export type { WorkCounters } from './roofline-work.ts';

/** Tables of so many settings are kept at once; making one again gives the same. */
const MOST_CAPPED_SETTINGS = 64;

/** What of a pool's power its steps depend on. */
export interface PowerOfSteps {
  readonly accelerator: PowerParameters;
  /** Of one instance. */
  readonly accelerators: number;
  /** Whether the energy of steps is asked for; otherwise all energy is 0. */
  readonly energy: boolean;
}

/** By number of sequences. */
type Tables = (DecodeTable | undefined)[];

/**
 * Step times and energy of one pool: decode-only steps from a table made on first use, steps with prefill from the formula.
 * An accelerator runs at steps of its clock, and is capped at whole watts, so there are few tables.
 */
export class RooflineCost implements StepCost {
  readonly #parameters: RooflineParameters;
  readonly #accelerator: PowerParameters | undefined;
  readonly #power: StepEnergy | undefined;
  readonly #energy: StepEnergy | undefined;
  /** Those without a cap, by clock, and those under one, by clock and cap. */
  readonly #tablesByClock = new Map<number, Tables>();
  readonly #cappedTables = new Map<string, Tables>();
  /** As it was asked for, and the step of the accelerator that it means. */
  #clock = 1;
  #steppedClock = 1;
  #capWatts = Infinity;
  #tables: Tables = [];

  /** @param power left out, clocks are as they are asked for, and there is neither energy nor a cap */
  constructor(parameters: RooflineParameters, power?: PowerOfSteps) {
    this.#parameters = parameters;
    this.#accelerator = power?.accelerator;
    this.#power = power === undefined ? undefined : new StepEnergy(parameters, power);
    this.#energy = power?.energy === true ? this.#power : undefined;
    this.#tablesByClock.set(this.#clock, this.#tables);
  }

  decodePiece(decodeSeqs: number, kvTokens: number, clock: number, capWatts = Infinity): DecodePiece {
    if (clock !== this.#clock || capWatts !== this.#capWatts) this.#use(clock, capWatts);
    const table = this.#tables[decodeSeqs] ?? this.#tabulate(decodeSeqs);
    return table.piece(kvTokens);
  }

  prefillStepTicks(batch: PrefillBatch): Ticks {
    return formulaTicks(this.#parameters, this.#stepped(batch));
  }

  prefillStepQuanta(batch: PrefillBatch, ticks = this.prefillStepTicks(batch)): Quanta {
    return this.#energy === undefined ? 0 : this.#energy.quantaOf(this.#stepped(batch), ticks);
  }

  chunkWeight(tokens: number, contextTokens: number): number {
    const { layerFlopsPerToken, attentionFlopsPerPair, window } = this.#parameters;
    const pairs = tokens * contextTokens + (tokens * (tokens + 1)) / 2;
    const whole = layerFlopsPerToken * tokens + attentionFlopsPerPair * pairs;
    return window === null ? whole : whole + window.flopsPerPair * Math.min(pairs, window.tokens * tokens);
  }

  /** The batch at the clock that it really has. */
  #stepped(batch: PrefillBatch): StepShape {
    const { clock, capWatts = Infinity } = batch;
    if (clock !== this.#clock || capWatts !== this.#capWatts) this.#use(clock, capWatts);
    const stepped = clock === this.#steppedClock ? batch : { ...batch, clock: this.#steppedClock };
    if (capWatts === Infinity || this.#power === undefined) return stepped;
    return { ...stepped, clock: this.#power.clockUnder(stepped, capWatts) };
  }

  #use(clock: number, capWatts: number): void {
    const stepped = this.#accelerator === undefined ? clock : steppedClock(this.#accelerator, clock);
    this.#clock = clock;
    this.#steppedClock = stepped;
    this.#capWatts = capWatts;
    this.#tables = capWatts === Infinity || this.#power === undefined ? this.#uncapped(stepped) : this.#capped(stepped);
  }

  #uncapped(clock: number): Tables {
    const tables = this.#tablesByClock.get(clock) ?? [];
    this.#tablesByClock.set(clock, tables);
    return tables;
  }

  #capped(clock: number): Tables {
    const key = `${clock} ${this.#capWatts}`;
    const known = this.#cappedTables.get(key);
    if (known !== undefined) return known;
    if (this.#cappedTables.size === MOST_CAPPED_SETTINGS) this.#cappedTables.clear();
    const tables: Tables = [];
    this.#cappedTables.set(key, tables);
    return tables;
  }

  #tabulate(decodeSeqs: number): DecodeTable {
    assert(decodeSeqs >= 1, 'a decode step has at least one sequence');
    const [parameters, clock, capWatts] = [this.#parameters, this.#steppedClock, this.#capWatts];
    const pieces =
      capWatts === Infinity || this.#power === undefined
        ? decodePieces(parameters, decodeSeqs, clock, this.#energy)
        : cappedPieces(parameters, decodeSeqs, clock, capWatts, this.#power);
    const table = new DecodeTable(pieces);
    this.#tables[decodeSeqs] = table;
    return table;
  }
}
