import type { RooflineParameters } from './roofline-formula.ts';
import { touchedShare } from './roofline-formula.ts';

/** How much was done; the timeline's counters have all of it. */
export interface WorkCounters {
  readonly steps: number;
  readonly decodeSeqSteps: number;
  readonly prefillTokens: number;
  readonly kvTokenSteps: number;
  readonly prefillPairs: number;
  readonly prefillContextTokens: number;
}

/** FLOPs of the model itself, on one accelerator: no padding, and no output head for prompts (no counter tells them). */
export function achievedFlops(p: RooflineParameters, work: WorkCounters): number {
  const tokens = work.prefillTokens + work.decodeSeqSteps;
  const linear = p.layerFlopsPerToken * tokens + p.headFlopsPerSequence * work.decodeSeqSteps;
  const attention = p.attentionFlopsPerKvToken * work.kvTokenSteps + p.attentionFlopsPerPair * work.prefillPairs;
  if (p.window === null) return linear + attention;
  const { tokens: window, flopsPerPair } = p.window;
  const inWindow =
    Math.min(work.kvTokenSteps, window * work.decodeSeqSteps) +
    Math.min(work.prefillPairs, window * work.prefillTokens);
  return linear + attention + flopsPerPair * inWindow;
}

/**
 * Bytes over the HBM of one accelerator: weights once a step, KV read by each step, new KV written, states, activations.
 * Which experts were touched is told by the mean step: at most that many.
 */
export function achievedHbmBytes(p: RooflineParameters, work: WorkCounters): number {
  const tokens = work.prefillTokens + work.decodeSeqSteps;
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
    p.stateBytesPerSequence * work.decodeSeqSteps +
    p.activationBytesPerToken * tokens
  );
}
