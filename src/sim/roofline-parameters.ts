import { dividesHeads, headParameters, kvBytesPerTokenPerAccelerator, layerParameters } from './memory.ts';
import type {
  AcceleratorNumbers,
  Dtype,
  EngineNumbers,
  MfuCurve,
  ModelNumbers,
  ServingLayout,
  StepCostNumbers,
} from './profiles.ts';
import { BYTES_PER_NUMBER } from './profiles.ts';
import type { RooflineParameters } from './roofline.ts';
import { NS_PER_MS, NS_PER_US } from './units.ts';

const FLOPS_PER_TFLOP = 1e12;
const BYTES_PER_GB = 1e9;
const NS_PER_S = 1e9;
/** All-reduces of a layer: after attention and after the feed-forward. */
const ALL_REDUCES_PER_LAYER = 2;

/** Why these numbers cannot say how long a step of this layout takes; undefined when they can. */
export function layoutProblem(
  accelerator: AcceleratorNumbers,
  model: ModelNumbers,
  layout: ServingLayout,
): string | undefined {
  const { weights, kv, tensorParallel } = layout;
  if (accelerator.denseTflops[weights] === undefined || accelerator.gemmMfu[weights] === undefined) {
    return `the accelerator has no ${weights} arithmetic — use ${namesOf(accelerator.denseTflops)} weights`;
  }
  if (accelerator.kvReadSpeedup[kv] === undefined) {
    return `there is no figure for reading a ${kv} KV cache on this accelerator — use ${namesOf(accelerator.kvReadSpeedup)}`;
  }
  if (!dividesHeads(model, tensorParallel)) {
    const { queryHeads, kvHeads } = model.attention;
    return `${queryHeads} query heads and ${kvHeads} KV heads cannot be shared by ${tensorParallel} accelerators`;
  }
  if (tensorParallel > 1 && accelerator.allReduce[tensorParallel] === undefined) {
    const known = [1, ...Object.keys(accelerator.allReduce)].join(', ');
    return `there is no all-reduce figure for ${tensorParallel} of these accelerators — use one of ${known}`;
  }
  return undefined;
}

/** The step cost of a pool: peaks and kernels of the accelerator, shapes of the model, coefficients of the engine. */
export function rooflineParameters(
  accelerator: AcceleratorNumbers,
  model: ModelNumbers,
  engine: EngineNumbers,
  layout: ServingLayout,
): RooflineParameters {
  const problem = layoutProblem(accelerator, model, layout);
  if (problem !== undefined) throw new Error(problem);
  const cost: StepCostNumbers = { ...engine.stepCost, ...engine.stepCostByGeneration[accelerator.generation] };
  const hbmBytesPerNs = (accelerator.hbmGBPerS * BYTES_PER_GB) / NS_PER_S;
  return {
    peakFlopsPerS: accelerator.denseTflops[layout.weights]! * FLOPS_PER_TFLOP,
    peakHbmBytesPerS: accelerator.hbmGBPerS * BYTES_PER_GB,
    ...linearParameters(accelerator, model, cost, layout, hbmBytesPerNs),
    ...attentionParameters(accelerator, model, cost, layout, hbmBytesPerNs),
    ...communicationParameters(accelerator, model, cost, layout.tensorParallel),
    ...overheadParameters(accelerator, model, cost),
  };
}

/** Weights, matrix products, and what flows between them. */
function linearParameters(
  accelerator: AcceleratorNumbers,
  model: ModelNumbers,
  cost: StepCostNumbers,
  { weights, tensorParallel }: ServingLayout,
  hbmBytesPerNs: number,
) {
  const layerFlopsPerToken = (2 * layerParameters(model)) / tensorParallel;
  const headFlopsPerSequence = (2 * headParameters(model)) / tensorParallel;
  const layerBytes = (layerParameters(model) * BYTES_PER_NUMBER[weights]) / tensorParallel;
  const headBytes = (headParameters(model) * BYTES_PER_NUMBER.bf16) / tensorParallel;
  const activationBytesPerToken = cost.activationBytes * model.layers * model.hidden;
  const gemm = accelerator.gemmMfu[weights]!;
  const headGemm = accelerator.gemmMfu.bf16;
  return {
    layerFlopsPerToken,
    headFlopsPerSequence,
    weightBytesPerStep: layerBytes + headBytes,
    activationBytesPerToken,
    layerReadNs: (weightReadTime(cost, weights) * layerBytes) / hbmBytesPerNs,
    headReadNs: (cost.weightReadTime * headBytes) / hbmBytesPerNs,
    gemmTokens: gemm.tokens,
    gemmPeakTokens: peakTokensOf(gemm),
    layerNsPerPeakToken: (cost.gemmTime * layerFlopsPerToken) / flopsPerNs(accelerator, weights),
    headGemmTokens: headGemm.tokens,
    headGemmPeakTokens: peakTokensOf(headGemm),
    headNsPerPeakToken: (cost.gemmTime * headFlopsPerSequence) / flopsPerNs(accelerator, 'bf16'),
    activationNsPerToken: activationBytesPerToken / hbmBytesPerNs,
  };
}

/** Attention computes in bf16 whatever the weights and the KV cache are. */
function attentionParameters(
  accelerator: AcceleratorNumbers,
  model: ModelNumbers,
  cost: StepCostNumbers,
  { kv, tensorParallel }: ServingLayout,
  hbmBytesPerNs: number,
) {
  const { queryHeads, headDim } = model.attention;
  const { mfu, underfillTokens } = accelerator.prefillAttention;
  const attentionFlopsPerPair = (4 * model.layers * headDim * queryHeads) / tensorParallel;
  const peak = flopsPerNs(accelerator, 'bf16');
  const bf16KvBytes = kvBytesPerTokenPerAccelerator(model, 'bf16', tensorParallel);
  const kvBytesPerToken = kvBytesPerTokenPerAccelerator(model, kv, tensorParallel);
  return {
    attentionFlopsPerPair,
    kvBytesPerToken,
    kvReadNsPerToken: (cost.kvReadTime * bf16KvBytes) / hbmBytesPerNs / accelerator.kvReadSpeedup[kv]!,
    kvComputeNsPerToken: (cost.kvReadTime * attentionFlopsPerPair) / peak,
    prefillNsPerPair: attentionFlopsPerPair / (mfu * peak),
    // A prompt of S tokens has about S²/2 pairs, so a share of underfillTokens / S more is this many per token.
    prefillUnderfillPairs: underfillTokens / 2,
    kvTokensOfHbm: (accelerator.usableHbmGB * BYTES_PER_GB) / kvBytesPerToken,
  };
}

function communicationParameters(
  accelerator: AcceleratorNumbers,
  model: ModelNumbers,
  cost: StepCostNumbers,
  tensorParallel: number,
) {
  if (tensorParallel === 1) return { allReduceNs: 0, allReduceNsPerToken: 0 };
  const { latencyUs, gbPerS } = accelerator.allReduce[tensorParallel]!;
  const allReduces = ALL_REDUCES_PER_LAYER * model.layers;
  const bytesPerToken = model.hidden * BYTES_PER_NUMBER.bf16;
  return {
    allReduceNs: cost.allReduceLatencyTime * allReduces * latencyUs * NS_PER_US,
    allReduceNsPerToken: (cost.allReduceTransferTime * allReduces * bytesPerToken * NS_PER_S) / (gbPerS * BYTES_PER_GB),
  };
}

function overheadParameters(accelerator: AcceleratorNumbers, model: ModelNumbers, cost: StepCostNumbers) {
  const floorLayers = model.layers * accelerator.layerFloorRatio;
  return {
    floorNs: floorLayers * cost.layerFloorUs * NS_PER_US,
    sequenceNs: cost.sequenceGpuUs * NS_PER_US,
    hostNs: cost.hostStepMs * NS_PER_MS,
    hostSequenceNs: cost.hostSequenceUs * NS_PER_US,
    promptNs: cost.promptMs * NS_PER_MS,
    prefillStepNs: floorLayers * cost.promptLayerUs * NS_PER_US,
    cachedTailShare: cost.cachedTailShare,
    cachedTailTokens: cost.cachedTailTokens,
  };
}

function weightReadTime(cost: StepCostNumbers, weights: Dtype): number {
  const added = { bf16: 0, fp8: cost.fp8WeightReadTimeAdded, fp4: cost.fp4WeightReadTimeAdded };
  return cost.weightReadTime + added[weights];
}

function peakTokensOf({ tokens, mfu }: MfuCurve): number[] {
  return tokens.map((count, at) => count / mfu[at]!);
}

function flopsPerNs(accelerator: AcceleratorNumbers, dtype: Dtype): number {
  return (accelerator.denseTflops[dtype]! * FLOPS_PER_TFLOP) / NS_PER_S;
}

function namesOf(byDtype: object): string {
  return Object.keys(byDtype).join(' or ');
}
