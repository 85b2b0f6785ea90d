import type { Ns } from './units.ts';

/**
 * The step cost of one pool, as plain numbers. Everything is of *one accelerator* of the instance: they work in step, so
 * its time is the instance's. Times are of the accelerator's own tokens and of all pipeline stages together, at full clock,
 * and include the measured inefficiencies. FLOPs and bytes do not; they are an accelerator's part of the instance's.
 */
export interface RooflineParameters {
  /** Dense, in the type that the weights are multiplied in. */
  readonly peakFlopsPerS: number;
  readonly peakHbmBytesPerS: number;

  readonly layerFlopsPerToken: number;
  readonly headFlopsPerSequence: number;
  /** Of a pair of query and key in a prompt, and of a cached token that a decoding sequence attends to. */
  readonly attentionFlopsPerPair: number;
  readonly attentionFlopsPerKvToken: number;
  /** All weights but those of experts. */
  readonly weightBytesPerStep: number;
  readonly kvBytesPerToken: number;
  readonly activationBytesPerToken: number;

  /** Reading the weights of all layers in the format of the weights, and those that stay bf16; and the output head. */
  readonly layerReadNs: Ns;
  readonly bf16LayerReadNs: Ns;
  readonly headReadNs: Ns;
  /** Matrix products: a batch of `gemmTokens[i]` tokens takes as long as `gemmPeakTokens[i]` would at peak. */
  readonly gemmTokens: readonly number[];
  readonly gemmPeakTokens: readonly number[];
  readonly layerNsPerPeakToken: number;
  /** What stays bf16 whatever the weights are: some layers' matrices, and the output head. */
  readonly bf16GemmTokens: readonly number[];
  readonly bf16GemmPeakTokens: readonly number[];
  readonly bf16LayerNsPerPeakToken: number;
  readonly headNsPerPeakToken: number;
  readonly kvReadNsPerToken: number;
  readonly kvComputeNsPerToken: number;
  readonly prefillNsPerPair: number;
  /** Pairs that a prompt token costs on top of its own, because short prompts under-fill the kernel. */
  readonly prefillUnderfillPairs: number;
  readonly activationNsPerToken: number;
  /** All-reduces, and all-to-alls where groups share experts. */
  readonly collectiveNs: Ns;
  readonly collectiveNsPerToken: number;
  readonly floorNs: Ns;
  readonly sequenceNs: Ns;
  readonly hostNs: Ns;
  readonly hostSequenceNs: Ns;
  readonly promptNs: Ns;
  readonly prefillStepNs: Ns;
  readonly cachedTailShare: number;
  readonly cachedTailTokens: number;

  readonly experts: ExpertCost | null;
  readonly window: WindowCost | null;
  /** Reading and writing the recurrent states of a decoding sequence. */
  readonly stateNsPerSequence: Ns;
  readonly stateBytesPerSequence: number;

  /** Groups with sequences of their own. */
  readonly dataParallel: number;
  readonly pipelineParallel: number;
  /** The largest stage's part of the layers. */
  readonly largestStageShare: number;
  /** From one stage to the next. */
  readonly hopNs: Ns;
  readonly hopNsPerToken: number;

  /** KV tokens that would fill the whole HBM: no instance ever holds more. */
  readonly kvTokensOfHbm: number;
}

/** Feed-forward layers in which a token uses some of many experts. */
export interface ExpertCost {
  /** Probability that a token does not use a given expert. */
  readonly missShare: number;
  /** Tokens of the busiest part of the experts over the mean. */
  readonly loadSkew: number;
  /** If a batch touches every expert. */
  readonly readNs: Ns;
  readonly bytes: number;
  readonly nsPerToken: number;
}

/** Attention of the layers in which a token attends to a window; the same numbers as outside for those that attend to all. */
export interface WindowCost {
  readonly tokens: number;
  readonly kvBytesPerToken: number;
  readonly flopsPerPair: number;
  readonly readNsPerToken: number;
  readonly computeNsPerToken: number;
  readonly prefillNsPerPair: number;
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

/**
 * Duration of one step. Kernels run one after the other: each takes the longer of its memory and its compute time. The
 * host prepares the next step meanwhile; the join of the two is smooth, as measured. A lower clock slows compute in
 * proportion, memory little, and leaves links, launches and the host as they are.
 *
 * With a pipeline the sequences are divided into as many micro-batches as there are stages, or fewer when there are fewer
 * sequences, and a step is one round of all of them: each passes every stage, and the largest stage works on each.
 */
export function stepNs(p: RooflineParameters, step: StepShape): Ns {
  const { decodeSeqs, prefillTokens, clock } = step;
  const readShare = hbmShareAtClock(clock);
  const sampled = decodeSeqs + step.promptsFinished;
  const batches = microBatches(p, step);
  const lanes = p.dataParallel * batches;
  const seqs = Math.ceil(decodeSeqs / lanes);
  const tokens = seqs + prefillTokens / lanes;
  const laneSampled = Math.ceil(sampled / lanes);

  const layers =
    denseNs(p, tokens, readShare, clock) +
    expertsNs(p, (decodeSeqs + prefillTokens) / batches, readShare, clock) +
    decodeAttentionNs(p, step, seqs, readShare) +
    (tokens * p.activationNsPerToken) / readShare +
    prefillAttentionNs(p, step, lanes, readShare) +
    p.collectiveNs +
    tokens * p.collectiveNsPerToken +
    p.floorNs;
  const head = headNs(p, laneSampled, readShare, clock) + laneSampled * p.sequenceNs;
  const gpu = p.pipelineParallel === 1 ? layers + head : pipelineNs(p, layers, head, tokens, batches);
  const host = batches * (p.hostNs + laneSampled * p.hostSequenceNs);
  const perGroup = p.dataParallel;
  return smoothMax(gpu, host) + promptOverheadNs(p, prefillTokens / perGroup, step.promptsFinished / perGroup);
}

/** One per stage, as long as there are sequences for them. */
function microBatches(p: RooflineParameters, step: StepShape): number {
  if (p.pipelineParallel === 1) return 1;
  const sequences = step.decodeSeqs + Math.max(step.promptsFinished, step.prefillTokens > 0 ? 1 : 0);
  return Math.max(1, Math.min(p.pipelineParallel, Math.ceil(sequences / p.dataParallel)));
}

/** Either one micro-batch on its way through all stages is what takes longest, or the largest stage with all of them. */
function pipelineNs(p: RooflineParameters, layers: Ns, head: Ns, tokens: number, batches: number): Ns {
  const hop = p.hopNs + tokens * p.hopNsPerToken;
  return Math.max(layers + head + p.pipelineParallel * hop, batches * (p.largestStageShare * layers + head + hop));
}

/** Matrix products that every token takes part in. */
function denseNs(p: RooflineParameters, tokens: number, readShare: number, clock: number): Ns {
  const narrow = Math.max(
    p.layerReadNs / readShare,
    (p.layerNsPerPeakToken * peakTokens(p.gemmTokens, p.gemmPeakTokens, tokens)) / clock,
  );
  if (p.bf16LayerReadNs === 0) return narrow;
  const compute = p.bf16LayerNsPerPeakToken * peakTokens(p.bf16GemmTokens, p.bf16GemmPeakTokens, tokens);
  return narrow + Math.max(p.bf16LayerReadNs / readShare, compute / clock);
}

function expertsNs(p: RooflineParameters, tokens: number, readShare: number, clock: number): Ns {
  if (p.experts === null) return 0;
  const busiest = tokens * p.experts.loadSkew;
  return Math.max(
    (p.experts.readNs * touchedShare(p.experts, busiest)) / readShare,
    (p.experts.nsPerToken * busiest) / clock,
  );
}

/** Experts that at least one of the tokens uses, if each token's are drawn evenly, as a share of all. */
export function touchedShare({ missShare }: ExpertCost, tokens: number): number {
  const whole = Math.floor(tokens);
  // By squaring: powers of the language differ between engines. Between whole tokens it is a straight line.
  let untouched = 1;
  let square = missShare;
  for (let left = whole; left > 0; left >>>= 1) {
    if ((left & 1) === 1) untouched *= square;
    square *= square;
  }
  return 1 - untouched * (1 - (tokens - whole) * (1 - missShare));
}

/** `seqs` of the sequences are this accelerator's; each attends to its part of the tokens, or to its window. */
function decodeAttentionNs(p: RooflineParameters, step: StepShape, seqs: number, readShare: number): Ns {
  const { decodeSeqs, clock } = step;
  if (decodeSeqs === 0) return 0;
  const kvTokens = step.kvTokens * (seqs / decodeSeqs);
  const whole = kvTokens * Math.max(p.kvReadNsPerToken / readShare, p.kvComputeNsPerToken / clock);
  const states = (seqs * p.stateNsPerSequence) / readShare;
  if (p.window === null) return whole + states;
  const { tokens, readNsPerToken, computeNsPerToken } = p.window;
  const inWindow = Math.min(kvTokens, seqs * tokens);
  return whole + states + inWindow * Math.max(readNsPerToken / readShare, computeNsPerToken / clock);
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
  const compute = p.headNsPerPeakToken * peakTokens(p.bf16GemmTokens, p.bf16GemmPeakTokens, sampled);
  return Math.max(p.headReadNs / readShare, compute / clock);
}

/** A few new tokens after a long cached context are bound by reading that context, a whole prompt by its pairs. */
function prefillAttentionNs(p: RooflineParameters, step: StepShape, lanes: number, readShare: number): Ns {
  const { prefillTokens, prefillPairs, prefillContextTokens, clock } = step;
  if (prefillTokens === 0) return 0;
  const underfill = prefillTokens * p.prefillUnderfillPairs;
  const compute = ((prefillPairs + underfill) * p.prefillNsPerPair) / clock;
  const read = ((prefillContextTokens + prefillTokens) * p.kvReadNsPerToken) / readShare;
  const whole = Math.max(compute, read) / lanes;
  if (p.window === null) return whole;
  const { tokens, prefillNsPerPair, readNsPerToken } = p.window;
  const pairs = Math.min(prefillPairs, prefillTokens * tokens) + underfill;
  const context = Math.min(prefillContextTokens, Math.max(1, step.promptsFinished) * tokens) + prefillTokens;
  return whole + Math.max((pairs * prefillNsPerPair) / clock, (context * readNsPerToken) / readShare) / lanes;
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
