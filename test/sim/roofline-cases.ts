import { loadAccelerator, loadEngine } from '../../src/hardware-profiles/index.ts';
import { loadModel } from '../../src/model-profiles/index.ts';
import type { ServingLayout } from '../../src/sim/profiles.ts';
import { rooflineParameters } from '../../src/sim/roofline-parameters.ts';
import type { RooflineParameters, StepShape } from '../../src/sim/roofline.ts';
import { stepNs } from '../../src/sim/roofline.ts';

const NS_PER_MS = 1e6;

/** One accelerator, everything in bf16. */
export const ALONE: ServingLayout = {
  weights: 'bf16',
  kv: 'bf16',
  tensorParallel: 1,
  pipelineParallel: 1,
  dataParallel: 1,
  expertParallel: 1,
  expertLoadSkew: 1,
};

export function costOf(
  accelerator: string,
  model: string,
  layout: Partial<ServingLayout> = {},
  engine = loadEngine('vllm').numbers,
): RooflineParameters {
  const { numbers } = loadModel(model);
  return rooflineParameters(loadAccelerator(accelerator).numbers, numbers, engine, { ...ALONE, ...layout });
}

/** `users` who each send the next request when the last is answered; lengths are 0.9 of what is written. */
export interface ClosedLoop {
  readonly users: number;
  readonly tokens: number;
  readonly ttftMs: number;
}

/**
 * Time per output token of a closed loop, prompts and answers equally long. In the mean every step either carries a prompt
 * or does not, and the users who are not waiting for their first token are running.
 */
export function closedLoopTpotMs(p: RooflineParameters, { users, tokens, ttftMs }: ClosedLoop): number {
  const length = 0.9 * tokens;
  let tpotMs = ttftMs;
  for (let round = 0; round < 100; round++) {
    const running = Math.max(1, Math.round((users * length * tpotMs) / (ttftMs + length * tpotMs)));
    const promptShare = Math.min(1, running / length);
    const prompts = running / length / promptShare;
    const decode = { decodeSeqs: running, kvTokens: running * length * 1.5 };
    const prefill = {
      prefillTokens: prompts * length,
      prefillPairs: (prompts * length * length) / 2,
      promptsFinished: prompts,
    };
    tpotMs =
      ((1 - promptShare) * stepNs(p, shapeOf(decode)) + promptShare * stepNs(p, shapeOf({ ...decode, ...prefill }))) /
      NS_PER_MS;
  }
  return tpotMs;
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
