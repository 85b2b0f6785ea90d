import type { Ticks } from './units.ts';

/**
 * A run of decode steps that keeps its batch: every step attends to `growth` more tokens than the one before, so durations
 * form an arithmetic series and any number of steps is one formula. All values are whole and below 2⁵³, so it is exact.
 */
export function ticksOfSteps(
  steps: number,
  fixedTicks: Ticks,
  ticksPerKvToken: Ticks,
  kvTokens: number,
  growth: number,
): Ticks {
  return steps * fixedTicks + ticksPerKvToken * kvTokensOfSteps(steps, kvTokens, growth);
}

/** Tokens attended to, summed over the steps of such a run. */
export function kvTokensOfSteps(steps: number, kvTokens: number, growth: number): number {
  return steps * kvTokens + growth * ((steps * (steps - 1)) / 2);
}

/**
 * The smallest number of steps, from 1 to `limit`, that together last at least `ticks`; `limit` if even they do not.
 * The root of the quadratic is only a guess; the integers decide.
 */
export function stepsLasting(
  ticks: Ticks,
  limit: number,
  fixedTicks: Ticks,
  ticksPerKvToken: Ticks,
  kvTokens: number,
  growth: number,
): number {
  const square = (ticksPerKvToken * growth) / 2;
  const linear = fixedTicks + ticksPerKvToken * kvTokens - square;
  const guess = ticks <= 0 ? 1 : (2 * ticks) / (linear + Math.sqrt(linear * linear + 4 * square * ticks));
  let steps = Math.min(Math.max(1, Math.ceil(guess)), limit);
  while (steps > 1 && ticksOfSteps(steps - 1, fixedTicks, ticksPerKvToken, kvTokens, growth) >= ticks) steps--;
  while (steps < limit && ticksOfSteps(steps, fixedTicks, ticksPerKvToken, kvTokens, growth) < ticks) steps++;
  return steps;
}
