import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { accelerators, engines, loadAccelerator, loadEngine } from '../../src/hardware-profiles/index.ts';
import { parseProfile, ProfileError, sourced } from '../../src/profile-file.ts';
import { loadModel, models } from '../../src/model-profiles/index.ts';
import {
  activeParameters,
  expertsOf,
  groupedOf,
  headParameters,
  layersOf,
  totalParameters,
} from '../../src/sim/model-shape.ts';
import { plain, sourcesOf, worstGrade } from '../../src/sim/profiles.ts';
import { changed, scenarioOf } from '../scenario/support.ts';

const engineClasses = engines.flatMap((name) =>
  loadEngine(name).versionClasses.map((versionClass) => [name, versionClass] as const),
);

/** Types whose peak is not twice that of the next wider one, by what their vendors say. */
const UNEVEN_PEAKS: Readonly<Record<string, readonly string[]>> = {
  b300: ['fp4'],
  gb300: ['fp4'],
  r100: ['fp8'],
  'rubin-ultra': ['fp8', 'fp4'],
  'tpu-v6e': ['fp8'],
  trainium3: ['fp8', 'fp4'],
};

describe.each(accelerators)('accelerator %s', (name) => {
  const { numbers, reference, power, cost } = loadAccelerator(name);
  const { denseTflops, gemmMfu } = numbers;

  test('a narrower type is never slower, and doubles the peak within 3 % where no exception is known', () => {
    const { bf16, fp8 = 2 * bf16, fp4 = 2 * fp8 } = denseTflops;
    const exceptions = UNEVEN_PEAKS[name] ?? [];

    expect([bf16, fp8, fp4]).toEqual([bf16, fp8, fp4].sort((a, b) => a - b));
    expect(Math.abs(fp8 / bf16 / 2 - 1) < 0.03).toBe(!exceptions.includes('fp8'));
    expect(Math.abs(fp4 / fp8 / 2 - 1) < 0.03).toBe(!exceptions.includes('fp4'));
  });

  test('reads no faster and multiplies no faster than its peaks', () => {
    const { bf16, fp8 = bf16, fp4 = bf16 } = reference.gemmBandwidthShare;

    expect(Math.max(bf16, fp8, fp4, numbers.prefillAttention.mfu, power.draw.ceilingShare)).toBeLessThan(1);
    expect(numbers.expertTflops.bf16).toBeLessThan(denseTflops.bf16);
    for (const { gbPerS } of Object.values(numbers.allReduce)) {
      expect(gbPerS).toBeLessThan(reference.scaleUpGBPerS);
    }
  });

  test('groups are 2, 4, 8 … up to the scale-up domain, and a larger one is never quicker to start', () => {
    const sizes = Object.keys(numbers.allReduce).map(Number);
    const latencies = Object.values(numbers.allReduce).map(({ latencyUs }) => latencyUs);

    expect(sizes).toEqual([2, 4, 8, 16, 32, 64].filter((size) => size <= numbers.scaleUpAccelerators));
    expect(latencies).toEqual(latencies.toSorted((a, b) => a - b));
  });

  test('plans a pool of llama-3.1-8b on four of them', () => {
    const text = changed(
      ['h100-sxm, model: llama-3.1-70b, weights: fp8', `${name}, model: llama-3.1-8b, weights: bf16`],
      ['kind: chat, model: llama-3.1-70b', 'kind: chat, model: llama-3.1-8b'],
    );

    expect(scenarioOf(text).pools[0]).toMatchObject({ accelerator: name, acceleratorsPerInstance: 4 });
  });

  test('every type it computes in has an efficiency curve, and the curve is below 1', () => {
    const shares = [gemmMfu.bf16, gemmMfu.fp8, gemmMfu.fp4].flatMap((curve) => curve?.mfu ?? []);

    expect(Object.keys(gemmMfu)).toEqual(Object.keys(denseTflops));
    expect(Math.max(...shares)).toBeLessThan(1);
  });

  test('the driver leaves what is on the label within 8 %, GB taken for GiB', () => {
    expect(numbers.usableHbmGB / reference.hbmGB).toBeGreaterThan(0.92);
    expect(numbers.usableHbmGB / reference.hbmGB).toBeLessThan(1.0737);
  });

  test('powers and prices are ordered', () => {
    expect(power.idleWatts).toBeLessThan(power.idleWithContextWatts);
    expect(power.idleWithContextWatts).toBeLessThan(power.tdpWatts);
    expect(power.tdpWatts).toBeLessThan(power.serverWattsMax);
    expect(power.serverWattsMax).toBeLessThan(power.facilityWattsProvisioned);
    expect(cost.rentUsdPerHourLow).toBeLessThan(cost.rentUsdPerHour);
    expect(cost.rentUsdPerHour).toBeLessThan(cost.rentUsdPerHourHigh);
    expect(power.tdpWatts + power.hostIdleWatts + power.hostBusyWatts).toBeLessThanOrEqual(power.serverWattsMax + 1);
  });
});

describe.each(models)('model %s', (name) => {
  const { numbers, publishedParameters, publishedActiveParameters } = loadModel(name);

  test('has the published number of parameters within 2 %', () => {
    expect(Math.abs(totalParameters(numbers) / publishedParameters - 1)).toBeLessThan(0.02);
  });

  test('says how many parameters are active exactly if it has experts', () => {
    expect(publishedActiveParameters !== undefined).toBe(expertsOf(numbers).length > 0);
  });

  test('has the published number of active ones within 3 %, with embedding and head or without', () => {
    const active = activeParameters(numbers);
    const head = headParameters(numbers);
    const errors = [active, active - head, active - 2 * head].map((counted) =>
      Math.abs(counted / (publishedActiveParameters ?? active) - 1),
    );

    expect(Math.min(...errors)).toBeLessThan(0.03);
  });

  test('has one kind of experts and one window at most', () => {
    const windows = new Set(groupedOf(numbers).flatMap((it) => it.windowTokens ?? []));

    expect(expertsOf(numbers).length).toBeLessThanOrEqual(1);
    expect(windows.size).toBeLessThanOrEqual(1);
  });

  test('has a mixer and a feed-forward in every layer, or one of the two', () => {
    const mixers = layersOf(numbers.attention);
    const feedForwards = layersOf(numbers.feedForward);

    expect([mixers, mixers + feedForwards]).toContain(numbers.layers);
    if (mixers === numbers.layers) expect(feedForwards).toBe(numbers.layers);
  });
});

describe('every number says where it comes from', () => {
  test.each(accelerators)('of %s', (name) => {
    const { sources, siteSources, worstGrade: worst } = loadAccelerator(name);

    expect([...sources, ...siteSources].filter(({ source }) => source.length < 8)).toEqual([]);
    expect(siteSources.map(({ path }) => path)).toContain('power.draw.computeWeight');
    expect(sources.map(({ path }) => path)).toContain('gemmMfu.bf16');
    expect(siteSources.map(({ path }) => path)).toContain('cost.rentUsdPerHour');
    expect(worst).toBe(worstGrade(sources));
  });

  test.each(engineClasses)('of %s %s', (name, versionClass) => {
    expect(loadEngine(name, versionClass).sources.map(({ path }) => path)).toContain('stepCost.layerFloorUs');
  });

  test('the tree without sources has the same shape, and lists stay lists', () => {
    const tree = { a: { value: 1, source: 'somewhere', grade: 'measured' as const }, b: { c: 'kind' }, d: [1, 2] };

    expect(plain(tree)).toEqual({ a: 1, b: { c: 'kind' }, d: [1, 2] });
    expect(sourcesOf(tree)).toEqual([{ path: 'a', value: 1, source: 'somewhere', grade: 'measured' }]);
  });

  test('one estimate among measurements makes the whole an estimate', () => {
    const measured = { value: 1, source: 'a bench', grade: 'measured' as const };

    expect(worstGrade([measured, { ...measured, grade: 'estimated' }, { ...measured, grade: 'datasheet' }])).toBe(
      'estimated',
    );
    expect(worstGrade([])).toBe('measured');
  });
});

describe('a profile with mistakes', () => {
  const schema = z.strictObject({ watts: sourced(z.number().positive()), tflops: sourced(z.number()) });

  test('hears of all of them at once, each with its place', () => {
    const text = [
      'watts: { value: -3, source: a datasheet, grade: guessed }',
      'tflops:',
      '  value: 12',
      '  grade: measured',
      'volts: 3',
    ].join('\n');

    expect(problemsIn(text)).toEqual([
      expect.stringMatching(/^x\.yaml:1:17 watts\.value: /),
      expect.stringMatching(/^x\.yaml:1:49 watts\.grade: .*"measured" or "datasheet" or "announced" or "estimated"/),
      expect.stringMatching(/^x\.yaml:3:3 tflops\.source: /),
      expect.stringMatching(/^x\.yaml:5:1 volts: unknown key — known keys: watts, tflops$/),
    ]);
  });

  test('that is not YAML says where', () => {
    expect(problemsIn('watts: {\n  value: 3')).toEqual([expect.stringMatching(/^x\.yaml:2:/)]);
  });

  function problemsIn(text: string): readonly string[] {
    try {
      parseProfile(text, 'x.yaml', schema);
    } catch (error) {
      if (error instanceof ProfileError) return error.problems;
      throw error;
    }
    return [];
  }
});

test('an unknown name is answered with the known ones', () => {
  expect(() => loadAccelerator('h100')).toThrow(`unknown accelerator "h100"; known: ${accelerators.join(', ')}`);
  expect(() => loadModel('llama')).toThrow(`unknown model "llama"; known: ${models.join(', ')}`);
  expect(() => loadEngine('vllm', '0.1')).toThrow(
    'unknown version class "0.1" of vllm; known: 0.15, 0.11, inferencex, ml-energy',
  );
});
