import { embeddingParameters, expertsOf, isWindowed } from './model-shape.ts';
import type { AcceleratorNumbers, ModelNumbers, ServingLayout, WeightFormat } from './profiles.ts';
import { possibleTensorGroups } from './serving-layout.ts';

/**
 * What guesses tokens: layers that the model was trained with (multi-token prediction), a trained head (EAGLE), another
 * model, or text that has occurred before, which costs the accelerators nothing.
 */
export const DRAFT_KINDS = ['mtp', 'eagle', 'model', 'ngram'] as const;
export type DraftKind = (typeof DRAFT_KINDS)[number];

/** A model that guesses. */
export interface DraftModel {
  readonly shape: ModelNumbers;
  readonly weights: WeightFormat;
  /** Numbers of embedding and output head that it does not share with the model it guesses for. */
  readonly embeddingNumbers: number;
}

/** Output tokens that EAGLE-3 heads choose from: Y. Li et al., "EAGLE-3", 2025, published heads. */
const EAGLE_VOCAB = 32_000;
/** Feed-forward width over hidden width where the model itself has no dense layers: as Llama 3. */
const EAGLE_WIDTH = 3.5;

/** Layers like the model's own, which share its embedding and its output head. */
export function mtpDraft(model: ModelNumbers, layers: number, weights: WeightFormat): DraftModel {
  const feedForward = expertsOf(model)[0] ?? model.feedForward[0]!;
  const shape = {
    ...model,
    layers,
    attention: wholeAttention(model, layers),
    feedForward: [{ ...feedForward, layers }],
  };
  return { shape, weights, embeddingNumbers: 0 };
}

/** Layers with the model's attention and a dense feed-forward in bf16, and an output head of their own. */
export function eagleDraft(model: ModelNumbers, layers: number): DraftModel {
  const dense = model.feedForward.find(({ kind }) => kind === 'dense');
  const intermediate = dense?.kind === 'dense' ? dense.intermediate : EAGLE_WIDTH * model.hidden;
  const shape: ModelNumbers = {
    ...model,
    layers,
    vocab: Math.min(model.vocab, EAGLE_VOCAB),
    tiedEmbeddings: true,
    weights: 'bf16',
    attention: wholeAttention(model, layers),
    feedForward: [{ kind: 'dense', layers, intermediate, matrices: 3 }],
  };
  return { shape, weights: 'bf16', embeddingNumbers: embeddingParameters(shape) };
}

export function modelDraft(shape: ModelNumbers): DraftModel {
  return { shape, weights: shape.weights, embeddingNumbers: embeddingParameters(shape) };
}

/** The kind of layer that attends to the whole context, if the model has one. */
function wholeAttention({ attention }: ModelNumbers, layers: number): ModelNumbers['attention'] {
  const whole = attention.find((it) => it.kind !== 'linear' && !isWindowed(it));
  return [{ ...(whole ?? attention[0]!), layers }];
}

/**
 * It runs on the accelerators of the model, all in one stage, in the largest tensor group that shares its heads. Only
 * experts are spread over the groups of a data-parallel layout; otherwise each group has a draft of its own.
 */
export function draftLayout(accelerator: AcceleratorNumbers, draft: DraftModel, serving: ServingLayout): ServingLayout {
  const groups = possibleTensorGroups(accelerator, draft.shape).filter((size) => size <= serving.tensorParallel);
  const tensorParallel = Math.max(1, ...groups);
  const spread = expertsOf(draft.shape).length > 0 && tensorParallel === serving.tensorParallel;
  return {
    ...serving,
    weights: draft.weights,
    tensorParallel,
    pipelineParallel: 1,
    dataParallel: spread ? serving.dataParallel : 1,
    expertParallel: spread ? serving.expertParallel : 1,
  };
}
