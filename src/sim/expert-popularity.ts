/** Experts are told apart in so many classes of equal size, from the most popular to the least. */
const CLASSES = 16;
/** Fewer and larger ones are chosen evenly: each of 8 for about an eighth of the tokens (Jiang et al., Mixtral of Experts, 2024). */
const FEWEST_CROWDED = 32;
/** Binary digits of an exponent that count. */
const EXPONENT_BITS = 20;

/**
 * Probability that a token does not choose an expert, for classes of equally many experts. An expert is chosen in proportion
 * to its rank to the minus `exponent` (Zipf), and no token chooses one twice, so that of the most popular a token may be
 * certain.
 *
 * @param exponent in [0, 1]; 0: all are equally popular, and there is one class
 */
export function expertMissShares(experts: number, expertsPerToken: number, exponent: number): number[] {
  if (exponent === 0 || experts < FEWEST_CROWDED) return [1 - expertsPerToken / experts];
  const ranks = Array.from({ length: experts }, (_, index) => 1 / rootedPower(index + 1, exponent));
  const chosen = capped(ranks, expertsPerToken);
  const classes = Math.min(CLASSES, experts);
  return Array.from({ length: classes }, (_, at) => {
    // Experts that lie in two classes count in both with their parts.
    const from = (at * experts) / classes;
    const until = ((at + 1) * experts) / classes;
    let sum = 0;
    for (let expert = Math.floor(from); expert < until; expert++) {
      sum += (Math.min(until, expert + 1) - Math.max(from, expert)) * chosen[expert]!;
    }
    return 1 - sum / (until - from);
  });
}

/** In proportion to `weights` (falling), summing to `total`, none above 1: those that would be are 1, the others share the rest. */
function capped(weights: readonly number[], total: number): number[] {
  for (let certain = 0; certain < total; certain++) {
    const rest = weights.slice(certain).reduce((sum, weight) => sum + weight, 0);
    const scale = (total - certain) / rest;
    if (weights[certain]! * scale <= 1) return weights.map((weight, at) => (at < certain ? 1 : weight * scale));
  }
  return weights.map((_, at) => (at < total ? 1 : 0));
}

/** `base` to the power of `exponent` in [0, 1], by square roots alone: the same on every machine, as powers are not. */
function rootedPower(base: number, exponent: number): number {
  let power = 1;
  let root = base;
  let left = exponent;
  if (left >= 1) return base;
  for (let bit = 0; bit < EXPONENT_BITS; bit++) {
    root = Math.sqrt(root);
    left *= 2;
    if (left >= 1) {
      power *= root;
      left -= 1;
    }
  }
  return power;
}
