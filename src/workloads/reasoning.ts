import { z } from 'zod';
import { counterUniform, NormalMixture, streamSeed } from '../sim/distributions.ts';
import { NO_SESSION } from '../sim/units.ts';
import { arrivalFields, independentDemand, RenewalArrivals } from './arrivals.ts';
import { lengthSchema, LengthSampler, type Length } from './lengths.ts';
import type { WorkloadModule } from './workload-module.ts';

// All shapes: a day of 1.38 million DeepSeek-R1 requests in ServeGen (Alibaba; Apache-2.0). Its prompts have a heavier
// tail than a lognormal of their median, which would lack a quarter of the prompt tokens.
/* prettier-ignore */
const servegenPromptTokens: Length = {
  quantiles: [
    [0, 4], [0.01, 9], [0.05, 13], [0.1, 18], [0.25, 41], [0.4, 113], [0.5, 208], [0.6, 266], [0.75, 482], [0.85, 1165],
    [0.9, 2092], [0.95, 6714], [0.99, 23423], [0.999, 33783], [1, 57284],
  ],
};
const servegenOutputTokens: Length = {
  mixture: [
    { weight: 0.777, median: 652, sigma: 0.754 },
    { weight: 0.223, median: 2416, sigma: 1.01 },
  ],
  max: 32768,
};
const servegenReasoningShare: ReasoningShare = {
  mixture: [
    { weight: 0.173, median: 0.38, sigma: 0.278 },
    { weight: 0.827, median: 0.828, sigma: 1.29 },
  ],
};

const share = () => z.number().gt(0).lt(1);
const reasoningShare = z.union([
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
type ReasoningShare = z.infer<typeof reasoningShare>;

const options = z
  .strictObject({
    ...arrivalFields,
    promptTokens: lengthSchema.default(servegenPromptTokens).describe('prompt length, tokens'),
    outputTokens: lengthSchema.default(servegenOutputTokens).describe('generated length, reasoning included, tokens'),
    reasoningShare: reasoningShare
      .default(servegenReasoningShare)
      .describe('share of the output that is reasoning hidden from the user, in [0, 1)'),
  })
  .meta({ examples: [{ requestsPerS: 16 }, { requestsPerS: 16, outputTokens: 2, reasoningShare: 0.7 }] });

const PROMPT_DRAW = 0;
const OUTPUT_DRAW = 1;
const SHARE_DRAW = 2;

export const reasoning: WorkloadModule<z.infer<typeof options>> = {
  name: 'reasoning',
  summary: 'single questions to a model that thinks in hidden tokens before it answers',
  options,
  readsTrace: false,

  create(options, { name, horizonNs, streams }) {
    const arrivals = new RenewalArrivals(options, streams.stream(`workload/${name}/arrivals`));
    const lengthSeed = streamSeed(streams.stream(`workload/${name}/lengths`));
    const promptLength = new LengthSampler(options.promptTokens);
    const outputLength = new LengthSampler(options.outputTokens);
    const shareOf = shareSampler(options.reasoningShare);
    let count = 0;
    return {
      pull(sink) {
        const arrivalNs = arrivals.nextNs();
        if (arrivalNs >= horizonNs) return false;
        const promptTokens = promptLength.draw(lengthSeed, count, PROMPT_DRAW);
        const outputTokens = outputLength.draw(lengthSeed, count, OUTPUT_DRAW);
        const hidden = Math.round(outputTokens * shareOf(counterUniform(lengthSeed, count, SHARE_DRAW)));
        count++;
        // The last token is always the user's to see.
        sink.push(arrivalNs, promptTokens, outputTokens, Math.min(hidden, outputTokens - 1), NO_SESSION);
        return true;
      },
    };
  },

  demand: independentDemand,
};

function shareSampler(share: ReasoningShare): (uniform: number) => number {
  if (typeof share === 'number') return () => share;
  const logits = new NormalMixture(
    share.mixture.map(({ weight, median, sigma }) => ({ weight, mean: Math.log(median / (1 - median)), sd: sigma })),
  );
  return (uniform) => 1 / (1 + Math.exp(-logits.sample(uniform)));
}
