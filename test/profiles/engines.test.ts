import { describe, expect, test } from 'vitest';
import { engines, loadEngine } from '../../src/hardware-profiles/index.ts';
import { NS_PER_MS } from '../../src/sim/units.ts';

const classes = engines.flatMap((name) =>
  loadEngine(name).versionClasses.map((versionClass) => [name, versionClass] as const),
);
const defaultsOf = (name: string, versionClass?: string) => loadEngine(name, versionClass).numbers.defaults;

describe.each(classes)('engine %s %s', (name, versionClass) => {
  const { numbers, covers, worstGrade } = loadEngine(name, versionClass);
  const { defaults, stepCost } = numbers;

  test('can serve all that may run in one step, and fills whole blocks', () => {
    expect(defaults.maxNumBatchedTokens).toBeGreaterThanOrEqual(defaults.maxNumSeqs);
    expect(numbers.blockTokens).toBe(defaults.blockTokens);
    expect(Number.isInteger(Math.log2(defaults.blockTokens))).toBe(true);
  });

  test('reads no faster than the bandwidth, and says what it stands for', () => {
    expect(stepCost.weightReadTime).toBeGreaterThan(1);
    expect(stepCost.kvReadTime).toBeGreaterThan(1);
    expect(covers).not.toBe('');
    expect(worstGrade === 'estimated').toBe(name !== 'vllm');
  });
});

test('the client waits longest for SGLang: 205, 26 and 32 ms in InferenceX, 12 ms more before 0.14', () => {
  const aroundStepsMs = (name: string, versionClass: string) => {
    const { frontEndNs, firstOutputNs } = loadEngine(name, versionClass).numbers;
    return (frontEndNs + firstOutputNs) / NS_PER_MS;
  };

  expect(['sglang', 'tensorrt-llm', 'vllm'].map((name) => aroundStepsMs(name, 'inferencex'))).toEqual([205, 26, 32]);
  expect(aroundStepsMs('vllm', '0.11') - aroundStepsMs('vllm', '0.15')).toBeCloseTo(12, 6);
});

test('the layer floor of TensorRT-LLM is 14 % below that of vLLM, and the host of SGLang takes twice as long for a step', () => {
  const cost = (name: string) => loadEngine(name, 'inferencex').numbers.stepCost;

  expect(cost('tensorrt-llm').layerFloorUs / cost('vllm').layerFloorUs).toBeCloseTo(0.86, 2);
  expect(cost('sglang').hostStepMs / cost('vllm').hostStepMs).toBeCloseTo(1.94, 2);
});

test('each engine schedules as its own documentation says', () => {
  expect(defaultsOf('vllm')).toMatchObject({ asyncScheduling: true, chunkedPrefill: true, kvAllocation: 'paged' });
  expect(defaultsOf('vllm', '0.11').asyncScheduling).toBe(false);
  expect(defaultsOf('sglang')).toMatchObject({ prefillFirst: true, blockTokens: 1, maxNumBatchedTokens: 16_384 });
  expect(defaultsOf('tensorrt-llm')).toMatchObject({ kvAllocation: 'output', chunkedPrefill: false });
  expect(defaultsOf('orca')).toMatchObject({ continuousBatching: true, kvAllocation: 'maximum' });
  expect(defaultsOf('static')).toMatchObject({ continuousBatching: false, kvAllocation: 'maximum' });
});

test('engines of the past differ from vLLM of today in nothing but scheduling', () => {
  const { stepCost, frontEndNs } = loadEngine('vllm').numbers;

  for (const name of ['static', 'orca']) {
    expect(loadEngine(name).numbers).toMatchObject({ stepCost, frontEndNs });
  }
});
