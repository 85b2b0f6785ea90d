import type {
  Attention,
  DenseFeedForward,
  ExpertFeedForward,
  GroupedQueryAttention,
  LatentAttention,
  LinearAttention,
  ModelNumbers,
  ServingLayout,
  WeightFormat,
} from './profiles.ts';

/** How many numbers a model has, and on which accelerator they are. Norms aside, biases and convolutions are left out. */

/** Over which accelerators a matrix is divided: those of a tensor group, or of all groups that share the experts. */
export type Groups = Pick<ServingLayout, 'tensorParallel' | 'dataParallel'>;

const ALONE: Groups = { tensorParallel: 1, dataParallel: 1 };

/** Numbers of the layers' matrices on one accelerator, all pipeline stages together. */
export interface LayerMatrices {
  readonly attention: number;
  /** Dense feed-forward layers and shared experts. */
  readonly dense: number;
  /** bf16 whatever the rest is, and on every accelerator. */
  readonly router: number;
  readonly experts: number;
}

export function layerMatrices(model: ModelNumbers, { tensorParallel, dataParallel }: Groups): LayerMatrices {
  const { hidden } = model;
  const experts = expertsOf(model);
  const dense = denseOf(model).map((it) => it.layers * it.matrices * hidden * it.intermediate);
  const shared = experts.map((it) => it.layers * it.matrices * hidden * it.sharedIntermediate);
  return {
    attention: sum(model.attention.map((it) => it.layers * attentionMatrices(it, hidden, tensorParallel))),
    dense: (sum(dense) + sum(shared)) / tensorParallel,
    router: sum(experts.map((it) => it.layers * hidden * it.experts)),
    experts:
      sum(experts.map((it) => it.layers * it.experts * expertMatrices(it, hidden))) / (tensorParallel * dataParallel),
  };
}

/** Numbers of all layers' matrices. */
export function layerParameters(model: ModelNumbers): number {
  const { attention, dense, router, experts } = layerMatrices(model, ALONE);
  return attention + dense + router + experts;
}

/** Numbers of the output head. */
export function headParameters(model: ModelNumbers): number {
  return model.vocab * model.hidden;
}

/** Layers, embedding, head, norms. */
export function totalParameters(model: ModelNumbers): number {
  return layerParameters(model) + embeddingParameters(model) + normParameters(model);
}

/** Those that a token is multiplied with or looked up in: of the experts only the ones it is sent to. */
export function activeParameters(model: ModelNumbers): number {
  const { experts } = layerMatrices(model, ALONE);
  return totalParameters(model) - experts + usedExpertParameters(model);
}

/** Numbers of the routed experts that one token uses, over all layers. */
export function usedExpertParameters(model: ModelNumbers): number {
  return sum(expertsOf(model).map((it) => it.layers * it.expertsPerToken * expertMatrices(it, model.hidden)));
}

/** Embedding, and the head where it is a matrix of its own. */
export function embeddingParameters(model: ModelNumbers): number {
  return (model.tiedEmbeddings ? 1 : 2) * headParameters(model);
}

export function normParameters(model: ModelNumbers): number {
  return (2 * model.layers + 1) * model.hidden;
}

/** Numbers cached of one token on each accelerator of its tensor group, in layers that attend to everything or to a window. */
export function kvNumbersPerToken(model: ModelNumbers, tensorParallel: number, windowed: boolean): number {
  const cached = model.attention.map((it) => {
    if (it.kind === 'linear' || isWindowed(it) !== windowed) return 0;
    // A group larger than the number of KV heads replicates them; the latent vector is whole on every accelerator.
    const heads = it.kind === 'latent' ? 1 : 2 * Math.max(1, it.kvHeads / tensorParallel);
    return it.layers * heads * (it.kind === 'latent' ? it.kvRank + it.ropeDim : it.headDim);
  });
  return sum(cached);
}

/** Numbers of the recurrent states of one sequence on each accelerator of its tensor group. */
export function stateNumbers(model: ModelNumbers, tensorParallel: number): number {
  return sum(linearOf(model).map((it) => (it.layers * it.valueHeads * it.keyDim * it.valueDim) / tensorParallel));
}

/** The one window that tokens of some layers attend to; undefined where no layer has one. */
export function windowTokens(model: ModelNumbers): number | undefined {
  return groupedOf(model).find(isWindowed)?.windowTokens;
}

/** A quantised model may keep its attention in bf16: some always do, those with experts do in 4-bit checkpoints. */
export function keepsBf16Attention(model: ModelNumbers, weights: WeightFormat): boolean {
  if (weights === 'bf16') return false;
  return model.bf16Attention || (expertsOf(model).length > 0 && weights !== 'fp8');
}

export function isWindowed(attention: Attention): boolean {
  return attention.kind === 'grouped-query' && attention.windowTokens !== undefined;
}

export function groupedOf({ attention }: ModelNumbers): GroupedQueryAttention[] {
  return attention.filter((it) => it.kind === 'grouped-query');
}

export function latentOf({ attention }: ModelNumbers): LatentAttention[] {
  return attention.filter((it) => it.kind === 'latent');
}

export function linearOf({ attention }: ModelNumbers): LinearAttention[] {
  return attention.filter((it) => it.kind === 'linear');
}

export function expertsOf({ feedForward }: ModelNumbers): ExpertFeedForward[] {
  return feedForward.filter((it) => it.kind === 'experts');
}

export function denseOf({ feedForward }: ModelNumbers): DenseFeedForward[] {
  return feedForward.filter((it) => it.kind === 'dense');
}

export function layersOf(parts: readonly { readonly layers: number }[]): number {
  return sum(parts.map(({ layers }) => layers));
}

/** Of one layer, on one accelerator of a tensor group. */
function attentionMatrices(attention: Attention, hidden: number, tensorParallel: number): number {
  switch (attention.kind) {
    case 'grouped-query': {
      const { queryHeads, kvHeads, headDim, outputGate = false } = attention;
      const queries = ((outputGate ? 3 : 2) * queryHeads) / tensorParallel;
      return hidden * headDim * (queries + 2 * Math.max(1, kvHeads / tensorParallel));
    }
    case 'latent': {
      const { queryHeads, queryRank, kvRank, ropeDim, nopeDim, valueDim } = attention;
      const heads = queryHeads / tensorParallel;
      const replicated = hidden * ((queryRank ?? 0) + kvRank + ropeDim);
      const queries = (queryRank ?? hidden) * heads * (nopeDim + ropeDim);
      return replicated + queries + kvRank * heads * (nopeDim + valueDim) + heads * valueDim * hidden;
    }
    case 'linear': {
      const { keyHeads, keyDim, valueHeads, valueDim } = attention;
      // Keys and queries; values, their gate and the output; two factors per head.
      return (hidden * (2 * keyHeads * keyDim + 3 * valueHeads * valueDim + 2 * valueHeads)) / tensorParallel;
    }
  }
}

function expertMatrices({ matrices, expertIntermediate }: ExpertFeedForward, hidden: number): number {
  return matrices * hidden * expertIntermediate;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
