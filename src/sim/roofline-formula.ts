import type { Ns } from './units.ts';

/**
 * The step cost of one pool, as plain numbers. Everything is of *one accelerator* of the instance: they work in step, so
 * its time is the instance's. Times are at full clock and include the measured inefficiencies; FLOPs and bytes do not.
 */
export interface RooflineParameters {
  /** Dense, in the type of the weights. */
  readonly peakFlopsPerS: number;
  readonly peakHbmBytesPerS: number;

  readonly layerFlopsPerToken: number;
  readonly headFlopsPerSequence: number;
  readonly attentionFlopsPerPair: number;
  readonly weightBytesPerStep: number;
  readonly kvBytesPerToken: number;
  readonly activationBytesPerToken: number;

  /** Reading the weights of all layers, and of the output head. */
  readonly layerReadNs: Ns;
  readonly headReadNs: Ns;
  /** Matrix products: a batch of `gemmTokens[i]` tokens takes as long as `gemmPeakTokens[i]` would at peak. */
  readonly gemmTokens: readonly number[];
  readonly gemmPeakTokens: readonly number[];
  readonly layerNsPerPeakToken: number;
  /** The output head is bf16 whatever the weights are. */
  readonly headGemmTokens: readonly number[];
  readonly headGemmPeakTokens: readonly number[];
  readonly headNsPerPeakToken: number;
  readonly kvReadNsPerToken: number;
  readonly kvComputeNsPerToken: number;
  readonly prefillNsPerPair: number;
  /** Pairs that a prompt token costs on top of its own, because short prompts under-fill the kernel. */
  readonly prefillUnderfillPairs: number;
  readonly activationNsPerToken: number;
  readonly allReduceNs: Ns;
  readonly allReduceNsPerToken: number;
  readonly floorNs: Ns;
  readonly sequenceNs: Ns;
  readonly hostNs: Ns;
  readonly hostSequenceNs: Ns;
  readonly promptNs: Ns;
  readonly prefillStepNs: Ns;
  readonly cachedTailShare: number;
  readonly cachedTailTokens: number;

  /** KV tokens that would fill the whole HBM: no instance ever holds more. */
  readonly kvTokensOfHbm: number;
}

/** What `stepNs` looks at; PrefillBatch of the ports has all of it. */
export interface StepShape {
  readonly decodeSeqs: number;
  readonly kvTokens: number;
  readonly prefillTokens: number;
  readonly prefillPairs: number;
  readonly prefillContextTokens: number;
  readonly promptsFinished: number;
  readonly clock: number;
}

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
 * Duration of one step. Kernels run one after the other: each takes the longer of its memory and its compute time. The
 * host prepares the next step meanwhile; the join of the two is smooth, as measured. A lower clock slows compute in
 * proportion, memory little, and leaves links, launches and the host as they are.
 */
export function stepNs(p: RooflineParameters, step: StepShape): Ns {
  const { decodeSeqs, prefillTokens, clock } = step;
  const readShare = hbmShareAtClock(clock);
  const tokens = decodeSeqs + prefillTokens;
  const sampled = decodeSeqs + step.promptsFinished;

  const layers = Math.max(
    p.layerReadNs / readShare,
    (p.layerNsPerPeakToken * peakTokens(p.gemmTokens, p.gemmPeakTokens, tokens)) / clock,
  );
  const decodeAttention =
    step.kvTokens * Math.max(p.kvReadNsPerToken / readShare, p.kvComputeNsPerToken / clock) +
    (tokens * p.activationNsPerToken) / readShare;
  const communication = p.allReduceNs + tokens * p.allReduceNsPerToken;
  const gpu =
    layers +
    headNs(p, sampled, readShare, clock) +
    decodeAttention +
    prefillAttentionNs(p, step, readShare) +
    communication +
    p.floorNs +
    sampled * p.sequenceNs;
  const host = p.hostNs + sampled * p.hostSequenceNs;
  return smoothMax(gpu, host) + promptOverheadNs(p, prefillTokens, step.promptsFinished);
}

/** FLOPs of the model itself, on one accelerator: no padding, and no output head for prompts (no counter tells them). */
export function achievedFlops(p: RooflineParameters, work: WorkCounters): number {
  return (
    p.layerFlopsPerToken * (work.prefillTokens + work.decodeSeqSteps) +
    p.headFlopsPerSequence * work.decodeSeqSteps +
    p.attentionFlopsPerPair * (work.kvTokenSteps + work.prefillPairs)
  );
}

/** Bytes over the HBM of one accelerator: weights once a step, KV read by each step, new KV written, activations. */
export function achievedHbmBytes(p: RooflineParameters, work: WorkCounters): number {
  const kvTokens = work.kvTokenSteps + work.prefillContextTokens + work.prefillTokens;
  return (
    p.weightBytesPerStep * work.steps +
    p.kvBytesPerToken * kvTokens +
    p.activationBytesPerToken * (work.prefillTokens + work.decodeSeqSteps)
  );
}

/** Share of the HBM bandwidth that is left at a lower core clock: all of it down to 0.8, 0.88 at 0.5 and so on. */
function hbmShareAtClock(clock: number): number {
  return clock >= 0.8 ? 1 : 1 - 0.4 * (0.8 - clock);
}

/** Between measured points the *time* is interpolated, so that more tokens never take less of it. */
function peakTokens(tokens: readonly number[], atPeak: readonly number[], wanted: number): number {
  const last = tokens.length - 1;
  if (wanted <= tokens[0]!) return (wanted * atPeak[0]!) / tokens[0]!;
  if (wanted >= tokens[last]!) return (wanted * atPeak[last]!) / tokens[last]!;
  let right = 1;
  while (tokens[right]! < wanted) right++;
  const left = right - 1;
  const share = (wanted - tokens[left]!) / (tokens[right]! - tokens[left]!);
  return atPeak[left]! + share * (atPeak[right]! - atPeak[left]!);
}

/** Only sequences that generate a token need the output head. */
function headNs(p: RooflineParameters, sampled: number, readShare: number, clock: number): Ns {
  if (sampled === 0) return 0;
  const compute = p.headNsPerPeakToken * peakTokens(p.headGemmTokens, p.headGemmPeakTokens, sampled);
  return Math.max(p.headReadNs / readShare, compute / clock);
}

/** A few new tokens after a long cached context are bound by reading that context, a whole prompt by its pairs. */
function prefillAttentionNs(p: RooflineParameters, step: StepShape, readShare: number): Ns {
  const pairs = step.prefillPairs + step.prefillTokens * p.prefillUnderfillPairs;
  const kvTokens = step.prefillContextTokens + step.prefillTokens;
  return Math.max((pairs * p.prefillNsPerPair) / step.clock, (kvTokens * p.kvReadNsPerToken) / readShare);
}

/**
 * What prefill costs beyond its work. Measured in full for prompts of hundreds of tokens and as a small share for cached
 * tails of up to `cachedTailTokens`; in between the share grows in proportion to the tokens.
 */
function promptOverheadNs(p: RooflineParameters, prefillTokens: number, promptsFinished: number): Ns {
  if (prefillTokens === 0) return 0;
  const tails = prefillTokens / p.cachedTailTokens;
  const prompts = Math.min(promptsFinished, p.cachedTailShare * Math.max(promptsFinished, tails));
  const step = Math.min(1, p.cachedTailShare * Math.max(1, tails));
  return prompts * p.promptNs + step * p.prefillStepNs;
}

/** The fourth root of the sum of fourth powers, by operations that are the same everywhere. */
function smoothMax(a: number, b: number): number {
  const aa = a * a;
  const bb = b * b;
  return Math.sqrt(Math.sqrt(aa * aa + bb * bb));
}
