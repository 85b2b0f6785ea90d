import type { ConversationOptions } from './conversation-options.ts';
import { sessionsPerSOf } from './demand-fields.ts';
import { LengthSampler } from './lengths.ts';
import { shareSampler } from './reasoning-share.ts';
import { SecondsSampler } from './seconds.ts';
import { TurnSampler } from './turns.ts';
import type { Demand, Returning } from './workload-module.ts';

const PAUSES = 256;

/** What conversations ask for on average, if nobody loses patience. */
export function conversationDemand(options: ConversationOptions): Demand {
  const means = meansOf(options);
  return {
    requestsPerS: conversationsPerS(options) * means.turns,
    meanPromptTokens: means.promptTokens / means.turns,
    meanOutputTokens: means.outputTokens / means.turns,
    meanReusedTokens: means.reusedTokens / means.turns,
    meanSessionS: meanSessionS(options),
    returns: returnsOf(options, conversationsPerS(options) * means.ownTokens),
  };
}

/** @param tokensPerS found by later turns of their own conversations */
function returnsOf({ turns, thinkS, turnGapS }: ConversationOptions, tokensPerS: number): Returning[] {
  if (turns === 1) return [];
  const pause = new SecondsSampler(thinkS ?? turnGapS);
  return pause.spreadS(PAUSES, pause.meanS()).map((afterS) => ({ tokensPerS: tokensPerS / PAUSES, afterS }));
}

export function conversationsPerS(options: ConversationOptions): number {
  return sessionsPerSOf(options, {
    requests: () => new TurnSampler(options.turns).mean(),
    tokens() {
      const { promptTokens, outputTokens } = meansOf(options);
      return promptTokens + outputTokens;
    },
  });
}

/** First turn to last, in the mean. Of a `thinkS` without the answers, which nobody knows before the run. */
export function meanSessionS({ turns, thinkS, turnGapS }: ConversationOptions): number {
  const meanTurns = new TurnSampler(turns).mean();
  return meanTurns === 1 ? 0 : (meanTurns - 1) * new SecondsSampler(thinkS ?? turnGapS).meanS();
}

interface Means {
  readonly turns: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly reusedTokens: number;
  /** Of these, without what all conversations begin with. */
  readonly ownTokens: number;
}

/** Of one conversation, all its turns together. */
function meansOf(options: ConversationOptions): Means {
  const turns = new TurnSampler(options.turns);
  const prompts = new LengthSampler(options.promptTokens);
  const firstTokens = prompts.mean();
  const outputTokens = new LengthSampler(options.outputTokens).mean();
  const systemTokens = options.systemPromptTokens;
  const meanSystemTokens = prompts.mean((tokens) => (tokens > systemTokens ? systemTokens : 0));
  const dropsReasoning = options.reasoningShare !== 0 && !options.historyKeepsReasoning;
  const keptShare = dropsReasoning ? 1 - shareSampler(options.reasoningShare).mean : 1;
  const addedTokens = keptShare * outputTokens + new LengthSampler(options.turnTokens).mean();
  // Of an answer whose hidden part is dropped nothing is reused, nor the token before it, which the answer would follow.
  const reusedAnswerTokens = dropsReasoning ? -1 : outputTokens;
  let promptTokens = 0;
  let reusedTokens = meanSystemTokens;
  let ownTokens = 0;
  for (let turn = 1; turn <= turns.max; turn++) {
    const share = turns.survival(turn);
    const prompt = firstTokens + (turn - 1) * addedTokens;
    promptTokens += share * prompt;
    if (turn === 1) continue;
    const found = prompt - addedTokens + reusedAnswerTokens;
    reusedTokens += share * found;
    ownTokens += share * (found - meanSystemTokens);
  }
  const meanTurns = turns.mean();
  return { turns: meanTurns, promptTokens, outputTokens: meanTurns * outputTokens, reusedTokens, ownTokens };
}
