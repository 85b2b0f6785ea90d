import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { readSuites } from '../../src/cli/validate.ts';
import { loadModel } from '../../src/model-profiles/index.ts';
import { achievedFlops, achievedHbmBytes } from '../../src/sim/roofline.ts';
import { compileCase } from '../../src/validation/compile-case.ts';
import type { ValidationCase } from '../../src/validation/read-cases.ts';
import { FileSource } from '../../src/workers/file-source.ts';

interface Run {
  readonly id: string;
  readonly accelerator: string;
  readonly weights: string;
  readonly accelerators: number;
  /** Runs that were made alike. */
  readonly group: string;
  /** Of a mean step of one accelerator: what there is to do, and how long it took, s. */
  readonly load: readonly number[];
  readonly stepS: number;
}

const PROMPT_TOKENS = 200;

/** Uniform output lengths: half of the mean output is in the cache in the mean. */
function runOf(given: ValidationCase): Run[] {
  const compiled = compileCase(given, catalogue, { files: { open: (path) => new FileSource(path) } });
  if (compiled.kind !== 'plan') return [];
  const { stepCost, acceleratorsPerInstance: accelerators } = compiled.plan.pools[0]!;
  const { accelerator = '', weights = '', model, measured, workload, tags } = given;
  const { outputTokens, concurrency } = workload as {
    readonly outputTokens: { readonly uniform: readonly [number, number] };
    readonly concurrency: number;
  };
  const mean = (outputTokens.uniform[0] + outputTokens.uniform[1]) / 2;
  const kvTokens = concurrency * (PROMPT_TOKENS + mean / 2);
  const prefillTokens = (concurrency * PROMPT_TOKENS) / mean;
  const work = {
    steps: 1,
    decodeSeqSteps: concurrency,
    prefillTokens,
    kvTokenSteps: kvTokens,
    prefillPairs: (prefillTokens * PROMPT_TOKENS) / 2,
    prefillContextTokens: 0,
  };
  const inWindow = Math.min(kvTokens, (stepCost.window?.tokens ?? 0) * concurrency);
  const kvBytes = kvTokens * stepCost.kvBytesPerToken + inWindow * (stepCost.window?.kvBytesPerToken ?? 0);
  const flops = achievedFlops(stepCost, work);
  const bytes = achievedHbmBytes(stepCost, work);
  const experts = stepCost.experts === null ? 0 : 1;
  const tokensPerS = (accelerators * measured.wattsPerAccelerator!) / measured.joulesPerOutputToken!;
  return [
    {
      id: given.id,
      accelerator,
      weights,
      accelerators,
      group: [accelerator, model, weights, tags!['task'], accelerators].join(' '),
      load: [concurrency, kvBytes, prefillTokens, flops, bytes, loadModel(model).numbers.layers, experts],
      stepS: concurrency / tokensPerS,
    },
  ];
}

const suiteOf = (suite: string) => readSuites('validation').filter((each) => each.suite === suite);
const kept = suiteOf('ml-energy').flatMap(runOf);
const heldBack = suiteOf('ml-energy-held-back').flatMap(runOf);
const runs = [...kept, ...heldBack];

/** At least as much to do on nothing better, in a twentieth less time. */
function outpaces(other: Run, run: Run): boolean {
  const noBetter = other.accelerator === run.accelerator || other.accelerator === 'h100-sxm';
  const alike = other.accelerators === run.accelerators && other.weights === run.weights;
  return (
    noBetter && alike && other.load.every((it, at) => it >= 0.99 * run.load[at]!) && 1.05 * other.stepS < run.stepS
  );
}

const isOutpaced = (run: Run) => runs.some((other) => outpaces(other, run));

function isHeldBack(run: Run): boolean {
  const group = runs.filter((other) => other.group === run.group);
  return isOutpaced(run) || 3 * group.filter(isOutpaced).length >= group.length;
}

describe('the runs of ML.ENERGY that are apart because a host held them back', () => {
  test('are those that another run with as much to do outpaces, or of a group of which a third is', () => {
    expect(heldBack.filter((run) => !isHeldBack(run)).map(({ id }) => id)).toStrictEqual([]);
    expect(heldBack).toHaveLength(23);
  });

  test('are all of them', () => {
    expect(kept.filter(isHeldBack).map(({ id }) => id)).toStrictEqual([]);
    expect(kept).toHaveLength(333);
  });

  test('ran on B200', () => {
    expect(new Set(heldBack.map(({ accelerator }) => accelerator))).toStrictEqual(new Set(['b200']));
  });
});
