import { z } from 'zod';
import { WEIGHT_FORMATS } from '../sim/profiles.ts';
import { sourced } from '../profile-file.ts';

const count = sourced(z.int().positive());
const parameters = sourced(z.number().positive());

const groupedQuery = z.strictObject({
  kind: z.literal('grouped-query'),
  layers: count,
  queryHeads: count,
  kvHeads: count,
  headDim: count,
  windowTokens: count.exactOptional(),
  outputGate: sourced(z.boolean()).exactOptional(),
});

const latent = z.strictObject({
  kind: z.literal('latent'),
  layers: count,
  queryHeads: count,
  queryRank: count.exactOptional(),
  kvRank: count,
  ropeDim: count,
  nopeDim: count,
  valueDim: count,
});

const linear = z.strictObject({
  kind: z.literal('linear'),
  layers: count,
  keyHeads: count,
  keyDim: count,
  valueHeads: count,
  valueDim: count,
});

const matrices = sourced(z.union([z.literal(2), z.literal(3)]));

const dense = z.strictObject({
  kind: z.literal('dense'),
  layers: count,
  intermediate: count,
  matrices,
});

const experts = z.strictObject({
  kind: z.literal('experts'),
  layers: count,
  experts: count,
  expertsPerToken: count,
  expertIntermediate: count,
  sharedIntermediate: sourced(z.int().nonnegative()),
  matrices,
  expertZipfExponent: sourced(z.number().min(0).max(1)).exactOptional(),
});

export const modelFile = z.strictObject({
  title: z.string(),
  /** What the publisher says; the simulator counts for itself. */
  publishedParameters: parameters,
  publishedActiveParameters: parameters.exactOptional(),
  weights: sourced(z.enum(WEIGHT_FORMATS)),
  bf16Attention: sourced(z.boolean()),
  tiedEmbeddings: sourced(z.boolean()),
  layers: count,
  /** Absent where the published checkpoint has none, and where no public source tells. */
  mtpLayers: count.exactOptional(),
  hidden: count,
  vocab: count,
  maxContextTokens: count,
  attention: z.array(z.discriminatedUnion('kind', [groupedQuery, latent, linear])).min(1),
  feedForward: z.array(z.discriminatedUnion('kind', [dense, experts])).min(1),
});
