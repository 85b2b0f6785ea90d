import type { MemoryShortage } from '../sim/memory.ts';
import { planMemory } from '../sim/memory.ts';
import type { EnginePlan } from '../sim/plan.ts';
import { finding } from './draft.ts';
import type { Finding } from './explain.ts';
import type { Choices } from './deployment.ts';

/** Where a scenario says nothing: what vLLM does on a data-centre accelerator. */
const ENGINE_DEFAULTS = {
  maxNumSeqs: 256,
  maxNumBatchedTokens: 8192,
  reserveFullPrompt: true,
  watermark: 0,
  prefixCaching: true,
} as const;

/** No limit of its own: a segment ends where the batch can change. */
const MAX_SEGMENT_STEPS = 2 ** 31 - 1;

/** The engine of a pool with its KV cache measured out, or why it would not start. */
export function enginePlan(choices: Choices): EnginePlan | { readonly findings: Finding[] } {
  const { profiles, serving, at } = choices;
  const engine = choices.engine ?? {};
  const maxNumSeqs = engine.maxNumSeqs ?? ENGINE_DEFAULTS.maxNumSeqs;
  const maxNumBatchedTokens = engine.maxNumBatchedTokens ?? ENGINE_DEFAULTS.maxNumBatchedTokens;
  const watermark = engine.watermark ?? ENGINE_DEFAULTS.watermark;
  const { frontEndNs, outputNs, ...usual } = profiles.engine.numbers;
  const blockTokens = engine.blockTokens ?? usual.blockTokens;
  const memoryUtilisation = engine.memoryUtilisation ?? usual.memoryUtilisation;
  const findings: Finding[] = [];
  if (maxNumBatchedTokens < maxNumSeqs) {
    const key = engine.maxNumBatchedTokens === undefined ? 'maxNumSeqs' : 'maxNumBatchedTokens';
    const sentence = `maxNumBatchedTokens ${maxNumBatchedTokens} is below maxNumSeqs ${maxNumSeqs}: a step could not serve all that run`;
    findings.push(finding(at('engine', key), `${sentence} — raise it, or lower maxNumSeqs`));
  }
  const { maxContextTokens } = profiles.model.numbers;
  const asked = engine.maxModelTokens;
  if (asked !== undefined && asked > maxContextTokens) {
    findings.push(
      finding(
        at('engine', 'maxModelTokens'),
        `${choices.model} has a context of ${maxContextTokens} tokens, not ${asked}`,
      ),
    );
  }
  const memory = planMemory(profiles.accelerator.numbers, profiles.model.numbers, {
    ...serving,
    memoryUtilisation,
    blockTokens,
    leastKvTokens: asked ?? blockTokens,
  });
  if (!memory.fits) findings.push(finding(at('layout'), shortage(memory, choices, asked)));
  if (!memory.fits || findings.length > 0) return { findings };
  const { kvBlocks } = memory;
  return {
    maxNumSeqs,
    maxNumBatchedTokens,
    maxModelTokens: asked ?? Math.min(maxContextTokens, kvBlocks * blockTokens),
    kvBlocks,
    blockTokens,
    reserveFullPrompt: engine.reserveFullPrompt ?? ENGINE_DEFAULTS.reserveFullPrompt,
    prefixCaching: engine.prefixCaching ?? ENGINE_DEFAULTS.prefixCaching,
    prefixIdleNs: engine.prefixIdle ?? 0,
    watermarkBlocks: Math.floor(watermark * kvBlocks),
    frontEndNs,
    outputNs,
    maxSegmentSteps: MAX_SEGMENT_STEPS,
  };
}

/** What is needed, what there is, and how many accelerators would do. */
function shortage(memory: MemoryShortage, { accelerator, model, serving }: Choices, asked: number | undefined): string {
  const { weights, tensorParallel } = serving;
  const each = tensorParallel === 1 ? '' : ' each';
  const weightsAndBuffers = `${gigabytes(memory.weightBytesPerAccelerator)} of weights, ${gigabytes(memory.reservedBytes)} of buffers`;
  const kv =
    asked === undefined
      ? ''
      : `, ${gigabytes(asked * memory.kvBytesPerTokenPerAccelerator)} for a request of ${asked} tokens (maxModelTokens)`;
  const finding = `${model} in ${weights} does not fit on ${tensorParallel} × ${accelerator}: ${weightsAndBuffers}${kv}${each}, and the engine may fill ${gigabytes(memory.budgetBytes)}`;
  const needed = memory.tensorParallelNeeded;
  const remedy =
    needed === undefined
      ? 'no group in one node would do: take narrower weights or a larger accelerator'
      : `${needed} accelerators would do: layout: { tensorParallel: ${needed} }`;
  return `${finding} — ${remedy}`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
