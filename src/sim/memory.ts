import type { AcceleratorNumbers, Dtype, ModelNumbers, ServingLayout } from './profiles.ts';
import { BYTES_PER_NUMBER } from './profiles.ts';

const BYTES_PER_GB = 1e9;

export interface MemoryRequest extends ServingLayout {
  /** Share of the usable HBM that the engine may fill; 0.9 unless given. */
  readonly memoryUtilisation?: number;
  readonly blockTokens: number;
  /** Tokens of KV cache an instance is of no use without, such as the longest request; one block unless given. */
  readonly leastKvTokens?: number;
}

/** Bytes are of one accelerator of the instance; KV blocks are the instance's: its accelerators hold a share of each. */
interface MemoryNeeds {
  readonly weightBytesPerAccelerator: number;
  readonly kvBytesPerTokenPerAccelerator: number;
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
  /** The smallest larger tensor-parallel group of one node that would fit, if any. */
  readonly tensorParallelNeeded: number | undefined;
}

export type MemoryPlan = MemoryFit | MemoryShortage;

/** What an engine finds when it starts: weights and reserve are there, the rest of its share becomes KV blocks. */
export function planMemory(accelerator: AcceleratorNumbers, model: ModelNumbers, request: MemoryRequest): MemoryPlan {
  const needs = memoryNeeds(accelerator, model, request);
  const kvBlocks = kvBlocksOf(needs, request);
  if (isEnough(kvBlocks, request)) return { ...needs, fits: true, kvBlocks };
  return { ...needs, fits: false, tensorParallelNeeded: smallestFitting(accelerator, model, request) };
}

/** Whether the model's heads can be shared out evenly: every accelerator gets whole query heads and whole KV heads. */
export function dividesHeads(model: ModelNumbers, tensorParallel: number): boolean {
  const { queryHeads, kvHeads } = model.attention;
  const kvShared = kvHeads % tensorParallel === 0;
  const kvReplicated = tensorParallel % kvHeads === 0;
  return queryHeads % tensorParallel === 0 && (kvShared || kvReplicated);
}

/** Matrix entries of all layers: every token is multiplied by each of them once. */
export function layerParameters(model: ModelNumbers): number {
  const { queryHeads, kvHeads, headDim } = model.attention;
  const attention = 2 * model.hidden * headDim * (queryHeads + kvHeads);
  const feedForward = 3 * model.hidden * model.feedForward.intermediate;
  return model.layers * (attention + feedForward);
}

/** Entries of the output head. */
export function headParameters(model: ModelNumbers): number {
  return model.vocab * model.hidden;
}

/** All entries: layers, embedding, head, norms. */
export function totalParameters(model: ModelNumbers): number {
  const embeddings = (model.tiedEmbeddings ? 1 : 2) * headParameters(model);
  return layerParameters(model) + embeddings + normParameters(model);
}

/** Keys and values of one token over all layers; KV heads are replicated where there are fewer than accelerators. */
export function kvBytesPerTokenPerAccelerator(model: ModelNumbers, kv: Dtype, tensorParallel: number): number {
  const { kvHeads, headDim } = model.attention;
  const heads = Math.max(1, kvHeads / tensorParallel);
  return 2 * model.layers * heads * headDim * BYTES_PER_NUMBER[kv];
}

function normParameters(model: ModelNumbers): number {
  return (2 * model.layers + 1) * model.hidden;
}

function memoryNeeds(accelerator: AcceleratorNumbers, model: ModelNumbers, request: MemoryRequest): MemoryNeeds {
  const { weights, kv, tensorParallel, memoryUtilisation = 0.9 } = request;
  // Quantised checkpoints keep embedding, head and norms in bf16; norms are on every accelerator.
  const embeddings = totalParameters(model) - layerParameters(model) - normParameters(model);
  const shared = layerParameters(model) * BYTES_PER_NUMBER[weights] + embeddings * BYTES_PER_NUMBER.bf16;
  return {
    weightBytesPerAccelerator: shared / tensorParallel + normParameters(model) * BYTES_PER_NUMBER.bf16,
    kvBytesPerTokenPerAccelerator: kvBytesPerTokenPerAccelerator(model, kv, tensorParallel),
    reservedBytes: accelerator.reservedGB * BYTES_PER_GB,
    budgetBytes: accelerator.usableHbmGB * BYTES_PER_GB * memoryUtilisation,
  };
}

function kvBlocksOf(needs: MemoryNeeds, request: MemoryRequest): number {
  const bytes = needs.budgetBytes - needs.reservedBytes - needs.weightBytesPerAccelerator;
  return Math.floor(bytes / (needs.kvBytesPerTokenPerAccelerator * request.blockTokens));
}

function isEnough(kvBlocks: number, request: MemoryRequest): boolean {
  return kvBlocks >= Math.max(1, Math.ceil((request.leastKvTokens ?? 1) / request.blockTokens));
}

function smallestFitting(
  accelerator: AcceleratorNumbers,
  model: ModelNumbers,
  request: MemoryRequest,
): number | undefined {
  for (let tensorParallel = 2; tensorParallel <= accelerator.acceleratorsPerNode; tensorParallel *= 2) {
    if (tensorParallel <= request.tensorParallel || !dividesHeads(model, tensorParallel)) continue;
    const larger = { ...request, tensorParallel };
    if (isEnough(kvBlocksOf(memoryNeeds(accelerator, model, larger), larger), larger)) return tensorParallel;
  }
  return undefined;
}
