import type { MemoryShortage } from '../sim/memory.ts';
import { planMemory } from '../sim/memory.ts';
import type { EnginePlan } from '../sim/plan.ts';
import type { ServingLayout } from '../sim/profiles.ts';
import { acceleratorsOf } from '../sim/serving-layout.ts';
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
    maxNumSeqs,
    leastKvTokens: asked ?? blockTokens,
  });
  if (!memory.fits) findings.push(finding(at('layout'), shortage(memory, choices, { asked, maxNumSeqs })));
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
    kvAllocation: 'paged',
    continuousBatching: true,
    chunkedPrefill: true,
    prefillFirst: false,
    asyncScheduling: false,
    frontEndNs,
    outputNs,
    maxSegmentSteps: MAX_SEGMENT_STEPS,
  };
}

interface Asked {
  /** Tokens of the longest request, if the scenario says. */
  readonly asked: number | undefined;
  readonly maxNumSeqs: number;
}

/** What is needed, what there is, and how many accelerators would do. */
function shortage(memory: MemoryShortage, choices: Choices, { asked, maxNumSeqs }: Asked): string {
  const { accelerator, model, serving } = choices;
  const accelerators = acceleratorsOf(serving);
  const each = accelerators === 1 ? '' : ' each';
  const kvBytes = memory.kvBytesPerTokenPerAccelerator + memory.windowKvBytesPerTokenPerAccelerator;
  const needs = [
    `${gigabytes(memory.weightBytesPerAccelerator)} of weights`,
    `${gigabytes(memory.reservedBytes)} of buffers`,
    ...(memory.stateBytes === 0 ? [] : [`${gigabytes(memory.stateBytes)} for the states of ${maxNumSeqs} sequences`]),
    ...(asked === undefined ? [] : [`${gigabytes(asked * kvBytes)} for a request of ${asked} tokens (maxModelTokens)`]),
  ];
  const sentence = `${model} in ${serving.weights} does not fit on ${accelerators} × ${accelerator}: ${needs.join(', ')}${each}, and the engine may fill ${gigabytes(memory.budgetBytes)}`;
  return `${sentence} — ${remedyOf(memory, serving)}`;
}

function remedyOf({ needed }: MemoryShortage, serving: ServingLayout): string {
  if (needed === undefined) return 'no layout would do: take narrower weights or a larger accelerator';
  const { tensorParallel, pipelineParallel } = needed;
  const stages = pipelineParallel === 1 ? '' : `, pipelineParallel: ${pipelineParallel}`;
  const groups = serving.dataParallel === 1 ? '' : `, dataParallel: ${serving.dataParallel}`;
  const accelerators = acceleratorsOf({ ...serving, ...needed });
  return `${accelerators} accelerators would do: layout: { tensorParallel: ${tensorParallel}${stages}${groups} }`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
