/** How wrong the model may be about one figure of one accelerator, engine and model: the same error wherever they are. */
export interface ModelError {
  /** Names the accelerator, engine and model. */
  readonly system: string;
  /** Share of the figure that comes of this system; the shares of a figure add up to 1. */
  readonly share: number;
  /** Half-width of the 95 % band of the relative error, as validation has found it. */
  readonly relativeHalfWidth95: number;
}

/** A figure with what the model may be wrong by. */
export interface UncertainFigure {
  readonly value: number;
  readonly errors: readonly ModelError[];
}

/**
 * Half-width of the 95 % interval of `variant − baseline` that a decision needs. Two independent things can be wrong:
 * the seeds are a sample, and the model is off by a factor. The factor of one accelerator, engine and model is the same
 * on both sides (correlation 1), so between two policies on the same hardware it scales the difference alone; those of
 * different ones have nothing to do with each other (correlation 0). With shares s, values A and B and bands b the model's
 * part is √Σ (b s_B B − b s_A A)² over the systems; both parts are added in quadrature.
 */
export function decisionHalfWidth95(
  seedHalfWidth95: number,
  baseline: UncertainFigure,
  variant: UncertainFigure,
): number {
  const effects = new Map<string, number>();
  const add = ({ value, errors }: UncertainFigure, sign: number) => {
    for (const { system, share, relativeHalfWidth95 } of errors) {
      effects.set(system, (effects.get(system) ?? 0) + sign * relativeHalfWidth95 * share * value);
    }
  };
  add(variant, 1);
  add(baseline, -1);
  return Math.hypot(seedHalfWidth95, ...effects.values());
}
