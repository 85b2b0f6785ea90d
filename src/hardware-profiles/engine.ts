import { z } from 'zod';
import { KV_ALLOCATIONS } from '../sim/plan.ts';
import { GENERATIONS } from '../sim/profiles.ts';
import { sourced } from '../profile-file.ts';

const factor = sourced(z.number().positive());
const amount = sourced(z.number().nonnegative());
const share = sourced(z.number().gt(0).max(1));

const coefficients = {
  weightReadTime: factor,
  fp8WeightReadTimeAdded: amount,
  fp4WeightReadTimeAdded: amount,
  kvReadTime: factor,
  fp8KvReadTime: factor,
  gemmTime: factor,
  activationBytes: amount,
  expertReadTime: factor,
  expertGemmTime: factor,
  expertActivationBytes: amount,
  expertTileTokens: amount,
  expertZipfExponent: sourced(z.number().min(0).max(1)),
  mxfp4ExpertTime: factor,
  allReduceLatencyTime: amount,
  allReduceTransferTime: amount,
  layerFloorUs: amount,
  expertFloorShare: amount,
  latentFloorShare: amount,
  linearFloorShare: amount,
  sequenceGpuUs: amount,
  hostStepMs: amount,
  hostSequenceUs: amount,
  promptMs: amount,
  promptLayerUs: amount,
  prefillLayerUs: amount,
  cachedTailShare: share,
  cachedTailTokens: factor,
};

/** … and those that most engines need not name. */
const rare = { hostSerialShare: share.exactOptional(), fp8ExpertTilesUs: amount.exactOptional() };

const override = z.strictObject({ ...eachOptional(coefficients), ...rare });

const flag = sourced(z.boolean());
const count = sourced(z.int().positive());

/** Options where a scenario says nothing; names as in a scenario's `engine:`. */
const defaults = z.strictObject({
  asyncScheduling: flag,
  prefillFirst: flag,
  chunkedPrefill: flag,
  continuousBatching: flag,
  kvAllocation: sourced(z.enum(KV_ALLOCATIONS)),
  prefixCaching: flag,
  reserveFullPrompt: flag,
  blockTokens: count,
  maxNumSeqs: count,
  maxNumBatchedTokens: count,
});

const versionClass = z.strictObject({
  covers: z.string(),
  frontEndNs: amount,
  outputNs: amount,
  firstOutputNs: amount,
  memoryUtilisation: share,
  utilisationBesideWeights: flag,
  defaults,
  stepCost: z.strictObject({ ...coefficients, ...rare }),
  stepCostByGeneration: z.partialRecord(z.enum(GENERATIONS), override),
});

export const engineFile = z
  .strictObject({
    title: z.string(),
    /** The class that a scenario means when it names none. */
    defaultVersionClass: z.string(),
    versionClasses: z.record(z.string(), versionClass),
  })
  .refine(({ defaultVersionClass, versionClasses }) => defaultVersionClass in versionClasses, {
    message: 'is not one of the version classes',
    path: ['defaultVersionClass'],
  });

function eachOptional<Shape extends Readonly<Record<string, z.ZodType>>>(shape: Shape) {
  const optional = Object.entries(shape).map(([key, entry]) => [key, entry.exactOptional()]);
  return Object.fromEntries(optional) as { [Key in keyof Shape]: z.ZodExactOptional<Shape[Key]> };
}
