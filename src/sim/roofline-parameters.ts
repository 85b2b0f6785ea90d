import { kvBytesPerToken, largestStageShare, stateBytesPerSequence } from './memory.ts';
import {
  expertsOf,
  groupedOf,
  headParameters,
  isWindowed,
  keepsBf16Attention,
  latentOf,
  layerMatrices,
  layersOf,
  linearOf,
  usedExpertParameters,
  windowTokens,
} from './model-shape.ts';
import type {
  AcceleratorNumbers,
  Dtype,
  EngineNumbers,
  LinkNumbers,
  MfuCurve,
  ModelNumbers,
  ServingLayout,
  StepCostNumbers,
  WeightFormat,
} from './profiles.ts';
import { BYTES_PER_NUMBER } from './profiles.ts';
import { expertMissShares } from './expert-popularity.ts';
import type { ExpertCost, RooflineParameters, WindowCost } from './roofline-types.ts';
import { allToAllOf, arithmeticOf, expertTflopsOf, expertTiles, layoutProblems } from './serving-layout.ts';
import { NS_PER_MS, NS_PER_S, NS_PER_US } from './units.ts';

const FLOPS_PER_TFLOP = 1e12;
const BYTES_PER_GB = 1e9;
/** What a pool runs on, with everything that is needed at one place. */
interface Pool {
  readonly accelerator: AcceleratorNumbers;
  readonly model: ModelNumbers;
  readonly cost: StepCostNumbers;
  readonly layout: ServingLayout;
  readonly arithmetic: Dtype;
  readonly hbmBytesPerNs: number;
  /** Accelerators that do the same work on other tokens or other layers: each has one part of the instance's work. */
  readonly parts: number;
}

/** The step cost of a pool: peaks and kernels of the accelerator, shapes of the model, coefficients of the engine. */
export function rooflineParameters(
  accelerator: AcceleratorNumbers,
  model: ModelNumbers,
  engine: EngineNumbers,
  layout: ServingLayout,
): RooflineParameters {
  const problems = layoutProblems(accelerator, model, layout);
  if (problems.length > 0) throw new Error(problems.map(({ sentence }) => sentence).join('\n'));
  const pool: Pool = {
    accelerator,
    model,
    cost: { ...engine.stepCost, ...engine.stepCostByGeneration[accelerator.generation] },
    layout,
    arithmetic: arithmeticOf(accelerator, layout.weights)!,
    hbmBytesPerNs: (accelerator.hbmGBPerS * BYTES_PER_GB) / NS_PER_S,
    parts: layout.dataParallel * layout.pipelineParallel,
  };
  return {
    peakFlopsPerS: accelerator.denseTflops[pool.arithmetic]! * FLOPS_PER_TFLOP,
    peakHbmBytesPerS: accelerator.hbmGBPerS * BYTES_PER_GB,
    ...linearParameters(pool),
    ...attentionParameters(pool),
    ...communicationParameters(pool),
    ...overheadParameters(pool),
    ...pipelineParameters(pool),
    experts: expertCost(pool),
    window: windowCost(pool),
  };
}

/** Weights, matrix products, and what flows between them; experts apart but for their FLOPs. */
function linearParameters({ accelerator, model, cost, layout, arithmetic, hbmBytesPerNs, parts }: Pool) {
  const { weights, tensorParallel } = layout;
  const { attention, dense, router } = layerMatrices(model, layout);
  const bf16 = weights === 'bf16' ? 0 : router + (keepsBf16Attention(model, weights) ? attention : 0);
  const narrow = attention + dense + router - bf16;
  const head = headParameters(model) / tensorParallel;
  const narrowBytes = narrow * BYTES_PER_NUMBER[weights];
  const bf16Bytes = bf16 * BYTES_PER_NUMBER.bf16;
  const headBytes = head * BYTES_PER_NUMBER.bf16;
  const expertFlops = (2 * usedExpertParameters(model)) / (tensorParallel * parts);
  const { gemmMfu, weightReadRatio: slower } = accelerator;
  const [gemm, bf16Gemm] = [gemmMfu[arithmetic]!, gemmMfu.bf16];
  const nsPerPeakToken = (numbers: number, dtype: Dtype) =>
    (cost.gemmTime * 2 * numbers) / flopsPerNs(accelerator, dtype);
  const activationBytes = activationBytesPerToken(model, cost);
  return {
    layerFlopsPerToken: (2 * (narrow + bf16)) / parts + expertFlops,
    headFlopsPerSequence: (2 * head) / parts,
    weightBytesPerStep: narrowBytes + bf16Bytes + headBytes,
    activationBytesPerToken: activationBytes / parts,
    layerReadNs: (slower * weightReadTime(cost, weights) * narrowBytes) / hbmBytesPerNs,
    bf16LayerReadNs: (slower * cost.weightReadTime * bf16Bytes) / hbmBytesPerNs,
    headReadNs: (slower * cost.weightReadTime * headBytes) / hbmBytesPerNs,
    gemmTokens: gemm.tokens,
    gemmPeakTokens: peakTokensOf(gemm),
    layerNsPerPeakToken: nsPerPeakToken(narrow, arithmetic),
    bf16GemmTokens: bf16Gemm.tokens,
    bf16GemmPeakTokens: peakTokensOf(bf16Gemm),
    bf16LayerNsPerPeakToken: nsPerPeakToken(bf16, 'bf16'),
    headNsPerPeakToken: nsPerPeakToken(head, 'bf16'),
    activationNsPerToken: activationBytes / hbmBytesPerNs,
  };
}

/** Every accelerator of a tensor group has all of a token's activations. */
function activationBytesPerToken(model: ModelNumbers, cost: StepCostNumbers): number {
  const routed = expertsOf(model).map(({ layers, expertsPerToken }) => layers * expertsPerToken);
  const expertCopies = routed.reduce((total, copies) => total + copies, 0);
  return (cost.activationBytes * model.layers + cost.expertActivationBytes * expertCopies) * model.hidden;
}

function expertCost({ accelerator, model, cost, layout, hbmBytesPerNs }: Pool): ExpertCost | null {
  const [one] = expertsOf(model);
  if (one === undefined) return null;
  const { weights, tensorParallel, dataParallel, expertParallel, expertLoadSkew } = layout;
  const bytes = layerMatrices(model, layout).experts * BYTES_PER_NUMBER[weights];
  const flops = (2 * usedExpertParameters(model)) / (tensorParallel * dataParallel);
  const kernels = weights === 'mxfp4' ? cost.mxfp4ExpertTime : 1;
  const flopsPerNs = (expertTflopsOf(accelerator, weights)! * FLOPS_PER_TFLOP) / NS_PER_S;
  return {
    missShares: expertMissShares(one.experts, one.expertsPerToken, one.expertZipfExponent ?? cost.expertZipfExponent),
    loadSkew: expertParallel === 1 ? 1 : expertLoadSkew,
    readNs: (kernels * accelerator.weightReadRatio * cost.expertReadTime * bytes) / hbmBytesPerNs,
    bytes,
    nsPerToken: (kernels * cost.expertGemmTime * flops) / flopsPerNs,
    tileTokens: (cost.expertTileTokens * one.experts) / one.expertsPerToken,
    ...expertTiles(model, cost, layout),
  };
}

/** Attention computes in bf16 whatever the weights and the KV cache are. */
function attentionParameters(pool: Pool) {
  const { accelerator, model, cost, layout, hbmBytesPerNs, parts } = pool;
  const { kv, tensorParallel } = layout;
  const { mfu, underfillTokens } = accelerator.prefillAttention;
  const peak = flopsPerNs(accelerator, 'bf16');
  const pairFlops = groupedFlops(model, tensorParallel, false) + latentFlops(model, tensorParallel).perPair;
  const stateBytes = 2 * stateBytesPerSequence(model, tensorParallel);
  return {
    attentionFlopsPerPair: pairFlops / parts,
    attentionFlopsPerKvToken:
      (groupedFlops(model, tensorParallel, false) + latentFlops(model, tensorParallel).perKvToken) / parts,
    kvBytesPerToken: kvBytesPerToken(model, kv, tensorParallel) / parts,
    kvReadNsPerToken: kvReadNs(pool, false),
    kvComputeNsPerToken: kvComputeNs(pool),
    prefillNsPerPair: pairFlops / (mfu * peak),
    // A prompt of S tokens has about S²/2 pairs, so a share of underfillTokens / S more is this many per token.
    prefillUnderfillPairs: underfillTokens / 2,
    stateBytesPerSequence: stateBytes / parts,
    stateNsPerSequence: (cost.kvReadTime * stateBytes) / hbmBytesPerNs,
    kvTokensOfHbm: kvTokensOfHbm(pool),
  };
}

function windowCost(pool: Pool): WindowCost | null {
  const { accelerator, model, cost, layout, parts } = pool;
  const tokens = windowTokens(model);
  if (tokens === undefined) return null;
  const peak = flopsPerNs(accelerator, 'bf16');
  const flops = groupedFlops(model, layout.tensorParallel, true);
  return {
    tokens,
    kvBytesPerToken: kvBytesPerToken(model, layout.kv, layout.tensorParallel, true) / parts,
    flopsPerPair: flops / parts,
    readNsPerToken: kvReadNs(pool, true),
    computeNsPerToken: (cost.kvReadTime * flops) / peak,
    prefillNsPerPair: flops / (accelerator.prefillAttention.mfu * peak),
  };
}

/** FLOPs of a query and a key, and of weighing the key's value. */
function groupedFlops(model: ModelNumbers, tensorParallel: number, windowed: boolean): number {
  const perLayers = groupedOf(model)
    .filter((it) => isWindowed(it) === windowed)
    .map((it) => (4 * it.layers * it.headDim * it.queryHeads) / tensorParallel);
  return perLayers.reduce((total, flops) => total + flops, 0);
}

/** A prompt is computed head by head; decoding multiplies every head with the compressed vector itself. */
function latentFlops(model: ModelNumbers, tensorParallel: number) {
  let perPair = 0;
  let perKvToken = 0;
  for (const { layers, queryHeads, kvRank, ropeDim, nopeDim, valueDim } of latentOf(model)) {
    const heads = (2 * layers * queryHeads) / tensorParallel;
    perPair += heads * (nopeDim + ropeDim + valueDim);
    perKvToken += heads * (2 * kvRank + ropeDim);
  }
  return { perPair, perKvToken };
}

function kvReadNs({ accelerator, model, cost, layout, hbmBytesPerNs }: Pool, windowed: boolean): number {
  const bytes = kvBytesPerToken(model, 'bf16', layout.tensorParallel, windowed);
  const kernels = layout.kv === 'fp8' ? cost.kvReadTime * cost.fp8KvReadTime : cost.kvReadTime;
  return (kernels * bytes) / hbmBytesPerNs / accelerator.kvReadSpeedup[layout.kv]!;
}

/** Many heads share one compressed vector, so these products bind where others do not, at the share of large products. */
function kvComputeNs({ accelerator, model, cost, layout }: Pool): number {
  const peak = flopsPerNs(accelerator, 'bf16');
  const latent = latentFlops(model, layout.tensorParallel).perKvToken / accelerator.gemmMfu.bf16.mfu.at(-1)!;
  return (cost.kvReadTime * (groupedFlops(model, layout.tensorParallel, false) + latent)) / peak;
}

function kvTokensOfHbm({ accelerator, model, layout }: Pool): number {
  const { kv, tensorParallel, pipelineParallel, dataParallel } = layout;
  const whole = kvBytesPerToken(model, kv, tensorParallel);
  const bytes = whole > 0 ? whole : kvBytesPerToken(model, kv, tensorParallel, true);
  return (accelerator.usableHbmGB * BYTES_PER_GB * pipelineParallel * dataParallel) / bytes;
}

/**
 * Tensor groups add up after attention and after the feed-forward. Groups that share experts send each token to the
 * accelerators of its experts and back instead.
 */
function communicationParameters({ accelerator, model, cost, layout }: Pool) {
  const { weights, tensorParallel, dataParallel } = layout;
  const exchanged = dataParallel === 1 ? [] : expertsOf(model);
  const allReduces = layersOf(model.attention) + layersOf(model.feedForward) - layersOf(exchanged);
  const allReduce = tensorParallel === 1 ? undefined : accelerator.allReduce[tensorParallel];
  const allToAll = allToAllOf(accelerator, tensorParallel * dataParallel);
  const reducedBytes = model.hidden * BYTES_PER_NUMBER.bf16;
  const sentBytes = model.hidden * (weights === 'bf16' ? 2 * BYTES_PER_NUMBER.bf16 : 1 + BYTES_PER_NUMBER.bf16);
  let collectiveNs = 0;
  let collectiveNsPerToken = 0;
  if (allReduce !== undefined) {
    collectiveNs += cost.allReduceLatencyTime * allReduces * allReduce.latencyUs * NS_PER_US;
    collectiveNsPerToken += cost.allReduceTransferTime * allReduces * transferNs(allReduce, reducedBytes);
  }
  if (allToAll !== undefined) {
    for (const { layers, expertsPerToken } of exchanged) {
      collectiveNs += 2 * layers * allToAll.latencyUs * NS_PER_US;
      // The accelerators of a tensor group have the same tokens and send a part of them each.
      collectiveNsPerToken += (layers * expertsPerToken * transferNs(allToAll, sentBytes)) / tensorParallel;
    }
  }
  return { collectiveNs, collectiveNsPerToken };
}

/** Stages follow each other in a node as long as it has room; otherwise each is in another. */
function pipelineParameters({ accelerator, model, layout }: Pool) {
  const { tensorParallel, pipelineParallel, dataParallel } = layout;
  const inNode = tensorParallel * pipelineParallel * dataParallel <= accelerator.scaleUpAccelerators;
  const hop = (inNode ? accelerator.allReduce['2'] : undefined) ?? accelerator.network;
  const isPipeline = pipelineParallel > 1;
  return {
    dataParallel,
    pipelineParallel,
    largestStageShare: largestStageShare(model, pipelineParallel),
    hopNs: isPipeline ? hop.latencyUs * NS_PER_US : 0,
    hopNsPerToken: isPipeline ? transferNs(hop, (model.hidden * BYTES_PER_NUMBER.bf16) / tensorParallel) : 0,
  };
}

function overheadParameters({ accelerator, model, cost }: Pool) {
  const depth = Math.max(layersOf(model.attention), layersOf(model.feedForward));
  const launchedLayers =
    depth +
    cost.expertFloorShare * layersOf(expertsOf(model)) +
    cost.latentFloorShare * layersOf(latentOf(model)) +
    cost.linearFloorShare * layersOf(linearOf(model));
  const floorLayers = accelerator.layerFloorRatio * launchedLayers;
  return {
    floorNs: floorLayers * cost.layerFloorUs * NS_PER_US,
    sequenceNs: cost.sequenceGpuUs * NS_PER_US,
    hostNs: cost.hostStepMs * NS_PER_MS,
    hostSequenceNs: cost.hostSequenceUs * NS_PER_US,
    ...(cost.hostSerialShare !== undefined && { hostSerialShare: cost.hostSerialShare }),
    promptNs: cost.promptMs * NS_PER_MS,
    prefillStepNs: floorLayers * cost.promptLayerUs * NS_PER_US,
    // The host launches them, whatever the accelerator.
    prefillFloorNs: launchedLayers * cost.prefillLayerUs * NS_PER_US,
    cachedTailShare: cost.cachedTailShare,
    cachedTailTokens: cost.cachedTailTokens,
  };
}

function transferNs({ gbPerS }: LinkNumbers, bytes: number): number {
  return (bytes * NS_PER_S) / (gbPerS * BYTES_PER_GB);
}

/** Formats of 4 bits have the same penalty: measured for fp4, assumed for the others. */
function weightReadTime(cost: StepCostNumbers, weights: WeightFormat): number {
  if (weights === 'bf16') return cost.weightReadTime;
  return cost.weightReadTime + (weights === 'fp8' ? cost.fp8WeightReadTimeAdded : cost.fp4WeightReadTimeAdded);
}

function peakTokensOf({ tokens, mfu }: MfuCurve): number[] {
  return tokens.map((count, at) => count / mfu[at]!);
}

function flopsPerNs(accelerator: AcceleratorNumbers, dtype: Dtype): number {
  return (accelerator.denseTflops[dtype]! * FLOPS_PER_TFLOP) / NS_PER_S;
}
