import { byRank } from './by-rank.ts';

/** Whoever was preempted needs only the rest, so among those who wait it is the shortest remaining output. */
export const shortestOutput = byRank(
  'shortest-output',
  'the fewest output tokens to come first, as predicted with the error of `outputPrediction`; long answers may wait for ever',
  (request, requests, generatedTokens) => Math.max(0, requests.predictedOutputTokens(request) - generatedTokens),
);
