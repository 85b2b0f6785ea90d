import { GRADES, type Grade, type EngineDefaults } from './plan.ts';

/**
 * What the model needs to know of an accelerator, a language model and an engine, as plain numbers. Where the numbers
 * come from is the business of src/hardware-profiles and src/model-profiles. Peaks are dense, link rates one direction.
 */

export const DTYPES = ['bf16', 'fp8', 'fp4'] as const;
export type Dtype = (typeof DTYPES)[number];

/** Formats that weights are stored in. mxfp4 and int4 are widened for the arithmetic, see `arithmeticOf`. */
export const WEIGHT_FORMATS = ['bf16', 'fp8', 'fp4', 'mxfp4', 'int4'] as const;
export type WeightFormat = (typeof WEIGHT_FORMATS)[number];

/**
 * Bytes per number, block scales included: fp4 is NVFP4, one fp8 scale for 16 numbers; mxfp4 has one 8-bit scale for 32,
 * int4 one 16-bit scale for 32 (wider groups save up to 8 %).
 */
export const BYTES_PER_NUMBER: Readonly<Record<WeightFormat, number>> = {
  bf16: 2,
  fp8: 1,
  fp4: 0.5625,
  mxfp4: 0.53125,
  int4: 0.5625,
};

/** Chips of one generation run the same kernels; engines have coefficients by generation. */
export const GENERATIONS = [
  'ampere',
  'ada',
  'hopper',
  'blackwell',
  'rubin',
  'cdna3',
  'cdna4',
  'tpu',
  'trainium',
] as const;
export type Generation = (typeof GENERATIONS)[number];

/** A number for bf16 and, where the accelerator has it, for the narrower types. */
export interface ByDtype<Value> {
  readonly bf16: Value;
  readonly fp8?: Value;
  readonly fp4?: Value;
}

export interface AcceleratorNumbers {
  readonly generation: Generation;
  readonly denseTflops: ByDtype<number>;
  /** What is left of the HBM on the label after the driver took its share; what an engine's memory share is a share of. */
  readonly usableHbmGB: number;
  /** Activations, CUDA graphs and communication buffers: neither weights nor KV cache. */
  readonly reservedGB: number;
  readonly hbmGBPerS: number;
  readonly acceleratorsPerNode: number;
  /** Of which a tensor group can be made: those of a node, or of the domain of scale-up links where that is larger. */
  readonly scaleUpAccelerators: number;
  /** Shares of the dense peak that large matrix products reach, by the tokens multiplied at once. */
  readonly gemmMfu: ByDtype<MfuCurve>;
  /** How fast the same tokens are read by decoding, relative to bf16 on Hopper at the same bandwidth. */
  readonly kvReadSpeedup: ByDtype<number>;
  readonly prefillAttention: PrefillAttentionNumbers;
  /** TFLOP/s that the grouped products of many experts reach, by the format of their weights. */
  readonly expertTflops: Partial<Readonly<Record<WeightFormat, number>>>;
  /** By group size, the number of accelerators as the key. */
  readonly allReduce: Readonly<Record<string, LinkNumbers>>;
  /** Tokens to their experts and back, by group size. */
  readonly allToAll?: Readonly<Record<string, LinkNumbers>>;
  /** Between two nodes, of one accelerator. */
  readonly network: LinkNumbers;
  /** Time in which a layer's small kernels and launches pass, relative to Hopper. */
  readonly layerFloorRatio: number;
  /** Time in which weights are read, relative to Hopper at the same bandwidth. */
  readonly weightReadRatio: number;
}

/** Points of increasing tokens; a product of fewer tokens than the first has the first's share. */
export interface MfuCurve {
  readonly tokens: readonly number[];
  readonly mfu: readonly number[];
}

/** A prompt of S tokens computes its attention at `mfu / (1 + underfillTokens / S)` of the bf16 peak. */
export interface PrefillAttentionNumbers {
  readonly mfu: number;
  readonly underfillTokens: number;
}

/** Time = latency + bytes / rate. */
export interface LinkNumbers {
  readonly latencyUs: number;
  readonly gbPerS: number;
}

/**
 * A decoder. Layers are counted by what they hold, in whatever order they stand: the order changes neither cost nor memory.
 */
export interface ModelNumbers {
  readonly layers: number;
  /** For multi-token prediction, which `layers` does not count; absent where none is known to be in the published checkpoint. */
  readonly mtpLayers?: number;
  readonly hidden: number;
  readonly vocab: number;
  /** Input embedding and output head are one matrix. */
  readonly tiedEmbeddings: boolean;
  readonly maxContextTokens: number;
  /** Format of the published checkpoint. */
  readonly weights: WeightFormat;
  /** Quantised checkpoints of the model keep its attention in bf16. */
  readonly bf16Attention: boolean;
  readonly attention: readonly Attention[];
  readonly feedForward: readonly FeedForward[];
}

export type Attention = GroupedQueryAttention | LatentAttention | LinearAttention;

export interface GroupedQueryAttention {
  readonly kind: 'grouped-query';
  readonly layers: number;
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** A token attends to so many at most. */
  readonly windowTokens?: number;
  /** The output is multiplied by a gate of its own size, one more projection like that of the queries. */
  readonly outputGate?: boolean;
}

/** Multi-head latent attention: what is cached of a token is one compressed vector for all heads. */
export interface LatentAttention {
  readonly kind: 'latent';
  readonly layers: number;
  readonly queryHeads: number;
  /** Absent where queries are projected in one product. */
  readonly queryRank?: number;
  readonly kvRank: number;
  readonly ropeDim: number;
  readonly nopeDim: number;
  readonly valueDim: number;
}

/** A recurrence with a state of fixed size, such as a gated delta net or Mamba 2 (key heads: groups; key dim: state size). */
export interface LinearAttention {
  readonly kind: 'linear';
  readonly layers: number;
  readonly keyHeads: number;
  readonly keyDim: number;
  readonly valueHeads: number;
  readonly valueDim: number;
}

export type FeedForward = DenseFeedForward | ExpertFeedForward;

export interface DenseFeedForward {
  readonly kind: 'dense';
  readonly layers: number;
  readonly intermediate: number;
  /** 3 with a gate, 2 without. */
  readonly matrices: number;
}

export interface ExpertFeedForward {
  readonly kind: 'experts';
  readonly layers: number;
  readonly experts: number;
  readonly expertsPerToken: number;
  readonly expertIntermediate: number;
  /** Of all shared experts together, which every token uses; 0 without. */
  readonly sharedIntermediate: number;
  /** Of each expert: 3 with a gate, 2 without. */
  readonly matrices: number;
  /** Where it was published of the model: instead of that of the step cost. */
  readonly expertZipfExponent?: number;
}

export interface EngineNumbers {
  /** Client's send to the waiting queue. */
  readonly frontEndNs: number;
  /** End of a step to the client's receipt of its token. */
  readonly outputNs: number;
  /** What the first token takes on top of that. */
  readonly firstOutputNs: number;
  readonly memoryUtilisation: number;
  /** The share is of what the weights leave, and for the KV cache alone. */
  readonly utilisationBesideWeights: boolean;
  readonly blockTokens: number;
  readonly defaults: EngineDefaults;
  readonly stepCost: StepCostNumbers;
  /** Coefficients that were measured on one generation and replace the general ones there. */
  readonly stepCostByGeneration: Partial<Readonly<Record<Generation, Partial<StepCostNumbers>>>>;
}

/** Names that end in `Time` are multiples of the time that peaks, kernels and links alone would need. */
export interface StepCostNumbers {
  /** For bf16 weights; narrower ones add to it. */
  readonly weightReadTime: number;
  readonly fp8WeightReadTimeAdded: number;
  readonly fp4WeightReadTimeAdded: number;
  readonly kvReadTime: number;
  /** Once more for an fp8 cache: kernels of engines differ there. */
  readonly fp8KvReadTime: number;
  readonly gemmTime: number;
  /** Norms, residuals, quantisation: read and written per token, layer and hidden unit, on every accelerator. */
  readonly activationBytes: number;
  /** The same three for experts; by how many tokens an expert's tiles are short of full; both times once more for mxfp4. */
  readonly expertReadTime: number;
  readonly expertGemmTime: number;
  readonly expertActivationBytes: number;
  readonly expertTileTokens: number;
  /** Tokens prefer some experts: the r-th most popular is chosen in proportion to r to the minus this; 0 is evenly. */
  readonly expertZipfExponent: number;
  readonly mxfp4ExpertTime: number;
  readonly allReduceLatencyTime: number;
  readonly allReduceTransferTime: number;
  readonly layerFloorUs: number;
  /** What a layer has on top of the floor, as a share of it, when it has experts, or latent or linear attention. */
  readonly expertFloorShare: number;
  readonly latentFloorShare: number;
  readonly linearFloorShare: number;
  /** Sampling and metadata on the accelerator, per sequence that generates. */
  readonly sequenceGpuUs: number;
  readonly hostStepMs: number;
  readonly hostSequenceUs: number;
  /** The share of what the host does for a step that the accelerators wait for, instead of working meanwhile; 0 if left out. */
  readonly hostSerialShare?: number;
  /** Of each expert in fp8 on an accelerator, in every layer and whatever the batch: tiles that hold few tokens or none; 0 if left out. */
  readonly fp8ExpertTilesUs?: number;
  /** Per prompt that finishes its prefill, and per layer of a step with prefill: what leaving the CUDA graphs costs. */
  readonly promptMs: number;
  readonly promptLayerUs: number;
  /** The least that a step with prefill takes, per layer: its kernels are launched one by one. */
  readonly prefillLayerUs: number;
  /** The share of both that a cached prompt costs which computes no more than `cachedTailTokens`. */
  readonly cachedTailShare: number;
  readonly cachedTailTokens: number;
}

/** How an instance holds its model, on `tensorParallel × pipelineParallel × dataParallel` accelerators. */
export interface ServingLayout {
  readonly weights: WeightFormat;
  readonly kv: Dtype;
  /** Accelerators that share each layer. */
  readonly tensorParallel: number;
  /** Stages that hold some of the layers each. */
  readonly pipelineParallel: number;
  /** Groups that have sequences of their own and all of the attention, but share the experts. */
  readonly dataParallel: number;
  /** Parts that the experts are divided into; within a part every expert is cut into equal slices. */
  readonly expertParallel: number;
  /** Tokens of the part with the most, divided by the mean. */
  readonly expertLoadSkew: number;
}

/** A number of a profile, or a list or curve of numbers, with where it comes from and how far it can be trusted. */
export interface Sourced<Value> {
  readonly value: Value;
  readonly source: string;
  readonly grade: Grade;
}

export interface SourcedEntry extends Sourced<unknown> {
  /** Keys joined by dots, such as `denseTflops.fp8`. */
  readonly path: string;
}

export type Plain<Tree> =
  Tree extends Sourced<infer Value>
    ? Value
    : Tree extends object
      ? { readonly [Key in keyof Tree]: Plain<Tree[Key]> }
      : Tree;

export function plain<Tree>(tree: Tree): Plain<Tree> {
  return withoutSources(tree) as Plain<Tree>;
}

/** Every number below `tree`, in the order in which it is written. */
export function sourcesOf(tree: unknown, path = ''): SourcedEntry[] {
  if (isSourced(tree)) return [{ path, ...tree }];
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, branch]) => sourcesOf(branch, path === '' ? key : `${path}.${key}`));
}

/** Of no numbers at all it is the best grade. */
export function worstGrade(numbers: readonly { readonly grade: Grade }[]): Grade {
  return GRADES[Math.max(0, ...numbers.map(({ grade }) => GRADES.indexOf(grade)))]!;
}

function withoutSources(tree: unknown): unknown {
  if (isSourced(tree)) return tree.value;
  if (Array.isArray(tree)) return tree.map(withoutSources);
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, branch]) => [key, withoutSources(branch)]));
}

function isSourced(tree: unknown): tree is Sourced<unknown> {
  return typeof tree === 'object' && tree !== null && 'value' in tree && 'source' in tree && 'grade' in tree;
}
