import { describe, expect, test } from 'vitest';
import { acceleratorOfText, loadAccelerator, loadEngine } from '../../src/hardware-profiles/index.ts';
import { loadModel } from '../../src/model-profiles/index.ts';
import { rooflineParameters } from '../../src/sim/roofline-parameters.ts';
import { changed, filesOf, scenarioOf, told } from '../scenario/support.ts';
import { ALONE } from '../sim/roofline-cases.ts';

/** What a spec sheet says, and no more. */
const SPEC_SHEET = `title: Acme X1
generation: hopper
source: Acme X1 datasheet of 2026
performance:
  denseTflops: { bf16: 1500, fp8: 3000 }
  hbmGBPerS: 6000
reference:
  hbmGB: 120
  scaleUpGBPerS: 900
power:
  tdpWatts: 1400
`;

function own(text: string) {
  const reading = acceleratorOfText(text, 'gpus/x1.yaml');
  if ('problems' in reading) throw new Error(reading.problems.join('\n'));
  return reading.profile;
}

function problemsOf(text: string): readonly string[] {
  const reading = acceleratorOfText(text, 'gpus/x1.yaml');
  return 'problems' in reading ? reading.problems : [];
}

describe('a spec sheet', () => {
  const h100 = loadAccelerator('h100-sxm');
  const x1 = own(SPEC_SHEET);

  test('is filled from the measured accelerator of its generation, or from the one it names', () => {
    const ada = own(SPEC_SHEET.replace('generation: hopper', 'generation: hopper\nnearest: l40s'));

    expect(x1.nearest).toBe('h100-sxm');
    expect(ada.nearest).toBe('l40s');
    expect(ada.numbers.gemmMfu).toEqual(loadAccelerator('l40s').numbers.gemmMfu);
  });

  test('keeps shares and latencies, and scales rates by the links', () => {
    expect(x1.numbers.gemmMfu).toEqual(h100.numbers.gemmMfu);
    expect(x1.numbers.layerFloorRatio).toBe(1);
    expect(x1.numbers.allReduce['8']).toEqual({ latencyUs: 9.5, gbPerS: 2 * 255 });
    expect(x1.numbers.network.gbPerS).toBe(50);
  });

  test('scales memory by the label, experts by large products, watts by the TDP', () => {
    expect(x1.numbers.usableHbmGB / 120).toBeCloseTo(84.9 / 80, 3);
    expect(x1.numbers.expertTflops.bf16! / 1500).toBeCloseTo(771 / 989, 3);
    expect(x1.power.idleWithContextWatts).toBe(240);
    expect(x1.power.draw.floorShare).toBeCloseTo(120 / 700, 4);
  });

  test('grades what it says as a datasheet and what was filled in as estimated, and says from where', () => {
    const graded = Object.fromEntries(x1.sources.map(({ path, grade, source }) => [path, { grade, source }]));

    expect(graded['denseTflops.fp8']).toEqual({ grade: 'datasheet', source: 'Acme X1 datasheet of 2026' });
    expect(graded['gemmMfu.fp8']?.grade).toBe('estimated');
    expect(graded['gemmMfu.fp8']?.source).toMatch(/^as h100-sxm: AIConfigurator/);
    expect(x1.worstGrade).toBe('estimated');
    expect(x1.grades).toMatchObject({ peaks: 'datasheet', kernels: 'estimated', power: 'estimated' });
  });

  test('with a measurement of its own keeps it', () => {
    const measured = `{ value: 0.9, source: our own bench of June, grade: measured }`;
    const { numbers, sources } = own(SPEC_SHEET.replace('  hbmGBPerS', `  layerFloorRatio: ${measured}\n  hbmGBPerS`));

    expect(numbers.layerFloorRatio).toBe(0.9);
    expect(sources.find(({ path }) => path === 'layerFloorRatio')).toMatchObject({ grade: 'measured' });
  });

  test('with a peak that the nearest has not takes the next wider type', () => {
    const { numbers } = own(SPEC_SHEET.replace('fp8: 3000', 'fp8: 3000, fp4: 6000'));

    expect(numbers.gemmMfu.fp4).toEqual(h100.numbers.gemmMfu.fp8);
    expect(numbers.kvReadSpeedup.fp4).toBeUndefined();
  });

  test('of a wider scale-up domain continues the groups: 7 % less rate and the last step of latency for a doubling', () => {
    const { numbers } = own(SPEC_SHEET.replace('  hbmGB:', '  scaleUpDomainAccelerators: 72\n  hbmGB:'));
    const { '8': eight, '16': sixteen } = numbers.allReduce;

    expect(Object.keys(numbers.allReduce)).toEqual(['2', '4', '8', '16', '32', '64']);
    expect(sixteen!.gbPerS).toBeCloseTo(0.93 * eight!.gbPerS, 1);
    expect(sixteen!.latencyUs).toBe(9.5 + (9.5 - 6));
  });
});

describe('a spec sheet with mistakes', () => {
  test('hears of each with its place', () => {
    const wrong = SPEC_SHEET.replace('  hbmGBPerS: 6000\n', '  hbmGBPerS: -6000\n  hbmTBPerS: 6\n').replace(
      '  tdpWatts: 1400\n',
      '  idleWatts: 60\n',
    );

    expect(problemsOf(wrong)).toEqual([
      expect.stringMatching(/^gpus\/x1\.yaml:6:14 performance\.hbmGBPerS\.value: must be above 0, found -6000$/),
      expect.stringMatching(/^gpus\/x1\.yaml:7:3 performance\.hbmTBPerS: unknown key — .*hbmGBPerS/),
      expect.stringMatching(/^gpus\/x1\.yaml:12:3 power\.tdpWatts: is missing$/),
    ]);
  });

  test('hears that a bare number needs a source', () => {
    expect(problemsOf(SPEC_SHEET.replace(/source: .*\n/, ''))).toContainEqual(
      expect.stringMatching(
        /^gpus\/x1\.yaml:4:24 performance\.denseTflops\.bf16: \d+ has no source — write `source:` at the top/,
      ),
    );
  });

  test('hears which accelerators it can be near to', () => {
    expect(problemsOf(SPEC_SHEET.replace('source:', 'nearest: h1000\nsource:'))).toEqual([
      expect.stringMatching(/^gpus\/x1\.yaml:3:10 nearest: .*known: a100-80, /),
    ]);
  });
});

describe('a scenario with an accelerator of its own', () => {
  const text = changed(['accelerator: h100-sxm', 'accelerator: gpus/x1.yaml']);
  const files = filesOf({ 'plans/gpus/x1.yaml': SPEC_SHEET });

  test('finds it beside itself and plans with its numbers', () => {
    const [pool] = scenarioOf(text, 'plans/desk.yaml', files).pools;

    expect(pool).toMatchObject({ accelerator: 'gpus/x1.yaml', grade: 'estimated' });
    expect(pool!.stepCost.peakHbmBytesPerS).toBe(6e12);
  });

  test('is another plan when a number that it rests on changes', () => {
    const slower = filesOf({ 'plans/gpus/x1.yaml': SPEC_SHEET.replace('6000', '5900') });

    expect(scenarioOf(text, 'plans/desk.yaml', slower).pools).not.toEqual(
      scenarioOf(text, 'plans/desk.yaml', files).pools,
    );
  });

  test('that is not there, or not whole, is told where it is named', () => {
    expect(told(text, 'plans/desk.yaml', filesOf({}))).toMatchInlineSnapshot(`
      "plans/desk.yaml:5:28  templates.h100-70b.accelerator
          there is no accelerator file at plans/gpus/x1.yaml — a path in a scenario is relative to it

      1 problem; nothing was simulated."
    `);
    expect(told(text, 'plans/desk.yaml', filesOf({ 'plans/gpus/x1.yaml': SPEC_SHEET.replace('1400', 'lots') })))
      .toMatchInlineSnapshot(`
      "plans/desk.yaml:5:28  templates.h100-70b.accelerator
          plans/gpus/x1.yaml:11:13 power.tdpWatts: expected a number, or { value, source, grade }, found "lots"

      1 problem; nothing was simulated."
    `);
  });
});

test('a group of eight GPUs reaches over two trays of an NVL72 rack', () => {
  const { numbers } = loadAccelerator('gb200');

  expect(numbers).toMatchObject({ acceleratorsPerNode: 4, scaleUpAccelerators: 72 });
  expect(scenarioOf(changed(['h100-sxm', 'gb200'], ['tensorParallel: 4', 'tensorParallel: 8'])).pools[0]).toMatchObject(
    { acceleratorsPerInstance: 8 },
  );
});

test('an accelerator that reads weights slower takes that much longer for them, and no longer for KV', () => {
  const cost = (weightReadRatio: number) =>
    rooflineParameters(
      { ...loadAccelerator('mi300x').numbers, weightReadRatio },
      loadModel('llama-3.1-8b').numbers,
      loadEngine('vllm').numbers,
      ALONE,
    );

  expect(cost(1.25).layerReadNs / cost(1).layerReadNs).toBeCloseTo(1.25, 10);
  expect(cost(1.25).headReadNs / cost(1).headReadNs).toBeCloseTo(1.25, 10);
  expect(cost(1.25).kvReadNsPerToken).toBe(cost(1).kvReadNsPerToken);
});
