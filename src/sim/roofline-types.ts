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
  /** Share of the host's time that does not overlap with the accelerators'; 0 if left out. */
  readonly hostSerialShare?: number;
  readonly promptNs: Ns;
  readonly prefillStepNs: Ns;
  /** Launching the kernels of a step with prefill one by one. */
  readonly prefillFloorNs: Ns;
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

  readonly speculation?: SpeculationCost;
}

/** What guessing adds to a step. */
export interface SpeculationCost {
  /** Tokens that a decoding sequence computes: its guesses and the one before them. */
  readonly tokensPerSequence: number;
  /** The model that guesses, if there is one. */
  readonly draft?: DraftCost;
}

export interface DraftCost {
  readonly parameters: RooflineParameters;
  /** One after the other, for one guess of every sequence each. */
  readonly passes: number;
  /** Parts of the batch that have a copy of it each. */
  readonly copies: number;
}

/** Feed-forward layers in which a token uses some of many experts. */
export interface ExpertCost {
  /** Probability that a token does not use an expert, of classes that hold equal parts of the experts. */
  readonly missShares: readonly number[];
  /** Tokens of the busiest part of the experts over the mean. */
  readonly loadSkew: number;
  /** If a batch touches every expert. */
  readonly readNs: Ns;
  readonly bytes: number;
  readonly nsPerToken: number;
  /** Tokens that would take as long as the unused part of all experts' tiles, if a batch touches every expert. */
  readonly tileTokens: number;
  /** On top, whatever the batch: tiles of all experts, used or not; none if left out. */
  readonly tilesNs?: Ns;
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
