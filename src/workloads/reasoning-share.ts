import { z } from 'zod';
import { NormalMixture } from '../sim/distributions.ts';

const share = () => z.number().gt(0).lt(1);

/** How much of an output its user does not see. */
export const reasoningShareSchema = z.union([
  z.number().min(0).lt(1).describe('always this share, in [0, 1)'),
  z.strictObject({
    mixture: z
      .array(
        z.strictObject({
          weight: z.number().positive().describe('how often, relative to the other components, dimensionless'),
          median: share().describe('median of this logit-normal component, in (0, 1)'),
          sigma: z.number().min(0).max(10).describe('standard deviation of ln(share / (1 − share)), dimensionless'),
        }),
      )
      .min(1)
      .describe('logit-normal components, in (0, 1)'),
  }),
]);
export type ReasoningShare = z.infer<typeof reasoningShareSchema>;

export interface ShareSampler {
  /** The share that a uniform in (0, 1) is turned into. */
  of(uniform: number): number;
  readonly mean: number;
}

export function shareSampler(share: ReasoningShare): ShareSampler {
  if (typeof share === 'number') return { of: () => share, mean: share };
  const logits = new NormalMixture(
    share.mixture.map(({ weight, median, sigma }) => ({ weight, mean: Math.log(median / (1 - median)), sd: sigma })),
  );
  const logistic = (logit: number) => 1 / (1 + Math.exp(-logit));
  return { of: (uniform) => logistic(logits.sample(uniform)), mean: logits.meanOf(logistic) };
}
