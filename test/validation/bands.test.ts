import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { loadValidatedErrors } from '../../src/hardware-profiles/index.ts';
import { errorBands } from '../../src/scenario/error-bands.ts';
import { NO_FILES } from '../../src/scenario/files.ts';
import { planRuns } from '../../src/scenario/plan-runs.ts';
import { readScenario } from '../../src/scenario/read-scenario.ts';
import { BAND_DEVIATIONS, bandHalfWidth } from '../../src/sim/error-band.ts';
import type { BandFigure, ConditionsPlan, PoolPlan } from '../../src/sim/plan.ts';
import { coverage, errorPoints, validatedConditions } from '../../src/validation/bands.ts';
import type { ErrorPoint } from '../../src/validation/bands.ts';
import { prepare } from '../../src/validation/validate.ts';
import { measureRun } from '../../src/workers/measure-run.ts';
import { SMALL, casesOf } from './cases.ts';

const HERE: ConditionsPlan = {
  accelerator: 'h100-sxm',
  generation: 'hopper',
  engine: 'vllm',
  versionClass: '0.15',
  model: 'llama-3.1-8b',
  attention: ['grouped-query'],
  weights: 'bf16',
  kv: 'bf16',
  sharedBy: 1,
  dataParallel: false,
  speculation: false,
  apart: false,
  load: 'open',
  meanPromptTokens: 1000,
};

/** Points whose errors are the quantiles of a normal distribution of this standard deviation. */
function points(sigma: number, conditions: ConditionsPlan = HERE, figure: BandFigure = 'tpot mean'): ErrorPoint[] {
  // Every hundredth, by Tukey's approximation of the normal quantile: 4.91 (p^0.14 − (1 − p)^0.14).
  return Array.from({ length: 99 }, (_, index) => {
    const p = (index + 1) / 100;
    const deviations = 4.91 * (p ** 0.14 - (1 - p) ** 0.14);
    return { suite: 'made', figure, conditions, logError: sigma * deviations };
  });
}

function sigmaOf(conditions: ConditionsPlan, from: readonly ErrorPoint[], figure: BandFigure = 'tpot mean'): number {
  const { bands } = errorBands(conditions, validatedConditions(from), 0, 'measured');
  return bands.find((band) => band.figure === figure)!.sigma;
}

describe('the band of measured conditions', () => {
  test('is the spread of their errors', () => {
    expect(sigmaOf(HERE, points(0.1))).toBeCloseTo(0.1, 2);
    expect(bandHalfWidth(0.1)).toBeCloseTo(Math.exp(1.2816 * 0.1) - 1, 4);
  });

  test('comes from the nearest conditions, not from better ones elsewhere', () => {
    const elsewhere = { ...HERE, accelerator: 'b200', generation: 'blackwell' };

    expect(sigmaOf(HERE, [...points(0.2), ...points(0.05, elsewhere)])).toBe(sigmaOf(HERE, points(0.2)));
  });

  test.each<[string, Partial<ConditionsPlan>, number]>([
    ['model', { model: 'other' }, 0.08],
    ['accelerator', { accelerator: 'h200' }, 0.1],
    ['engine', { engine: 'sglang' }, 0.08],
    ['generation', { accelerator: 'r100', generation: 'rubin' }, 0.25],
    ['kind of attention', { attention: ['latent'] }, 0.15],
    ['number format', { weights: 'fp4' }, 0.15],
    ['wide group', { sharedBy: 16 }, 0.15],
    ['prompt length', { meanPromptTokens: 20_000 }, 0.15],
    ['data parallelism', { dataParallel: true }, 0.15],
    ['speculation', { speculation: true }, 0.25],
    ['version class', { versionClass: '0.11' }, 0.08],
  ])('another %s adds its own part in quadrature', (_, difference, added) => {
    const near = sigmaOf(HERE, points(0.1));

    expect(sigmaOf({ ...HERE, ...difference }, points(0.1))).toBeCloseTo(Math.sqrt(near * near + added * added), 10);
  });

  test('differences that were measured in a suite add nothing', () => {
    const wide = { ...HERE, sharedBy: 32, meanPromptTokens: 16_000 };

    expect(sigmaOf({ ...HERE, sharedBy: 16, meanPromptTokens: 12_000 }, points(0.1, wide))).toBe(
      sigmaOf(wide, points(0.1, wide)),
    );
  });

  test('a figure that nobody measured has none, and few points give none', () => {
    const { bands } = errorBands(
      HERE,
      validatedConditions([...points(0.1), ...points(0.1, HERE, 'rate').slice(0, 4)]),
      0,
      'measured',
    );

    expect(bands.map(({ figure }) => figure)).toEqual(['tpot mean']);
  });

  test('says what it rests on', () => {
    const basis = (conditions: ConditionsPlan, peaks: 'datasheet' | 'announced') =>
      errorBands(conditions, validatedConditions(points(0.1)), 0, peaks).bands[0]!.basis;

    expect(basis(HERE, 'datasheet')).toBe('measured on h100-sxm');
    expect(basis({ ...HERE, accelerator: 'mi300x', generation: 'cdna3' }, 'datasheet')).toBe(
      'nearest measured on h100-sxm',
    );
    expect(basis({ ...HERE, accelerator: 'r100', generation: 'rubin' }, 'announced')).toBe('announced numbers');
  });
});

describe('demand settles what is served', () => {
  const rate = points(0.2, HERE, 'rate');
  const keepsUp = (conditions: ConditionsPlan, offeredLoad: number) =>
    errorBands(conditions, validatedConditions(rate), offeredLoad, 'measured').keepsUp;

  test('only if a system slower by the band would still keep up, and clients do not wait for it', () => {
    const most = 1 / (1 + bandHalfWidth(sigmaOf(HERE, rate, 'rate')));

    expect(keepsUp(HERE, most - 0.01)).toBe(true);
    expect(keepsUp(HERE, most + 0.01)).toBe(false);
    expect(keepsUp({ ...HERE, load: 'closed' }, 0.1)).toBe(false);
  });
});

describe('the errors of a validation', () => {
  test('carry the conditions of their cases', () => {
    const options = { files: NO_FILES };
    const prepared = prepare(casesOf(SMALL), catalogue, options);
    const validation = prepared.compare(
      prepared.plans.map((plan) => ({ kind: 'measured' as const, times: measureRun(plan, catalogue) })),
    );

    const found = errorPoints(validation, catalogue, options);

    expect(found.map(({ figure }) => figure)).toEqual(['tpot mean', 'e2e mean', 'rate']);
    expect(found[0]!.conditions).toEqual({ ...HERE, load: 'closed', meanPromptTokens: 100 });
    const [tpot] = validation.cases.flatMap((each) => (each.status === 'compared' ? each.comparisons : []));
    expect(found[0]!.logError).toBeCloseTo(Math.log(tpot!.simulated / 7), 12);
  });
});

describe('coverage', () => {
  test('a band holds 80 % of the normal errors it was made of, and of a model that has the same', () => {
    const [found] = coverage([...points(0.1), ...points(0.1, { ...HERE, model: 'other' })]);

    expect(found!.inside).toBeGreaterThan(0.78);
    expect(found!.inside).toBeLessThan(0.82);
    // A model that is not known gets a wider one.
    expect(found!.insideWithoutModel).toBeGreaterThan(found!.inside);
    expect(found!.insideWithoutAccelerator).toBeUndefined();
  });

  const { coverage: ofSuites } = loadValidatedErrors();

  // Runs that a host held back are in the bands, but apart from the others they are no sample of the same spread.
  const spread = ofSuites.filter(({ suite, points: count }) => count >= 20 && suite !== 'ml-energy-held-back');

  test.each(spread.map((each) => [each.suite, each.figure, each] as const))(
    'of %s, %s: 75 to 85 % of the points, give or take two standard errors',
    (_suite, _figure, { points: count, inside }) => {
      const tolerance = 0.05 + 2 * Math.sqrt((0.8 * 0.2) / count);

      expect(Math.abs(inside - 0.8)).toBeLessThan(tolerance);
    },
  );

  test('of all points, at least 75 % are in bands that know nothing of their model, or of their accelerator', () => {
    for (const key of ['insideWithoutModel', 'insideWithoutAccelerator'] as const) {
      const known = ofSuites.filter((each) => each[key] !== undefined);
      const all = known.reduce((sum, each) => sum + each.points, 0);
      const held = known.reduce((sum, each) => sum + each.points * each[key]!, 0);
      expect(held / all).toBeGreaterThan(0.75);
    }
  });
});

describe('a plan', () => {
  function poolsOn(accelerator: string): readonly PoolPlan[] {
    const text = readFileSync('scenarios/quickstart.yaml', 'utf8').replaceAll('h100-sxm', accelerator);
    const reading = readScenario(text, 'quickstart.yaml', catalogue, NO_FILES);
    if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
    const planning = planRuns(reading.scenario, catalogue, { files: NO_FILES });
    if (!planning.ok) throw new Error(JSON.stringify(planning.problems));
    return planning.plans[0]!.pools;
  }
  const bandOn = (accelerator: string, figure: BandFigure) =>
    poolsOn(accelerator)[0]!.errorBands!.bands.find((band) => band.figure === figure);

  test('has the band of each pool: narrow on hardware that was measured, wide on hardware that was announced', () => {
    const known = bandOn('h100-sxm', 'tpot mean')!;
    const unknown = bandOn('r100', 'tpot mean')!;

    expect(known.basis).toBe('measured on h100-sxm');
    expect(unknown.basis).toBe('announced numbers');
    expect(unknown.sigma).toBeGreaterThan(0.25);
    expect(known.sigma).toBeLessThan(0.25);
    expect(BAND_DEVIATIONS * known.sigma).toBeGreaterThan(0);
    expect(bandOn('h100-sxm', 'tpot p99')).toBeUndefined();
  });

  test('says that quickstart is asked for less than it could serve', () => {
    expect(poolsOn('h100-sxm')[0]!.errorBands).toMatchObject({ openLoop: true, keepsUp: true });
  });
});
