/** What a case can give as measured, each compared with the same figure of the simulation. */
export const METRICS = [
  'ttftMeanMs',
  'ttftMedianMs',
  'ttftP90Ms',
  'ttftP95Ms',
  'ttftP99Ms',
  'tpotMeanMs',
  'tpotMedianMs',
  'tpotP90Ms',
  'tpotP95Ms',
  'tpotP99Ms',
  'e2eMeanMs',
  'e2eMedianMs',
  'e2eP90Ms',
  'e2eP95Ms',
  'e2eP99Ms',
  'outputTokensPerS',
  'requestsPerS',
  'wattsPerAccelerator',
  'joulesPerOutputToken',
  'timeUnderCap',
  'energyUnderCap',
] as const;
export type Metric = (typeof METRICS)[number];

/** What a meter tells; energy is recorded for cases that give one of them. */
export const OF_ENERGY: readonly Metric[] = ['wattsPerAccelerator', 'joulesPerOutputToken', 'energyUnderCap'];

/** The highest load of a sweep that keeps its objective; found from the points of the sweep, on both sides alike. */
export const SWEEP_METRIC = 'requestsPerSAtObjective';
export type ComparedMetric = Metric | typeof SWEEP_METRIC;

/** As result files spell it: `ttftMeanMs` is `ttft_mean_ms`. */
export function columnName(metric: ComparedMetric): string {
  return metric.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
