/** Share of all errors that an error band holds, and how many standard deviations of a normal error that takes. */
export const BAND_SHARE = 0.8;
export const BAND_DEVIATIONS = 1.2816;

/**
 * Half-width of a band as a share of the figure, from the standard deviation of ln(simulated / measured): that of the upper
 * side, which is the wider one. Four decimals, so that no last bit of a logarithm is written anywhere.
 */
export function bandHalfWidth(sigma: number): number {
  return Math.round(1e4 * (Math.exp(BAND_DEVIATIONS * sigma) - 1)) / 1e4;
}
