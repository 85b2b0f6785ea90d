import type { ExpertCost, RooflineParameters, SpeculationCost, StepShape } from './roofline-types.ts';
import type { Ns } from './units.ts';

/**
 * Duration of one step. Kernels run one after the other: each takes the longer of its memory and its compute time. The
 * host prepares the next step meanwhile; the join of the two is smooth, as measured. A lower clock slows compute in
 * proportion, memory little, and leaves links, launches and the host as they are.
 *
 * With a pipeline the sequences are divided into as many micro-batches as there are stages, or fewer when there are fewer
 * sequences, and a step is one round of all of them: each passes every stage, and the largest stage works on each.
 */
export function stepNs(p: RooflineParameters, step: StepShape): Ns {
  const batches = microBatches(p, step);
  const sampled = Math.ceil((step.decodeSeqs + step.promptsFinished) / (p.dataParallel * batches));
  const guesses = p.speculation;
  const gpu = guesses === undefined ? gpuNs(p, step, batches, 1) : verifyingNs(p, step, batches, guesses);
  const host = batches * (p.hostNs + sampled * p.hostSequenceNs);
  const perGroup = p.dataParallel;
  const launched = step.prefillTokens > 0 ? Math.max(host, p.prefillFloorNs) : host;
  const prompts = promptOverheadNs(p, step.prefillTokens / perGroup, step.promptsFinished / perGroup);
  return joined(gpu, launched, p.hostSerialShare ?? 0) + prompts;
}

/** An engine that does not prepare the next step while one runs leaves the accelerators waiting for its host. */
function joined(gpu: Ns, host: Ns, serialShare: number): Ns {
  const overlapping = smoothMax(gpu, host);
  return serialShare === 0 ? overlapping : overlapping + serialShare * (gpu + host - overlapping);
}

/**
 * The pass that verifies the guesses, and those that make the next ones. The first of these takes all that was verified, and
 * the prompts.
 */
function verifyingNs(
  p: RooflineParameters,
  step: StepShape,
  batches: number,
  { tokensPerSequence, draft }: SpeculationCost,
): Ns {
  const verifying = gpuNs(p, step, batches, tokensPerSequence);
  if (draft === undefined) return verifying;
  const { parameters, passes, copies } = draft;
  // Written out, and only where it is another: copying an object costs as much as the formula.
  const own =
    copies === 1
      ? step
      : {
          decodeSeqs: Math.ceil(step.decodeSeqs / copies),
          kvTokens: step.kvTokens / copies,
          prefillTokens: step.prefillTokens / copies,
          prefillPairs: step.prefillPairs / copies,
          prefillContextTokens: step.prefillContextTokens / copies,
          promptsFinished: Math.ceil(step.promptsFinished / copies),
          clock: step.clock,
        };
  const first = gpuNs(parameters, own, 1, tokensPerSequence);
  if (passes === 1 || own.decodeSeqs === 0) return verifying + first;
  const alone = {
    decodeSeqs: own.decodeSeqs,
    kvTokens: own.kvTokens,
    prefillTokens: 0,
    prefillPairs: 0,
    prefillContextTokens: 0,
    promptsFinished: 0,
    clock: own.clock,
  };
  return verifying + first + (passes - 1) * gpuNs(parameters, alone, 1, 1);
}

/** What the accelerators do. @param perSequence tokens that a decoding sequence computes */
function gpuNs(p: RooflineParameters, step: StepShape, batches: number, perSequence: number): Ns {
  const { decodeSeqs, prefillTokens, clock } = step;
  const readShare = hbmShareAtClock(clock);
  const computed = decodeSeqs * perSequence;
  const lanes = p.dataParallel * batches;
  const seqs = Math.ceil(decodeSeqs / lanes);
  const tokens = seqs * perSequence + prefillTokens / lanes;
  const rows = Math.ceil((computed + step.promptsFinished) / lanes);
  const sampled = Math.ceil((decodeSeqs + step.promptsFinished) / lanes);

  const layers =
    denseNs(p, tokens, readShare, clock) +
    expertsNs(p, (computed + prefillTokens) / batches, readShare, clock) +
    decodeAttentionNs(p, step, seqs, perSequence, readShare) +
    (tokens * p.activationNsPerToken) / readShare +
    prefillAttentionNs(p, step, lanes, readShare) +
    p.collectiveNs +
    tokens * p.collectiveNsPerToken +
    p.floorNs;
  const head = headNs(p, rows, readShare, clock) + sampled * p.sequenceNs;
  return p.pipelineParallel === 1 ? layers + head : pipelineNs(p, layers, head, tokens, batches);
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

/**
 * Products of an expert are computed in tiles: each that is touched costs `tileTokens` more than the tokens that use it. Reading
 * and computing overlap less than in one large product; the square root of the sum of squares is what fused kernels measure.
 */
function expertsNs(p: RooflineParameters, tokens: number, readShare: number, clock: number): Ns {
  if (p.experts === null) return 0;
  const busiest = tokens * p.experts.loadSkew;
  const touched = touchedShare(p.experts, busiest);
  const read = (p.experts.readNs * touched) / readShare;
  const compute = (p.experts.nsPerToken * (busiest + touched * p.experts.tileTokens)) / clock;
  return Math.sqrt(read * read + compute * compute) + (p.experts.tilesNs ?? 0) / clock;
}

/** Experts that at least one of the tokens uses, if tokens choose independently of each other, as a share of all. */
export function touchedShare({ missShares }: ExpertCost, tokens: number): number {
  const whole = Math.floor(tokens);
  const rest = tokens - whole;
  let untouched = 0;
  for (let at = 0; at < missShares.length; at++) {
    const missShare = missShares[at]!;
    // By squaring: powers of the language differ between engines. Between whole tokens it is a straight line.
    let missed = 1;
    let square = missShare;
    for (let left = whole; left > 0; left >>>= 1) {
      if ((left & 1) === 1) missed *= square;
      square *= square;
    }
    untouched += missed * (1 - rest * (1 - missShare));
  }
  return 1 - untouched / missShares.length;
}

/**
 * `seqs` of the sequences are this accelerator's; each attends to its part of the tokens, or to its window. All tokens that
 * it computes attend to what is read once; a recurrent state is read once and written after each of them.
 */
function decodeAttentionNs(
  p: RooflineParameters,
  step: StepShape,
  seqs: number,
  perSequence: number,
  readShare: number,
): Ns {
  const { decodeSeqs, clock } = step;
  if (decodeSeqs === 0) return 0;
  const kvTokens = step.kvTokens * (seqs / decodeSeqs);
  const whole = kvTokens * Math.max(p.kvReadNsPerToken / readShare, (perSequence * p.kvComputeNsPerToken) / clock);
  const states = (((1 + perSequence) / 2) * seqs * p.stateNsPerSequence) / readShare;
  if (p.window === null) return whole + states;
  const { tokens, readNsPerToken, computeNsPerToken } = p.window;
  const inWindow = Math.min(kvTokens, seqs * tokens);
  return whole + states + inWindow * Math.max(readNsPerToken / readShare, (perSequence * computeNsPerToken) / clock);
}

/** Share of the HBM bandwidth that is left at a lower core clock: all of it down to 0.8, 0.88 at 0.5 and so on. */
export function hbmShareAtClock(clock: number): number {
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
 * tails of up to `cachedTailTokens`; in between the share grows in proportion to the tokens. Prompts that finish together
 * share some of it: with 16 of them a step, measured throughput has no room for the whole of each; with two it has for most.
 */
function promptOverheadNs(p: RooflineParameters, prefillTokens: number, promptsFinished: number): Ns {
  if (prefillTokens === 0) return 0;
  const tails = prefillTokens / p.cachedTailTokens;
  const prompts = Math.min(Math.sqrt(promptsFinished), p.cachedTailShare * Math.max(promptsFinished, tails));
  const step = Math.min(1, p.cachedTailShare * Math.max(1, tails));
  return prompts * p.promptNs + step * p.prefillStepNs;
}

/** The fourth root of the sum of fourth powers, by operations that are the same everywhere. */
function smoothMax(a: number, b: number): number {
  const aa = a * a;
  const bb = b * b;
  return Math.sqrt(Math.sqrt(aa * aa + bb * bb));
}
