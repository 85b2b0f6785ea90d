import { byRank } from './by-rank.ts';

export const shortestPrompt = byRank(
  'shortest-prompt',
  'the shortest prompt first; long ones may wait for ever',
  (request, requests) => requests.promptTokens(request),
);
