import { loadAccelerator, loadEngine } from '../../src/hardware-profiles/index.ts';
import { loadModel } from '../../src/model-profiles/index.ts';
import type { ServingLayout } from '../../src/sim/profiles.ts';
import { rooflineParameters } from '../../src/sim/roofline-parameters.ts';
import type { RooflineParameters, StepShape } from '../../src/sim/roofline.ts';
import { stepNs } from '../../src/sim/roofline.ts';

const NS_PER_MS = 1e6;

export function costOf(accelerator: string, model: string, layout: Partial<ServingLayout> = {}): RooflineParameters {
  return rooflineParameters(
    loadAccelerator(accelerator).numbers,
    loadModel(model).numbers,
    loadEngine('vllm').numbers,
    {
      weights: 'bf16',
      kv: 'bf16',
      tensorParallel: 1,
      ...layout,
    },
  );
}

export function shapeOf(shape: Partial<StepShape>): StepShape {
  return {
    decodeSeqs: 0,
    kvTokens: 0,
    prefillTokens: 0,
    prefillPairs: 0,
    prefillContextTokens: 0,
    promptsFinished: 0,
    clock: 1,
    ...shape,
  };
}

/** A whole prompt, computed in one step. */
export function promptOf(tokens: number): StepShape {
  return shapeOf({ prefillTokens: tokens, prefillPairs: (tokens * (tokens + 1)) / 2, promptsFinished: 1 });
}

export function decodeMs(p: RooflineParameters, decodeSeqs: number, contextTokens: number): number {
  return stepNs(p, shapeOf({ decodeSeqs, kvTokens: decodeSeqs * contextTokens })) / NS_PER_MS;
}

export function prefillMs(p: RooflineParameters, tokens: number): number {
  return stepNs(p, promptOf(tokens)) / NS_PER_MS;
}
