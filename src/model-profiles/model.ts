import { z } from 'zod';
import { sourced } from '../profile-file.ts';

const count = sourced(z.int().positive());

export const modelFile = z.strictObject({
  title: z.string(),
  /** What the publisher says; the simulator counts for itself. */
  publishedParameters: sourced(z.number().positive()),
  tiedEmbeddings: sourced(z.boolean()),
  layers: count,
  hidden: count,
  vocab: count,
  maxContextTokens: count,
  attention: z.strictObject({
    kind: z.literal('grouped-query'),
    queryHeads: count,
    kvHeads: count,
    headDim: count,
  }),
  feedForward: z.strictObject({
    kind: z.literal('gated'),
    intermediate: count,
  }),
});
