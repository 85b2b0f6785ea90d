import { type DraftModel, draftLayout } from './draft-model.ts';
import {
  embeddingParameters,
  headParameters,
  keepsBf16Attention,
  kvNumbersPerToken,
  layerMatrices,
  normParameters,
  stateNumbers,
  windowTokens,
} from './model-shape.ts';
import type { AcceleratorNumbers, Dtype, ModelNumbers, ServingLayout, WeightFormat } from './profiles.ts';
import { BYTES_PER_NUMBER } from './profiles.ts';
import { possibleTensorGroups } from './serving-layout.ts';

const BYTES_PER_GB = 1e9;
/** Recurrent states are kept in 32 bits: they are sums over the whole context. */
const STATE_BYTES_PER_NUMBER = 4;
/** More stages than this help nobody. */
const MOST_STAGES = 16;

export interface MemoryRequest extends ServingLayout {
  /** Share of the usable HBM that the engine may fill; 0.9 unless given. */
  readonly memoryUtilisation?: number;
  /** The share is not of all, but of what is left beside the weights: for the KV cache alone. */
  readonly utilisationBesideWeights?: boolean;
  readonly blockTokens: number;
  /** Sequences of the instance, for what each holds whatever its length; 256 unless given. */
  readonly maxNumSeqs?: number;
  /** What guesses tokens, with weights and a KV cache of its own. */
  readonly draft?: DraftModel | undefined;
  /** Tokens of KV cache an instance is of no use without, such as the longest request; one block unless given. */
  readonly leastKvTokens?: number;
}

/**
 * Bytes are of the fullest accelerator of the instance; KV blocks are the instance's: the accelerators of a tensor group and
 * its stages hold a share of each.
 */
interface MemoryNeeds {
  readonly weightBytesPerAccelerator: number;
  /** In layers that attend to the whole context, and in those with a window. */
  readonly kvBytesPerTokenPerAccelerator: number;
  readonly windowKvBytesPerTokenPerAccelerator: number;
  /** Recurrent states of all sequences that may run. */
  readonly stateBytes: number;
  readonly reservedBytes: number;
  /** What the engine may fill with all of these. */
  readonly budgetBytes: number;
}

export interface MemoryFit extends MemoryNeeds {
  readonly fits: true;
  readonly kvBlocks: number;
}

export interface MemoryShortage extends MemoryNeeds {
  readonly fits: false;
  /** The smallest larger layout that would fit, if any: first more accelerators of a node, then whole nodes as stages. */
  readonly needed: NeededLayout | undefined;
}

export type NeededLayout = Pick<ServingLayout, 'tensorParallel' | 'pipelineParallel'>;

export type MemoryPlan = MemoryFit | MemoryShortage;

/** What an engine finds when it starts: weights and reserve are there, the rest of its share becomes KV blocks. */
export function planMemory(accelerator: AcceleratorNumbers, model: ModelNumbers, request: MemoryRequest): MemoryPlan {
  const needs = memoryNeeds(accelerator, model, request);
  const kvBlocks = kvBlocksOf(needs, model, request);
  if (isEnough(kvBlocks, request)) return { ...needs, fits: true, kvBlocks: kvBlocks * request.dataParallel };
  return { ...needs, fits: false, needed: smallestFitting(accelerator, model, request) };
}

/** KV cache of one token on each accelerator of its group, over all layers and stages; windowed layers apart. */
export function kvBytesPerToken(model: ModelNumbers, kv: Dtype, tensorParallel: number, windowed = false): number {
  return kvNumbersPerToken(model, tensorParallel, windowed) * BYTES_PER_NUMBER[kv];
}

/**
 * KV cache of one token as links and stores move it: one copy, however many accelerators hold it alike, with that of what
 * guesses tokens. A layer with a window counts as if it kept the whole context.
 */
export function movedKvBytesPerToken(model: ModelNumbers, kv: Dtype, draft: DraftModel | undefined): number {
  const shapes = draft === undefined ? [model] : [model, draft.shape];
  return shapes.reduce((sum, of) => sum + kvBytesPerToken(of, kv, 1) + kvBytesPerToken(of, kv, 1, true), 0);
}

/** Recurrent states of one sequence on each accelerator of its group, over all layers and stages. */
export function stateBytesPerSequence(model: ModelNumbers, tensorParallel: number): number {
  return stateNumbers(model, tensorParallel) * STATE_BYTES_PER_NUMBER;
}

/** Layers of the largest stage as a share of all. */
export function largestStageShare(model: ModelNumbers, pipelineParallel: number): number {
  return Math.ceil(model.layers / pipelineParallel) / model.layers;
}

function memoryNeeds(accelerator: AcceleratorNumbers, model: ModelNumbers, request: MemoryRequest): MemoryNeeds {
  const { kv, tensorParallel, pipelineParallel, memoryUtilisation = 0.9 } = request;
  const stage = largestStageShare(model, pipelineParallel);
  const perToken = (windowed: boolean) => stage * kvBytesPerToken(model, kv, tensorParallel, windowed);
  const usableBytes = accelerator.usableHbmGB * BYTES_PER_GB;
  const reservedBytes = accelerator.reservedGB * BYTES_PER_GB;
  const weightBytesPerAccelerator = stage * layerBytes(model, request) + embeddingBytes(model, request);
  const beside = request.utilisationBesideWeights === true ? weightBytesPerAccelerator + reservedBytes : 0;
  const needs = {
    weightBytesPerAccelerator,
    kvBytesPerTokenPerAccelerator: perToken(false),
    windowKvBytesPerTokenPerAccelerator: perToken(true),
    stateBytes: sequencesOf(request) * stage * stateBytesPerSequence(model, tensorParallel),
    reservedBytes,
    budgetBytes: beside + memoryUtilisation * Math.max(0, usableBytes - beside),
  };
  return request.draft === undefined ? needs : withDraft(needs, accelerator, request, request.draft);
}

/** All of a draft is beside one stage of the model. Its windows, if it has any, save no memory. */
function withDraft(
  needs: MemoryNeeds,
  accelerator: AcceleratorNumbers,
  request: MemoryRequest,
  { shape, weights, embeddingNumbers }: DraftModel,
): MemoryNeeds {
  const layout = draftLayout(accelerator, { shape, weights, embeddingNumbers }, request);
  const { tensorParallel } = layout;
  const perToken = (windowed: boolean) => kvBytesPerToken(shape, request.kv, tensorParallel, windowed);
  const embedding = (embeddingNumbers * BYTES_PER_NUMBER.bf16) / tensorParallel;
  return {
    ...needs,
    weightBytesPerAccelerator: needs.weightBytesPerAccelerator + layerBytes(shape, layout) + embedding,
    kvBytesPerTokenPerAccelerator: needs.kvBytesPerTokenPerAccelerator + perToken(false) + perToken(true),
    stateBytes: needs.stateBytes + sequencesOf(request) * stateBytesPerSequence(shape, tensorParallel),
  };
}

/** Norms are on every accelerator. */
function layerBytes(model: ModelNumbers, request: ServingLayout): number {
  const { attention, dense, router, experts } = layerMatrices(model, request);
  const attentionFormat: WeightFormat = keepsBf16Attention(model, request.weights) ? 'bf16' : request.weights;
  return (
    attention * BYTES_PER_NUMBER[attentionFormat] +
    (dense + experts) * BYTES_PER_NUMBER[request.weights] +
    (router + normParameters(model)) * BYTES_PER_NUMBER.bf16
  );
}

/** Quantised checkpoints keep embedding and head in bf16. Of a pipeline the first stage has one and the last the other. */
function embeddingBytes(model: ModelNumbers, { tensorParallel, pipelineParallel }: MemoryRequest): number {
  const numbers = pipelineParallel === 1 ? embeddingParameters(model) : headParameters(model);
  return (numbers * BYTES_PER_NUMBER.bf16) / tensorParallel;
}

/**
 * Blocks of one data-parallel group. A layer with a window holds no more than the window of each sequence; how many tokens
 * that is depends on how the cache is divided among the sequences, so the most that it can be is set aside.
 */
function kvBlocksOf(needs: MemoryNeeds, model: ModelNumbers, request: MemoryRequest): number {
  const { kvBytesPerTokenPerAccelerator: whole, windowKvBytesPerTokenPerAccelerator: windowed } = needs;
  const bytes = needs.budgetBytes - needs.reservedBytes - needs.weightBytesPerAccelerator - needs.stateBytes;
  const inWindows = sequencesOf(request) * (windowTokens(model) ?? 0);
  const short = Math.floor(bytes / ((whole + windowed) * request.blockTokens));
  if (windowed === 0 || short * request.blockTokens <= inWindows) return short;
  const most = Math.ceil((sequencesOf(request) * model.maxContextTokens) / request.blockTokens);
  return Math.min(most, Math.floor((bytes - windowed * inWindows) / (whole * request.blockTokens)));
}

/** Of one data-parallel group. */
function sequencesOf({ maxNumSeqs = 256, dataParallel }: MemoryRequest): number {
  return Math.ceil(maxNumSeqs / dataParallel);
}

function isEnough(kvBlocks: number, request: MemoryRequest): boolean {
  return kvBlocks >= Math.max(1, Math.ceil((request.leastKvTokens ?? 1) / request.blockTokens));
}

function smallestFitting(
  accelerator: AcceleratorNumbers,
  model: ModelNumbers,
  request: MemoryRequest,
): NeededLayout | undefined {
  const fits = (tensorParallel: number, pipelineParallel: number) => {
    const larger = { ...request, tensorParallel, pipelineParallel };
    return isEnough(kvBlocksOf(memoryNeeds(accelerator, model, larger), model, larger), larger);
  };
  let widest = request.tensorParallel;
  for (const tensorParallel of possibleTensorGroups(accelerator, model)) {
    if (tensorParallel <= request.tensorParallel) continue;
    if (fits(tensorParallel, request.pipelineParallel)) {
      return { tensorParallel, pipelineParallel: request.pipelineParallel };
    }
    widest = tensorParallel;
  }
  const stages = Math.min(MOST_STAGES, model.layers);
  for (let pipelineParallel = 2 * request.pipelineParallel; pipelineParallel <= stages; pipelineParallel *= 2) {
    if (fits(widest, pipelineParallel)) return { tensorParallel: widest, pipelineParallel };
  }
  return undefined;
}
