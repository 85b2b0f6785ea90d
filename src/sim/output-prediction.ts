import { counterUniform, standardNormal, streamSeed } from './distributions.ts';
import { Streams } from './streams.ts';

/** How well the length of an answer is guessed before it is written. */
export interface OutputPredictionPlan {
  /** Standard deviation of ln(predicted / true); 0 knows it. */
  readonly relativeError: number;
}

/** An assumption, not a measurement: two thirds of the predictions are within a factor e^0.5 = 1.65 of the truth. */
export const DEFAULT_OUTPUT_PREDICTION: OutputPredictionPlan = { relativeError: 0.5 };

/** Guesses output lengths: the truth times a lognormal error that depends on the run's seed and the request's number alone. */
export class OutputPrediction {
  readonly #relativeError: number;
  readonly #seed: number;

  constructor({ relativeError }: OutputPredictionPlan, seed: number) {
    this.#relativeError = relativeError;
    this.#seed = relativeError === 0 ? 0 : streamSeed(new Streams(seed).stream('output prediction'));
  }

  /** At least 1, not rounded. @param id the request's running number */
  tokens(id: number, outputTokens: number): number {
    if (this.#relativeError === 0) return outputTokens;
    const error = this.#relativeError * standardNormal(counterUniform(this.#seed, id, 0));
    return Math.max(1, outputTokens * Math.exp(error));
  }
}
