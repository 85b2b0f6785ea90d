import { z } from 'zod';
import { streamSeed } from '../sim/distributions.ts';
import { NO_SESSION } from '../sim/units.ts';
import { arrivalFields, independentDemand, RenewalArrivals } from './arrivals.ts';
import { lengthSchema, LengthSampler, type Length } from './lengths.ts';
import type { WorkloadModule } from './workload-module.ts';

// Both lengths: Azure LLM inference trace 2023, conversation (Splitwise, ISCA 2024; CC BY 4.0), 19,366 requests. The
// prompts pile up near 400, 1,100 and 4,100 tokens and the outputs near 400, which lognormals smooth away.
/* prettier-ignore */
const azurePromptTokens: Length = {
  quantiles: [
    [0, 2], [0.01, 29], [0.02, 91], [0.05, 181], [0.1, 207], [0.15, 372], [0.3, 403], [0.35, 414], [0.4, 703],
    [0.5, 1020], [0.75, 1189], [0.8, 1315], [0.85, 1876], [0.9, 2734], [0.925, 4075], [0.98, 4098], [0.99, 4142],
    [0.999, 6179], [1, 14050],
  ],
};
/* prettier-ignore */
const azureOutputTokens: Length = {
  quantiles: [
    [0, 7], [0.01, 16], [0.05, 41], [0.1, 54], [0.25, 85], [0.4, 103], [0.5, 129], [0.6, 177], [0.65, 217], [0.7, 384],
    [0.75, 395], [0.9, 424], [0.95, 451], [0.99, 601], [0.999, 954], [1, 1000],
  ],
};

const options = z
  .strictObject({
    ...arrivalFields,
    promptTokens: lengthSchema.default(azurePromptTokens).describe('prompt length, tokens'),
    outputTokens: lengthSchema.default(azureOutputTokens).describe('answer length, tokens'),
  })
  .meta({
    examples: [{ requestsPerS: 40 }, { requestsPerS: 40, burstiness: 0.5, promptTokens: 512, outputTokens: 256 }],
  });

const PROMPT_DRAW = 0;
const OUTPUT_DRAW = 1;

export const chat: WorkloadModule<z.infer<typeof options>> = {
  name: 'chat',
  summary: 'single-turn chat from many independent users',
  options,
  readsTrace: false,

  create(options, { name, horizonNs, streams }) {
    const arrivals = new RenewalArrivals(options, streams.stream(`workload/${name}/arrivals`));
    const lengthSeed = streamSeed(streams.stream(`workload/${name}/lengths`));
    const promptLength = new LengthSampler(options.promptTokens);
    const outputLength = new LengthSampler(options.outputTokens);
    let count = 0;
    return {
      pull(sink) {
        const arrivalNs = arrivals.nextNs();
        if (arrivalNs >= horizonNs) return false;
        const promptTokens = promptLength.draw(lengthSeed, count, PROMPT_DRAW);
        const outputTokens = outputLength.draw(lengthSeed, count, OUTPUT_DRAW);
        count++;
        sink.push(arrivalNs, promptTokens, outputTokens, 0, NO_SESSION);
        return true;
      },
    };
  },

  demand: independentDemand,
};
