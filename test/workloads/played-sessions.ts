import { agentic } from '../../src/workloads/agentic.ts';
import { AgenticSessions, type AgenticSession } from '../../src/workloads/agentic-sessions.ts';

export interface PlayedStep {
  readonly byUser: boolean;
  readonly gapNs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly reusedTokens: number;
  /** 1 if the context is more than 20,000 tokens shorter than the one before. */
  readonly falls: number;
}

/** Sessions of agents without a fleet: the steps of each, subagents left out. */
export function played(given: object, count: number, seed = 1): PlayedStep[][] {
  const generator = new AgenticSessions(agentic.options.parse({ sessionsPerHour: 1, ...given }), seed, 2);
  return Array.from({ length: count }, (_, id) => {
    const session = generator.begin(id);
    const steps = [stepOf(session, 0)];
    while (session.steps < session.requests) {
      const before = session.promptTokens;
      generator.proceed(session);
      steps.push(stepOf(session, before));
    }
    return steps;
  });
}

function stepOf(session: AgenticSession, before: number): PlayedStep {
  const { byUser, gapNs, promptTokens, outputTokens, reusedTokens } = session;
  return { byUser, gapNs, promptTokens, outputTokens, reusedTokens, falls: promptTokens < before - 20_000 ? 1 : 0 };
}
