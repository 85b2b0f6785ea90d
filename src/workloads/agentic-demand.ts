import { NS_PER_S } from '../sim/units.ts';
import type { AgenticOptions, SessionOptions } from './agentic-options.ts';
import { AgenticSessions, bigWindowChance, type AgenticSession } from './agentic-sessions.ts';
import { SessionDraw } from './agentic-times.ts';
import { sessionsPerSOf } from './demand-fields.ts';
import type { Demand, Returning } from './workload-module.ts';

const SAMPLED_SESSIONS = 1_200;
const PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29];

export function agenticDemand(options: AgenticOptions): Demand {
  const { requests, promptTokens, outputTokens, reusedTokens, durationS, returns } = meansOf(options);
  const sessionsPerS = agenticSessionsPerS(options);
  return {
    requestsPerS: sessionsPerS * requests,
    meanPromptTokens: promptTokens / requests,
    meanOutputTokens: outputTokens / requests,
    meanReusedTokens: reusedTokens / requests,
    meanSessionS: durationS,
    returns: returns.map(({ tokensPerS, afterS }) => ({ tokensPerS: sessionsPerS * tokensPerS, afterS })),
  };
}

export function agenticSessionsPerS(options: AgenticOptions): number {
  return sessionsPerSOf(options, {
    requests: () => meansOf(options).requests,
    tokens() {
      const { promptTokens, outputTokens } = meansOf(options);
      return promptTokens + outputTokens;
    },
  });
}

/** Of one session, with its subagents. */
interface SessionMeans {
  requests: number;
  promptTokens: number;
  outputTokens: number;
  reusedTokens: number;
  durationS: number;
  /** Requests after the first of a session that a user sends: a few of their pauses make up half of the time. */
  userGaps: number;
  /** Found by these requests of their own sessions. */
  userTokens: number;
  /** The same of other requests, by their gap, in classes. */
  readonly toolReturns: Map<number, { tokens: number; tokenS: number }>;
  /** With one session per second. */
  returns: readonly Returning[];
}

/** Classes of gaps to a doubling. */
const CLASSES = 4;
const USER_GAPS = 256;

/** By options: runs of a sweep ask about the same sessions again and again, each for a tenth of a second. */
const sampled = new Map<string, Readonly<SessionMeans>>();
const MOST_SAMPLED = 100;

function meansOf(options: AgenticOptions): Readonly<SessionMeans> {
  const { requestsPerS: _1, sessionsPerHour: _2, tokensPerDay: _3, users: _4, arrivals: _5, ...sessions } = options;
  const key = JSON.stringify(sessions);
  const known = sampled.get(key);
  if (known !== undefined) return known;
  if (sampled.size === MOST_SAMPLED) sampled.clear();
  const means = sampleMeans(sessions);
  sampled.set(key, means);
  return means;
}

/**
 * No formula has the means of contexts that grow and compact, so they are those of a sample, always the same one, within
 * about 2 %. Few sessions hold most of the tokens, the long ones with a big window: they are sampled more often and weigh
 * less. What else tells sessions apart is spread evenly over the sample (R. D. Richtmyer's sequence).
 */
function sampleMeans(options: SessionOptions): SessionMeans {
  const sessions = new AgenticSessions(options, 1, 2, (session, draw) => {
    if (draw === SessionDraw.requests) return lengthUniform(session);
    if (draw === SessionDraw.bigWindow) return hasBigWindow(session) ? 0 : 1;
    return evenly(session, draw);
  });
  const means: SessionMeans = {
    requests: 0,
    promptTokens: 0,
    outputTokens: 0,
    reusedTokens: 0,
    durationS: 0,
    userGaps: 0,
    userTokens: 0,
    toolReturns: new Map(),
    returns: [],
  };
  let weights = 0;
  for (let id = 0; id < SAMPLED_SESSIONS; id++) {
    const session = sessions.begin(id);
    const chance = bigWindowChance(options, session.isFresh, lengthUniform(id));
    const weight = 2 * restOf(id) * 2 * (hasBigWindow(id) ? chance : 1 - chance);
    if (weight === 0) continue;
    weights += weight;
    addSession(means, weight, session, sessions, options.subagents.count);
  }
  means.requests /= weights;
  means.promptTokens /= weights;
  means.outputTokens /= weights;
  means.reusedTokens /= weights;
  means.userGaps /= weights;
  means.durationS = means.durationS / weights + means.userGaps * sessions.times.meanUserGapS();
  means.returns = returnsOf(means, weights, sessions.times.userGapsS(USER_GAPS));
  return means;
}

function returnsOf({ userTokens, toolReturns }: SessionMeans, weights: number, userGapsS: number[]): Returning[] {
  const tokensPerS = userTokens / weights / userGapsS.length;
  return [
    ...userGapsS.map((afterS) => ({ tokensPerS, afterS })),
    ...[...toolReturns.values()].map(({ tokens, tokenS }) => ({
      tokensPerS: tokens / weights,
      afterS: tokenS / tokens,
    })),
  ];
}

/** @param tokens weighted, found `afterS` after the request before */
function addReturn(toolReturns: SessionMeans['toolReturns'], tokens: number, afterS: number): void {
  if (tokens === 0) return;
  const among = Math.round(CLASSES * Math.log2(Math.max(afterS, 1 / 1024)));
  const found = toolReturns.get(among) ?? { tokens: 0, tokenS: 0 };
  toolReturns.set(among, { tokens: found.tokens + tokens, tokenS: found.tokenS + tokens * afterS });
}

function addSession(
  means: SessionMeans,
  weight: number,
  session: AgenticSession,
  sessions: AgenticSessions,
  subagents: number,
): void {
  let subagentsS = 0;
  for (;;) {
    const ownTokens = weight * Math.max(0, session.reusedTokens - session.prefixTokens);
    means.requests += weight;
    means.promptTokens += weight * session.promptTokens;
    means.outputTokens += weight * session.outputTokens;
    means.reusedTokens += weight * session.reusedTokens;
    if (session.byUser && session.steps > 1) {
      means.userGaps += weight;
      means.userTokens += ownTokens;
    } else {
      means.durationS += (weight * session.gapNs) / NS_PER_S;
      addReturn(means.toolReturns, ownTokens, subagentsS + session.gapNs / NS_PER_S);
    }
    if (session.steps === session.requests) return;
    subagentsS = 0;
    if (session.steps === session.subagentsAfter) {
      const { durationS } = means;
      let longestS = 0;
      for (let k = 1; k <= subagents; k++) {
        addSession(means, weight, sessions.beginSubagent(session, k), sessions, subagents);
        longestS = Math.max(longestS, means.durationS - durationS);
        means.durationS = durationS;
      }
      means.durationS += longestS;
      subagentsS = longestS / weight;
    }
    sessions.proceed(session);
  }
}

/** 1 minus a uniform, whose square is the share of sessions that are longer. */
function restOf(session: number): number {
  return 1 - evenly(session, SessionDraw.requests);
}

function lengthUniform(session: number): number {
  return 1 - restOf(session) * restOf(session);
}

function hasBigWindow(session: number): boolean {
  return session % 2 === 0;
}

function evenly(session: number, draw: number): number {
  return ((session + 0.5) * Math.sqrt(PRIMES[draw]!)) % 1;
}
