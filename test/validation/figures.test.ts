import { describe, expect, test } from 'vitest';
import { NS_PER_MS, NS_PER_S } from '../../src/sim/units.ts';
import { aggregates, comparison } from '../../src/validation/errors.ts';
import { figuresOf, quantile } from '../../src/validation/figures.ts';
import { columnName } from '../../src/validation/metrics.ts';
import { highestLoad } from '../../src/validation/sweeps.ts';

/** Request k is sent at k s, has its first token after 100 k ms and k + 1 more tokens, 10 ms apart. */
function fiveRequests() {
  const sent = [0, 1, 2, 3, 4];
  const firstTokenNs = Float64Array.from(sent, (k) => k * NS_PER_S + 100 * k * NS_PER_MS);
  return {
    arrivalNs: Float64Array.from(sent, (k) => k * NS_PER_S),
    firstTokenNs,
    finishNs: firstTokenNs.map((ns, k) => ns + 10 * (k + 1) * NS_PER_MS),
    outputTokens: Float64Array.from(sent, (k) => k + 2),
    rejected: 0,
  };
}

describe('figures of a run', () => {
  test('are means and quantiles over requests, TPOT one number a request', () => {
    const figures = figuresOf(fiveRequests());

    expect(figures.ttftMeanMs).toBeCloseTo(200, 9);
    expect(figures.ttftP95Ms).toBeCloseTo(380, 9);
    expect(figures.tpotMeanMs).toBeCloseTo(10, 9);
    expect(figures.tpotP99Ms).toBeCloseTo(10, 9);
    expect(figures.e2eMedianMs).toBeCloseTo(230, 9);
  });

  test('rates are from the first request sent to the last complete', () => {
    const { outputTokensPerS, requestsPerS } = figuresOf(fiveRequests());

    expect(outputTokensPerS).toBeCloseTo((2 + 3 + 4 + 5 + 6) / 4.45, 9);
    expect(requestsPerS).toBeCloseTo(5 / 4.45, 9);
  });

  test('a window takes the latency of who is sent in it, and the rate of who is complete in it', () => {
    // In it complete: those sent at 1 s and 2 s; sent: those of 2 s and 3 s, which is over after it.
    const figures = figuresOf(fiveRequests(), [1.05, 3.3]);

    expect(figures.ttftMeanMs).toBeCloseTo(250, 9);
    expect(figures.requestsPerS).toBeCloseTo(2 / 2.25, 9);
    expect(figures.outputTokensPerS).toBeCloseTo((3 + 4) / 2.25, 9);
  });

  test('what nobody measured has no figure', () => {
    expect(figuresOf(fiveRequests(), [10, 11])).toEqual({ outputTokensPerS: 0, requestsPerS: 0 });
  });

  test('quantiles lie on the line between order statistics', () => {
    expect(quantile([1, 2, 4, 8], 0.5)).toBe(3);
    expect(quantile([1, 2, 4, 8], 1)).toBe(8);
    expect(quantile([7], 0.9)).toBe(7);
  });
});

test('errors are relative to the measurement, and aggregated by suite and metric', () => {
  const all = [
    comparison('one', 'a', 'tpotMeanMs', 10, 9),
    comparison('one', 'b', 'tpotMeanMs', 10, 13),
    comparison('one', 'c', 'tpotMeanMs', 20, 21),
    comparison('two', 'a', 'tpotMeanMs', 4, 8),
  ];
  const [one, two] = aggregates(all);

  expect(one).toMatchObject({ suite: 'one', metric: 'tpotMeanMs', cases: 3 });
  expect(one!.meanApePct).toBeCloseTo((10 + 30 + 5) / 3, 9);
  expect(one!.medianApePct).toBeCloseTo(10, 9);
  expect(one!.p90ApePct).toBeCloseTo(26, 9);
  expect(one!.biasPct).toBeCloseTo((-10 + 30 + 5) / 3, 9);
  expect(two).toMatchObject({ suite: 'two', cases: 1, medianApePct: 100 });
});

describe('the highest load that keeps an objective', () => {
  const points = [
    { requestsPerS: 10, value: 20 },
    { requestsPerS: 20, value: 50 },
    { requestsPerS: 40, value: 5_000 },
  ];

  test('lies where a straight line of the logarithm crosses the limit', () => {
    // 500 is half way from 50 to 5,000 on a logarithmic scale.
    expect(highestLoad(points, 500)).toBeCloseTo(30, 9);
    expect(highestLoad(points, 50)).toBeCloseTo(20, 9);
  });

  test('is unknown where every rate keeps it, or none does', () => {
    expect(highestLoad(points, 10_000)).toBeUndefined();
    expect(highestLoad(points, 10)).toBeUndefined();
  });
});

test('metrics are spelt in results as result files spell columns', () => {
  expect([columnName('ttftP95Ms'), columnName('requestsPerSAtObjective'), columnName('outputTokensPerS')]).toEqual([
    'ttft_p95_ms',
    'requests_per_s_at_objective',
    'output_tokens_per_s',
  ]);
});
