import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { catalogue } from '../../src/catalogue.ts';
import { acceleratorText } from '../../src/hardware-profiles/index.ts';
import type { Catalogue } from '../../src/scenario/catalogue-types.ts';
import { NO_FILES } from '../../src/scenario/files.ts';
import { UNCHANGED, scaled } from '../../src/validation/calibration-coefficients.ts';
import type { Factors } from '../../src/validation/calibration-coefficients.ts';
import { calibrate, tooFew } from '../../src/validation/calibration-fit.ts';
import { caseOf } from '../../src/validation/calibration-points.ts';
import type { ClientLoad, MeasuredPoint, ServedBy } from '../../src/validation/calibration-points.ts';
import { profileText } from '../../src/validation/calibration-profile.ts';
import { compileCase } from '../../src/validation/compile-case.ts';
import { figuresOf } from '../../src/validation/figures.ts';
import type { Figures } from '../../src/validation/figures.ts';
import { measureRun } from '../../src/workers/measure-run.ts';

const ENTRY = catalogue.accelerator('h100-sxm');
const SERVED: ServedBy = {
  model: 'llama-3.1-8b',
  engine: { kind: 'vllm' },
  weights: undefined,
  kv: undefined,
  tensorParallel: 1,
};
const LOADS: readonly ClientLoad[] = [
  [1, 200, 100, 1],
  [32, 200, 100, 1],
  [16, 4000, 60, 1],
  [64, 1500, 80, 1],
  // Weights are divided among accelerators and small kernels are not: this is what tells them apart.
  [1, 200, 100, 4],
  [32, 200, 100, 4],
  [64, 1500, 80, 4],
].map(([concurrency, promptTokens, outputTokens, tensorParallel]) => ({
  concurrency,
  tensorParallel,
  requestsPerS: undefined,
  promptTokens: promptTokens!,
  outputTokens: outputTokens!,
  requests: 4 * concurrency!,
}));

function simulated(points: readonly MeasuredPoint[], factors: Factors): Figures[] {
  const changed = { ...ENTRY, numbers: scaled(ENTRY.numbers, factors) };
  const withIt: Catalogue = { ...catalogue, accelerator: () => changed };
  return points.map((point) => {
    const compiled = compileCase(caseOf(point, SERVED, 'h100-sxm'), withIt, { files: NO_FILES });
    if (compiled.kind !== 'plan') throw new Error(`no plan: ${JSON.stringify(compiled)}`);
    return figuresOf(measureRun(compiled.plan, catalogue));
  });
}

const simulate = (points: readonly MeasuredPoint[]) => (sets: readonly Factors[]) =>
  Promise.resolve(sets.map((factors) => simulated(points, factors)));

/** What a machine with these factors would measure; each figure off by `noise`. */
function measuredOn(factors: Factors, noise: (row: number) => number = () => 1): MeasuredPoint[] {
  const empty = LOADS.map((load, index) => ({ at: `made.csv:${index + 2}`, load, measured: { tpotMeanMs: 1 } }));
  return simulated(empty, factors).map(({ ttftMeanMs, tpotMeanMs, outputTokensPerS }, index) => ({
    ...empty[index]!,
    measured: {
      ttftMeanMs: ttftMeanMs! * noise(3 * index),
      tpotMeanMs: tpotMeanMs! * noise(3 * index + 1),
      outputTokensPerS: outputTokensPerS! * noise(3 * index + 2),
    },
  }));
}

const meanAbsolute = (errors: readonly number[]) =>
  errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length;

describe('calibration', () => {
  const truth = { ...UNCHANGED, weightReads: 1.15, compute: 1.2, layerFloor: 0.8 };

  test('finds the machine that was measured: figures within 2 %, its factors within 12 %', async () => {
    const points = measuredOn(truth);

    const { factors, informed, residuals } = await calibrate(points, simulate(points));

    expect(meanAbsolute(residuals.map(({ before }) => before))).toBeGreaterThan(0.05);
    expect(meanAbsolute(residuals.map(({ after }) => after))).toBeLessThan(0.02);
    expect(meanAbsolute(residuals.map(({ leftOut }) => leftOut))).toBeLessThan(0.03);
    for (const name of ['weightReads', 'compute', 'layerFloor'] as const) {
      expect(Math.abs(factors[name] / truth[name] - 1)).toBeLessThan(0.12);
      expect(informed[name]).toBe(true);
    }
  });

  test('one accelerator exchanges nothing, so nothing is learnt of its links', async () => {
    const points = measuredOn(truth).slice(0, 4);

    const { factors, informed } = await calibrate(points, simulate(points));

    expect(factors.links).toBeCloseTo(1, 10);
    expect(informed.links).toBe(false);
  });

  test('from figures that are 5 % off, either way, it finds what they are without noise within 3 %', async () => {
    const points = measuredOn(truth, (row) => (row % 2 === 0 ? 1.05 : 0.95));

    const { factors } = await calibrate(points, simulate(points));

    const exact = simulated(points, truth);
    const errors = simulated(points, factors).map(
      ({ tpotMeanMs }, index) => tpotMeanMs! / exact[index]!.tpotMeanMs! - 1,
    );
    expect(meanAbsolute(errors)).toBeLessThan(0.03);
  });

  test('measurements that agree with the profile leave it as it is', async () => {
    const points = measuredOn(UNCHANGED);

    const { factors } = await calibrate(points, simulate(points));

    for (const factor of Object.values(factors)) expect(factor).toBeCloseTo(1, 6);
  });

  test('fewer than three different loads are refused, however often each was measured', () => {
    const points = measuredOn(UNCHANGED).slice(0, 2);

    expect(tooFew([...points, ...points, ...points])).toMatch(
      /^2 different loads are too few.*6 points, of which 2 differ/,
    );
    expect(tooFew(points)).toMatch(/measure at least 3/);
    expect(tooFew(measuredOn(UNCHANGED).slice(0, 3))).toBeUndefined();
  });
});

describe('the calibrated profile', () => {
  const origin = {
    accelerator: 'h100-sxm',
    model: 'llama-3.1-8b',
    engine: 'vllm',
    files: ['bench.json'],
    points: 6,
  };
  const informed = { weightReads: true, kvReads: false, compute: true, links: false, layerFloor: true };
  const textWith = (factors: Factors) =>
    profileText(parse(acceleratorText('h100-sxm')), ENTRY.numbers, { factors, informed }, origin);

  test('can be read, has the numbers of the fit, and names the file they come from', () => {
    const factors = { weightReads: 1.1, kvReads: 1.02, compute: 0.9, links: 1, layerFloor: 1.3 };

    const reading = catalogue.acceleratorOfText(textWith(factors), 'ours.yaml');

    if ('problems' in reading) throw new Error(reading.problems.join('\n'));
    expect(reading.profile.numbers).toEqual(scaled(ENTRY.numbers, factors));
    const sourceOf = (path: string) => reading.profile.sources.find((entry) => entry.path === path);
    expect(sourceOf('weightReadRatio')).toMatchObject({
      grade: 'measured',
      source: 'fit to 6 points of bench.json (llama-3.1-8b, vllm): 1.100 times the time of h100-sxm',
    });
    expect(sourceOf('kvReadSpeedup.bf16')).toMatchObject({ grade: 'estimated' });
    expect(sourceOf('hbmGBPerS')).toMatchObject({ grade: 'datasheet' });
  });

  test('stays readable whatever the factors: no share of a peak exceeds 1', () => {
    const factor = fc.double({ min: 0.37, max: 2.7, noNaN: true });
    const factors = fc.record({
      weightReads: factor,
      kvReads: factor,
      compute: factor,
      links: factor,
      layerFloor: factor,
    });

    fc.assert(
      fc.property(factors, (some) => {
        expect('problems' in catalogue.acceleratorOfText(textWith(some), 'ours.yaml')).toBe(false);
      }),
      { numRuns: 20 },
    );
  });
});
