import { GRADES, type Grade } from './plan.ts';

/**
 * What the model needs to know of an accelerator, a language model and an engine, as plain numbers. Where the numbers
 * come from is the business of src/hardware-profiles and src/model-profiles. Peaks are dense, link rates one direction.
 */

export const DTYPES = ['bf16', 'fp8', 'fp4'] as const;
export type Dtype = (typeof DTYPES)[number];

/** Bytes per number, block scales included: fp4 is NVFP4, one fp8 scale for 16 numbers. */
export const BYTES_PER_NUMBER: Readonly<Record<Dtype, number>> = { bf16: 2, fp8: 1, fp4: 0.5625 };

/** Chips of one generation run the same kernels; engines have coefficients by generation. */
export const GENERATIONS = ['ampere', 'ada', 'hopper', 'blackwell'] as const;
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
  /** Shares of the dense peak that large matrix products reach, by the tokens multiplied at once. */
  readonly gemmMfu: ByDtype<MfuCurve>;
  /** How much faster the same tokens are read from a narrower KV cache. */
  readonly kvReadSpeedup: ByDtype<number>;
  readonly prefillAttention: PrefillAttentionNumbers;
  /** By group size, the number of accelerators as the key. */
  readonly allReduce: Readonly<Record<string, AllReduceNumbers>>;
  /** Time in which a layer's small kernels and launches pass, relative to Hopper. */
  readonly layerFloorRatio: number;
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
export interface AllReduceNumbers {
  readonly latencyUs: number;
  readonly gbPerS: number;
}

/** A decoder. Other kinds of attention and feed-forward join as further members of the two unions. */
export interface ModelNumbers {
  readonly layers: number;
  readonly hidden: number;
  readonly vocab: number;
  /** Input embedding and output head are one matrix. */
  readonly tiedEmbeddings: boolean;
  readonly maxContextTokens: number;
  readonly attention: GroupedQueryAttention;
  readonly feedForward: GatedFeedForward;
}

export interface GroupedQueryAttention {
  readonly kind: 'grouped-query';
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** Gate, up and down projections. */
export interface GatedFeedForward {
  readonly kind: 'gated';
  readonly intermediate: number;
}

export interface EngineNumbers {
  /** Client's send to the waiting queue. */
  readonly frontEndNs: number;
  /** End of a step to the client's receipt of its token. */
  readonly outputNs: number;
  readonly memoryUtilisation: number;
  readonly blockTokens: number;
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
  readonly gemmTime: number;
  /** Norms, residuals, quantisation: read and written per token, layer and hidden unit, on every accelerator. */
  readonly activationBytes: number;
  readonly allReduceLatencyTime: number;
  readonly allReduceTransferTime: number;
  readonly layerFloorUs: number;
  /** Sampling and metadata on the accelerator, per sequence that generates. */
  readonly sequenceGpuUs: number;
  readonly hostStepMs: number;
  readonly hostSequenceUs: number;
  /** Per prompt that finishes its prefill, and per layer of a step with prefill: what leaving the CUDA graphs costs. */
  readonly promptMs: number;
  readonly promptLayerUs: number;
  /** The share of both that a cached prompt costs which computes no more than `cachedTailTokens`. */
  readonly cachedTailShare: number;
  readonly cachedTailTokens: number;
}

/** How an instance holds its model. */
export interface ServingLayout {
  readonly weights: Dtype;
  readonly kv: Dtype;
  readonly tensorParallel: number;
}

// ---------------------------------------------------------------------------------------------- sources

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

/** The same tree with the bare values. */
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
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, branch]) => [key, withoutSources(branch)]));
}

function isSourced(tree: unknown): tree is Sourced<unknown> {
  return typeof tree === 'object' && tree !== null && 'value' in tree && 'source' in tree && 'grade' in tree;
}
