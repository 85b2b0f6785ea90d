import { NS_PER_S } from '../sim/units.ts';
import type { AgenticOptions } from './agentic-options.ts';
import { AgenticSessions, SessionDraw } from './agentic-sessions.ts';
import type { Demand } from './workload-module.ts';

export const S_PER_HOUR = 3_600;

const SAMPLED_SESSIONS = 1_200;
const PRIMES = [2, 3, 5, 7, 11, 13, 17];

/**
 * No formula has the means of contexts that grow and compact, so they are those of a sample, always the same one, within
 * about 2 %. Few sessions hold most of the tokens, the long ones with a big window: they are sampled more often and weigh
 * less. What else tells sessions apart is spread evenly over the sample (R. D. Richtmyer's sequence).
 */
export function agenticDemand(options: AgenticOptions): Demand {
  const sessions = new AgenticSessions(options, 1, 2, (session, draw) => {
    if (draw === SessionDraw.requests) return 1 - restOf(session) * restOf(session);
    if (draw === SessionDraw.bigWindow) return hasBigWindow(session) ? 0 : 1;
    return evenly(session, draw);
  });
  const sums = { sessions: 0, requests: 0, promptTokens: 0, outputTokens: 0, reusedTokens: 0, gapsNs: 0 };
  for (let id = 0; id < SAMPLED_SESSIONS; id++) {
    const { share } = options.bigWindow;
    const weight = 2 * restOf(id) * 2 * (hasBigWindow(id) ? share : 1 - share);
    if (weight === 0) continue;
    const session = sessions.begin(id);
    sums.sessions += weight;
    for (;;) {
      sums.requests += weight;
      sums.promptTokens += weight * session.promptTokens;
      sums.outputTokens += weight * session.outputTokens;
      sums.reusedTokens += weight * session.reusedTokens;
      sums.gapsNs += weight * session.gapNs;
      if (session.steps === session.requests) break;
      sessions.proceed(session);
    }
  }
  return {
    requestsPerS: ((options.sessionsPerHour / S_PER_HOUR) * sums.requests) / sums.sessions,
    meanPromptTokens: sums.promptTokens / sums.requests,
    meanOutputTokens: sums.outputTokens / sums.requests,
    meanReusedTokens: sums.reusedTokens / sums.requests,
    meanSessionS: sums.gapsNs / NS_PER_S / sums.sessions,
  };
}

/** 1 minus a uniform, whose square is the share of sessions that are longer. */
function restOf(session: number): number {
  return 1 - evenly(session, SessionDraw.requests);
}

function hasBigWindow(session: number): boolean {
  return session % 2 === 0;
}

function evenly(session: number, draw: number): number {
  return ((session + 0.5) * Math.sqrt(PRIMES[draw]!)) % 1;
}
