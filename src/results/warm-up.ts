const BATCH = 5;
const FEWEST_BATCHES = 10;

/** Where a series that starts from an unusual state has forgotten it. */
export interface WarmUpCut {
  /** So many values to leave out at the start. */
  readonly values: number;
  /** False when half is not enough to leave out: the series is too short to tell. */
  readonly settled: boolean;
}

/**
 * MSER-5: of the means of every five values, leave out as many as makes the standard error of the mean of the rest
 * smallest, as a bias that is kept adds to it; at most half, because the last few means agree by chance. White, Cobb and
 * Spratt, A Comparison of Five Steady-State Truncation Heuristics for Simulation, Proceedings of the 2000 Winter
 * Simulation Conference. O(values).
 */
export function mser5(series: ArrayLike<number>): WarmUpCut {
  const batches = Math.floor(series.length / BATCH);
  const means = Array.from({ length: batches }, (_, batch) => {
    let sum = 0;
    for (let i = 0; i < BATCH; i++) sum += series[batch * BATCH + i]!;
    return sum / BATCH;
  });
  // From the end, one batch more each time: Welford's update of the mean and of the sum of squares about it.
  const most = Math.floor(batches / 2);
  let best = 0;
  let smallest = Infinity;
  let centre = 0;
  let squares = 0;
  for (let kept = 1; kept <= batches; kept++) {
    const value = means[batches - kept]!;
    const gap = value - centre;
    centre += gap / kept;
    squares += gap * (value - centre);
    if (kept < batches - most) continue;
    const squaredError = squares / (kept * kept);
    if (squaredError <= smallest) {
      smallest = squaredError;
      best = batches - kept;
    }
  }
  return { values: best * BATCH, settled: batches >= FEWEST_BATCHES && best < most };
}
