import { touchedShare } from './roofline-formula.ts';
import type { DraftCost, RooflineParameters } from './roofline-types.ts';

/** How much was done; the timeline's counters have all of it. */
export interface WorkCounters {
  readonly steps: number;
  readonly decodeSeqSteps: number;
  readonly prefillTokens: number;
  readonly kvTokenSteps: number;
  readonly prefillPairs: number;
  readonly prefillContextTokens: number;
}

/**
 * FLOPs of the model itself and of the one that guesses for it, on one accelerator: no padding, and no output head for
 * prompts (no counter tells them). Guesses count whether they turn out right or wrong.
 *
 * @param drafted what `draftWork` answers for the work, if that is at hand
 */
export function achievedFlops(p: RooflineParameters, work: WorkCounters, drafted = draftWork(p, work)): number {
  if (p.speculation === undefined) return modelFlops(p, work, 1);
  const { tokensPerSequence, draft } = p.speculation;
  const own = modelFlops(p, work, tokensPerSequence);
  if (draft === undefined) return own;
  return own + modelFlops(draft.parameters, drafted, perDraftPass(draft, tokensPerSequence));
}

function modelFlops(p: RooflineParameters, work: WorkCounters, perSequence: number): number {
  const decoded = perSequence * work.decodeSeqSteps;
  const linear = p.layerFlopsPerToken * (work.prefillTokens + decoded) + p.headFlopsPerSequence * decoded;
  const attention =
    p.attentionFlopsPerKvToken * perSequence * work.kvTokenSteps + p.attentionFlopsPerPair * work.prefillPairs;
  if (p.window === null) return linear + attention;
  const { tokens: window, flopsPerPair } = p.window;
  const inWindow =
    perSequence * Math.min(work.kvTokenSteps, window * work.decodeSeqSteps) +
    Math.min(work.prefillPairs, window * work.prefillTokens);
  return linear + attention + flopsPerPair * inWindow;
}

/** What one copy of the draft did, its passes being steps; the same work where there is no draft. */
export function draftWork({ speculation }: RooflineParameters, work: WorkCounters): WorkCounters {
  if (speculation?.draft === undefined) return work;
  const { passes, copies } = speculation.draft;
  return {
    steps: passes * work.steps,
    decodeSeqSteps: (passes * work.decodeSeqSteps) / copies,
    kvTokenSteps: (passes * work.kvTokenSteps) / copies,
    prefillTokens: work.prefillTokens / copies,
    prefillPairs: work.prefillPairs / copies,
    prefillContextTokens: work.prefillContextTokens / copies,
  };
}

/** In the mean over its passes: the first takes all that was verified. */
function perDraftPass({ passes }: DraftCost, tokensPerSequence: number): number {
  return (tokensPerSequence + passes - 1) / passes;
}

/**
 * Bytes over the HBM of one accelerator: weights once a step, KV read by each step, new KV written, states, activations.
 * Which experts were touched is told by the mean step: at most that many.
 */
export function achievedHbmBytes(p: RooflineParameters, work: WorkCounters, drafted = draftWork(p, work)): number {
  if (p.speculation === undefined) return modelHbmBytes(p, work, 1);
  const { tokensPerSequence, draft } = p.speculation;
  const own = modelHbmBytes(p, work, tokensPerSequence);
  if (draft === undefined) return own;
  return own + modelHbmBytes(draft.parameters, drafted, perDraftPass(draft, tokensPerSequence));
}

function modelHbmBytes(p: RooflineParameters, work: WorkCounters, perSequence: number): number {
  const tokens = work.prefillTokens + perSequence * work.decodeSeqSteps;
  const written = work.prefillContextTokens + work.prefillTokens;
  const experts =
    p.experts === null || work.steps === 0 ? 0 : p.experts.bytes * touchedShare(p.experts, tokens / work.steps);
  const inWindow =
    p.window === null
      ? 0
      : p.window.kvBytesPerToken *
        (Math.min(work.kvTokenSteps, p.window.tokens * work.decodeSeqSteps) + work.prefillTokens);
  return (
    (p.weightBytesPerStep + experts) * work.steps +
    p.kvBytesPerToken * (work.kvTokenSteps + written) +
    inWindow +
    ((1 + perSequence) / 2) * p.stateBytesPerSequence * work.decodeSeqSteps +
    p.activationBytesPerToken * tokens
  );
}
