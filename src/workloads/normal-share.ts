const DENSITY_AT_0 = 1 / Math.sqrt(2 * Math.PI);

/**
 * Share of a standard normal below z, to 1e-7 (M. Abramowitz and I. Stegun, Handbook of Mathematical Functions, 26.2.17);
 * in (0, 1) for any z.
 */
export function normalShare(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = Math.max(DENSITY_AT_0 * Math.exp(-0.5 * z * z) * series, Number.MIN_VALUE);
  return z < 0 ? tail : Math.min(1 - tail, 1 - Number.EPSILON / 2);
}
