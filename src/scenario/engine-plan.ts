import type { MemoryShortage } from '../sim/memory.ts';
import { planMemory } from '../sim/memory.ts';
import type { EngineDefaults, EnginePlan } from '../sim/plan.ts';
import type { ServingLayout } from '../sim/profiles.ts';
import { acceleratorsOf } from '../sim/serving-layout.ts';
import { finding } from './draft.ts';
import type { Finding } from './explain.ts';
import type { Choices } from './deployment.ts';
import { kvTiersOf } from './kv-tiers.ts';
import type { EngineInput } from './schema.ts';
import type { Speculation } from './speculation.ts';

/** Where neither a scenario nor the profile of the engine says anything. */
const BUILT_IN = { watermark: 0 } as const;

/** No limit of its own: a segment ends where the batch can change. */
const MAX_SEGMENT_STEPS = 2 ** 31 - 1;

/** The engine of a pool with its KV cache measured out, or why it would not start. */
export function enginePlan(
  choices: Choices,
  speculation: Speculation | undefined,
): EnginePlan | { readonly findings: Finding[] } {
  const { profiles, serving, at } = choices;
  const engine = choices.engine ?? {};
  const { frontEndNs, outputNs, firstOutputNs, ...usual } = profiles.engine.numbers;
  const options = optionsOf(engine, usual.defaults);
  const { maxContextTokens } = profiles.model.numbers;
  const asked = engine.maxModelTokens;
  const { tiers, findings: wrongTiers } = kvTiersOf(choices, options, speculation?.draft);
  const findings = [...tooSmallSteps(choices, options, speculation), ...wrongTiers];
  if (asked !== undefined && asked > maxContextTokens) {
    const sentence = `${choices.model} has a context of ${maxContextTokens} tokens, not ${asked}`;
    findings.push(finding(at('engine', 'maxModelTokens'), sentence));
  }
  const { blockTokens, maxNumSeqs } = options;
  const memory = planMemory(profiles.accelerator.numbers, profiles.model.numbers, {
    ...serving,
    memoryUtilisation: engine.memoryUtilisation ?? usual.memoryUtilisation,
    utilisationBesideWeights: usual.utilisationBesideWeights,
    blockTokens,
    maxNumSeqs,
    draft: speculation?.draft,
    leastKvTokens: asked ?? blockTokens,
  });
  const withDraft = speculation?.draft !== undefined;
  if (!memory.fits) findings.push(finding(at('layout'), shortage(memory, choices, { asked, maxNumSeqs, withDraft })));
  if (!memory.fits || findings.length > 0) return { findings };
  const { kvBlocks } = memory;
  return {
    ...options,
    maxModelTokens: asked ?? Math.min(maxContextTokens, kvBlocks * blockTokens),
    kvBlocks,
    prefixIdleNs: engine.prefixIdle ?? 0,
    watermarkBlocks: Math.floor((engine.watermark ?? BUILT_IN.watermark) * kvBlocks),
    ...(engine.receiveEverySteps !== undefined && { receiveEverySteps: engine.receiveEverySteps }),
    ...(speculation?.plan && { speculation: speculation.plan }),
    ...(tiers.length > 0 && { kvTiers: tiers }),
    frontEndNs,
    outputNs,
    firstOutputNs,
    maxSegmentSteps: MAX_SEGMENT_STEPS,
  };
}

/** What the scenario says, otherwise what the engine does. */
function optionsOf(engine: EngineInput, defaults: EngineDefaults): EngineDefaults {
  return {
    maxNumSeqs: engine.maxNumSeqs ?? defaults.maxNumSeqs,
    maxNumBatchedTokens: engine.maxNumBatchedTokens ?? defaults.maxNumBatchedTokens,
    blockTokens: engine.blockTokens ?? defaults.blockTokens,
    reserveFullPrompt: engine.reserveFullPrompt ?? defaults.reserveFullPrompt,
    kvAllocation: engine.kvAllocation ?? defaults.kvAllocation,
    continuousBatching: engine.continuousBatching ?? defaults.continuousBatching,
    chunkedPrefill: engine.chunkedPrefill ?? defaults.chunkedPrefill,
    prefillFirst: engine.prefillFirst ?? defaults.prefillFirst,
    asyncScheduling: engine.asyncScheduling ?? defaults.asyncScheduling,
    prefixCaching: engine.prefixCaching ?? defaults.prefixCaching,
  };
}

function tooSmallSteps(choices: Choices, options: EngineDefaults, speculation: Speculation | undefined): Finding[] {
  const { at, engine = {} } = choices;
  const { maxNumSeqs, maxNumBatchedTokens } = options;
  const { draftTokens = 0 } = speculation?.plan ?? {};
  const findings: Finding[] = [];
  if (maxNumBatchedTokens < (1 + draftTokens) * maxNumSeqs) {
    const key = engine.maxNumBatchedTokens === undefined ? 'maxNumSeqs' : 'maxNumBatchedTokens';
    const tokens = draftTokens === 0 ? '' : `, each with ${draftTokens} guessed tokens and one more`;
    const sentence = `maxNumBatchedTokens ${maxNumBatchedTokens} is below maxNumSeqs ${maxNumSeqs}${tokens}: a step could not serve all that run`;
    findings.push(finding(at('engine', key), `${sentence} — raise it, or lower maxNumSeqs`));
  }
  const asked = engine.maxModelTokens;
  const recomputes = !options.chunkedPrefill && options.kvAllocation === 'paged';
  if (asked !== undefined && asked > maxNumBatchedTokens && recomputes) {
    const sentence = `without chunkedPrefill a preempted request is computed again in one step, and maxNumBatchedTokens ${maxNumBatchedTokens} is below maxModelTokens ${asked}`;
    const key = engine.maxNumBatchedTokens === undefined ? 'maxModelTokens' : 'maxNumBatchedTokens';
    findings.push(finding(at('engine', key), `${sentence} — make them equal, or write chunkedPrefill: true`));
  }
  return findings;
}

interface Asked {
  readonly withDraft: boolean;
  /** Tokens of the longest request, if the scenario says. */
  readonly asked: number | undefined;
  readonly maxNumSeqs: number;
}

/** What is needed, what there is, and how many accelerators would do. */
function shortage(memory: MemoryShortage, choices: Choices, { asked, maxNumSeqs, withDraft }: Asked): string {
  const { accelerator, model, serving } = choices;
  const accelerators = acceleratorsOf(serving);
  const each = accelerators === 1 ? '' : ' each';
  const kvBytes = memory.kvBytesPerTokenPerAccelerator + memory.windowKvBytesPerTokenPerAccelerator;
  const needs = [
    `${gigabytes(memory.weightBytesPerAccelerator)} of weights${withDraft ? ' (those of what guesses included)' : ''}`,
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
