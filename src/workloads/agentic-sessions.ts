import { counterUniform, standardNormal } from '../sim/distributions.ts';
import type { Ns } from '../sim/units.ts';
import type { AgenticOptions } from './agentic-options.ts';
import { GrowingPrompt } from './growing-prompt.ts';
import { LengthSampler } from './lengths.ts';
import { SecondsSampler } from './seconds.ts';

// Draw numbers of a session: its own first, then those of its steps, one after the other.
export const SessionDraw = {
  requests: 0,
  userShare: 1,
  prefix: 2,
  fresh: 3,
  bigWindow: 4,
  start: 5,
  trigger: 6,
} as const;
const FIRST_STEP_DRAW = 8;
const DRAWS_PER_STEP = 8;
const USER_DRAW = 0;
const GAP_DRAW = 1;
const APPEND_DRAW = 2;
const BREAK_DRAW = 3;
const AFTER_COMPACTION_DRAW = 4;
const OUTPUT_DRAW = 5;

type SessionUniform = (session: number, draw: number) => number;

/** A coding agent at work: the harness sends its whole context at every step, and appends answer and tool result. */
export interface AgenticSession {
  readonly session: number;
  readonly requests: number;
  readonly userShare: number;
  readonly prefix: number;
  readonly prefixTokens: number;
  readonly compactAboveTokens: number;
  readonly prompt: GrowingPrompt;
  /** Requests prepared so far; the fields below are of the latest. */
  steps: number;
  byUser: boolean;
  /** From the end of the request before. */
  gapNs: Ns;
  promptTokens: number;
  outputTokens: number;
  /** Leading tokens that were computed before, by this session or by one with the same prefix. */
  reusedTokens: number;
}

/** Sessions and their steps, from counters alone. Streams 0 to distinct − 1 are the prefixes, the others the sessions'. */
export class AgenticSessions {
  readonly #options: AgenticOptions;
  readonly #seed: number;
  readonly #prefixTokens: readonly number[];
  /** Of sessions, by prefix: up to and including it. */
  readonly #prefixShares: readonly number[];
  readonly #freshLength: LengthSampler;
  readonly #resumedLength: LengthSampler;
  readonly #bigResumedLength: LengthSampler;
  readonly #userLength: LengthSampler;
  readonly #toolLength: LengthSampler;
  readonly #compactedLength: LengthSampler;
  readonly #outputLength: LengthSampler;
  readonly #userGap: SecondsSampler;
  readonly #toolGap: SecondsSampler;
  readonly #sessionUniform: SessionUniform;
  #nextStream: number;

  /**
   * @param seed of the sessions
   * @param prefixSeed of the lengths of their prefixes
   * @param sessionUniform where the draws that a session makes once come from
   */
  constructor(
    options: AgenticOptions,
    seed: number,
    prefixSeed: number,
    sessionUniform: SessionUniform = (session, draw) => counterUniform(seed, session, draw),
  ) {
    this.#options = options;
    this.#seed = seed;
    this.#sessionUniform = sessionUniform;
    const { distinct, zipf } = options.prefixes;
    const prefixLength = new LengthSampler(options.prefixTokens);
    this.#prefixTokens = Array.from({ length: distinct }, (_, prefix) => prefixLength.draw(prefixSeed, prefix, 0));
    this.#prefixShares = zipfShares(distinct, zipf);
    this.#freshLength = new LengthSampler(options.freshTokens);
    this.#resumedLength = new LengthSampler(options.resumedTokens);
    this.#bigResumedLength = new LengthSampler(options.bigWindow.resumedTokens);
    this.#userLength = new LengthSampler(options.userStepTokens);
    this.#toolLength = new LengthSampler(options.toolStepTokens);
    this.#compactedLength = new LengthSampler(options.compaction.afterTokens);
    this.#outputLength = new LengthSampler(options.outputTokens);
    this.#userGap = new SecondsSampler(options.userGapS);
    this.#toolGap = new SecondsSampler(options.toolGapS);
    this.#nextStream = distinct;
  }

  /** A new session with its first request prepared. */
  begin(session: number): AgenticSession {
    const { requestsPerSession, userShare, freshShare, bigWindow, compaction } = this.#options;
    const uniform = (draw: number) => this.#sessionUniform(session, draw);
    const lengthUniform = uniform(SessionDraw.requests);
    const { scale, shape, min, max } = requestsPerSession;
    const requests = Math.round(scale * Math.exp(Math.log(-Math.log(1 - lengthUniform)) / shape));
    const { correlation: rho } = userShare;
    const normal =
      rho * standardNormal(lengthUniform) + Math.sqrt(1 - rho * rho) * standardNormal(uniform(SessionDraw.userShare));
    const prefix = this.#prefixOf(uniform(SessionDraw.prefix));
    const prefixTokens = this.#prefixTokens[prefix]!;
    const isBig = uniform(SessionDraw.bigWindow) < bigWindow.share;
    const startLength =
      uniform(SessionDraw.fresh) < freshShare
        ? this.#freshLength
        : isBig
          ? this.#bigResumedLength
          : this.#resumedLength;
    const startTokens = startLength.of(uniform(SessionDraw.start));
    const { mean, sd } = compaction.triggerTokens;
    const started: AgenticSession = {
      session,
      requests: Math.min(Math.max(requests, min), max),
      userShare: Math.min(userShare.median * Math.exp(userShare.sigma * normal), userShare.max),
      prefix,
      prefixTokens,
      compactAboveTokens: isBig
        ? bigWindow.compactAboveTokens
        : mean + sd * standardNormal(uniform(SessionDraw.trigger)),
      prompt: new GrowingPrompt(),
      steps: 0,
      byUser: true,
      gapNs: 0,
      promptTokens:
        startLength === this.#freshLength ? prefixTokens + startTokens : Math.max(startTokens, prefixTokens + 1),
      outputTokens: 0,
      reusedTokens: prefixTokens,
    };
    this.#restart(started);
    if (started.promptTokens > started.compactAboveTokens) this.#compact(started);
    this.#answer(started);
    return started;
  }

  /** Prepare the request that follows the latest. */
  proceed(session: AgenticSession): void {
    const draws = FIRST_STEP_DRAW + DRAWS_PER_STEP * session.steps;
    const seed = this.#seed;
    const id = session.session;
    session.byUser = counterUniform(seed, id, draws + USER_DRAW) < session.userShare;
    const byUser = session.byUser;
    session.gapNs = (byUser ? this.#userGap : this.#toolGap).drawNs(seed, id, draws + GAP_DRAW);
    const known = session.promptTokens + (this.#options.reuseOutput ? session.outputTokens : 0);
    const added = (byUser ? this.#userLength : this.#toolLength).draw(seed, id, draws + APPEND_DRAW);
    session.promptTokens += session.outputTokens + added;
    const { perStep, survivingShare } = this.#options.cacheBreaks;
    if (session.promptTokens > session.compactAboveTokens) {
      this.#compact(session);
    } else if (counterUniform(seed, id, draws + BREAK_DRAW) < perStep) {
      session.reusedTokens = Math.floor(known * survivingShare);
      session.prompt.continueWith(this.#nextStream++, session.reusedTokens);
    } else {
      session.reusedTokens = known;
    }
    this.#answer(session);
  }

  /** A summary takes the place of the history. It is not longer than what would be summarised again. */
  #compact(session: AgenticSession): void {
    const draw = FIRST_STEP_DRAW + DRAWS_PER_STEP * session.steps + AFTER_COMPACTION_DRAW;
    const length = this.#compactedLength.draw(this.#seed, session.session, draw);
    const limit = Math.floor(session.compactAboveTokens);
    session.promptTokens = Math.max(Math.min(length, limit), session.prefixTokens + 1);
    this.#restart(session);
  }

  /** Nothing but the prefix is known to anyone. */
  #restart(session: AgenticSession): void {
    session.reusedTokens = session.prefixTokens;
    session.prompt.continueWith(session.prefix, 0);
    session.prompt.continueWith(this.#nextStream++, session.prefixTokens);
  }

  #answer(session: AgenticSession): void {
    const draw = FIRST_STEP_DRAW + DRAWS_PER_STEP * session.steps + OUTPUT_DRAW;
    session.outputTokens = this.#outputLength.draw(this.#seed, session.session, draw);
    session.steps++;
  }

  #prefixOf(uniform: number): number {
    const shares = this.#prefixShares;
    let low = 0;
    let high = shares.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (uniform < shares[middle]!) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function zipfShares(distinct: number, exponent: number): number[] {
  const weights = Array.from({ length: distinct }, (_, k) => Math.exp(-exponent * Math.log(k + 1)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return weights.map((weight) => (sum += weight) / total);
}
