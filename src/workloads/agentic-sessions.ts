import { counterUniform, standardNormal } from '../sim/distributions.ts';
import type { Ns } from '../sim/units.ts';
import type { SessionOptions } from './agentic-options.ts';
import {
  AgenticTimes,
  Outcome,
  requestsAfter,
  SessionDraw,
  stepDraw,
  StepDraw,
  toolDraw,
  type SessionUniform,
} from './agentic-times.ts';
import { GrowingPrompt } from './growing-prompt.ts';
import { LengthSampler } from './lengths.ts';
import { normalShare } from './normal-share.ts';
import { ZipfChoice } from './zipf.ts';

/** Numbers of the subagents of a session lie this far apart, above all numbers of sessions. */
export const SUBAGENT_STRIDE = 4_294_967_296;

const MOST_READING_STEPS = 100;

interface NewSession {
  readonly session: number;
  readonly requests: number;
  readonly userShare: number;
  readonly subagentsAfter: number;
  readonly prefix: number;
  readonly prefixTokens: number;
  readonly compactAboveTokens: number;
  readonly promptTokens: number;
  readonly isFresh: boolean;
  readonly answerNormal: number;
}

/** A coding agent at work: the harness sends its whole context at every step, and appends answer and tool result. */
export class AgenticSession {
  readonly session: number;
  /** So many, as far as is known: a failed step adds one or ends the session. */
  requests: number;
  /** Whether its latest step has failed for good. */
  failed = false;
  /** After so many requests it starts subagents; 0 for never. */
  readonly subagentsAfter: number;
  readonly userShare: number;
  readonly prefix: number;
  readonly prefixTokens: number;
  readonly compactAboveTokens: number;
  /** It has begun with an empty history. */
  readonly isFresh: boolean;
  /** How long its answers are among all, as a normal score. */
  readonly answerNormal: number;
  readonly prompt = new GrowingPrompt();
  /** Requests prepared so far; the fields below are of the latest. */
  steps = 0;
  byUser = true;
  /** From the end of the request before. */
  gapNs: Ns = 0;
  promptTokens: number;
  outputTokens = 0;
  /** Leading tokens that were computed before, by this session or by one with the same prefix. */
  reusedTokens: number;

  constructor(given: NewSession) {
    this.session = given.session;
    this.requests = given.requests;
    this.subagentsAfter = given.subagentsAfter;
    this.userShare = given.userShare;
    this.prefix = given.prefix;
    this.prefixTokens = given.prefixTokens;
    this.compactAboveTokens = given.compactAboveTokens;
    this.promptTokens = given.promptTokens;
    this.isFresh = given.isFresh;
    this.answerNormal = given.answerNormal;
    this.reusedTokens = given.prefixTokens;
  }
}

/** Sessions and their steps, from counters alone. Streams 0 to distinct − 1 are the prefixes, the others the sessions'. */
export class AgenticSessions {
  readonly times: AgenticTimes;
  readonly #options: SessionOptions;
  readonly #seed: number;
  readonly #prefixTokens: readonly number[];
  readonly #prefixChoice: ZipfChoice;
  readonly #freshLength: LengthSampler;
  readonly #resumedLength: LengthSampler;
  readonly #bigResumedLength: LengthSampler;
  readonly #userLength: LengthSampler;
  readonly #toolLength: LengthSampler;
  readonly #compactedLength: LengthSampler;
  readonly #outputLength: LengthSampler;
  readonly #readingLength: LengthSampler;
  /** By steps taken, from the first on. */
  readonly #readingShare: readonly number[];
  readonly #subagentLength: LengthSampler;
  readonly #subagentStartLength: LengthSampler;
  readonly #sessionUniform: SessionUniform;
  #nextStream: number;

  /**
   * @param seed of the sessions
   * @param prefixSeed of the lengths of their prefixes
   * @param sessionUniform where the draws that a session makes once come from
   */
  constructor(
    options: SessionOptions,
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
    this.#prefixChoice = new ZipfChoice(distinct, zipf);
    this.#freshLength = new LengthSampler(options.freshTokens);
    this.#resumedLength = new LengthSampler(options.resumedTokens);
    this.#bigResumedLength = new LengthSampler(options.bigWindow.resumedTokens);
    this.#userLength = new LengthSampler(options.userStepTokens);
    this.#toolLength = new LengthSampler(options.toolStepTokens);
    this.#compactedLength = new LengthSampler(options.compaction.afterTokens);
    this.#outputLength = new LengthSampler(options.outputTokens);
    this.#readingLength = new LengthSampler(options.reading.tokens);
    this.#readingShare = readingShares(options.reading);
    this.#subagentLength = new LengthSampler(options.subagents.requests);
    this.#subagentStartLength = new LengthSampler(options.subagents.startTokens);
    this.times = new AgenticTimes(options, seed, sessionUniform);
    this.#nextStream = distinct;
  }

  /** A new session with its first request prepared. */
  begin(session: number): AgenticSession {
    const { bigWindow, compaction } = this.#options;
    const uniform = (draw: number) => this.#sessionUniform(session, draw);
    const prefix = this.#prefixChoice.of(uniform(SessionDraw.prefix));
    const prefixTokens = this.#prefixTokens[prefix]!;
    const plan = this.times.plan(session);
    const { isFresh } = plan;
    const isBig =
      uniform(SessionDraw.bigWindow) < bigWindowChance(this.#options, isFresh, uniform(SessionDraw.requests));
    const startLength = isFresh ? this.#freshLength : isBig ? this.#bigResumedLength : this.#resumedLength;
    const startTokens = startLength.of(uniform(SessionDraw.start));
    const { mean, sd } = compaction.triggerTokens;
    const started = new AgenticSession({
      session,
      ...plan,
      subagentsAfter: this.#subagentsAfter(uniform(SessionDraw.subagents), plan.requests),
      prefix,
      prefixTokens,
      compactAboveTokens: isBig
        ? bigWindow.compactAboveTokens
        : mean + sd * standardNormal(uniform(SessionDraw.trigger)),
      promptTokens: isFresh ? prefixTokens + startTokens : Math.max(startTokens, prefixTokens + 1),
    });
    this.#restart(started);
    if (started.promptTokens > started.compactAboveTokens) this.#compact(started);
    this.#answer(started);
    return started;
  }

  /** The k-th subagent of a session, k from 1, with its first request prepared. */
  beginSubagent(parent: AgenticSession, k: number): AgenticSession {
    const session = k * SUBAGENT_STRIDE + parent.session;
    const started = new AgenticSession({
      session,
      requests: this.#subagentLength.draw(this.#seed, session, SessionDraw.requests),
      subagentsAfter: 0,
      userShare: 0,
      prefix: parent.prefix,
      prefixTokens: 0,
      compactAboveTokens: parent.compactAboveTokens,
      promptTokens: this.#subagentStartLength.draw(this.#seed, session, SessionDraw.start),
      isFresh: false,
      answerNormal: parent.answerNormal,
    });
    started.gapNs = this.times.gapNs(session, 0, false, 1);
    this.#restart(started);
    this.#answer(started);
    return started;
  }

  /** Prepare the request that follows the latest. */
  proceed(session: AgenticSession): void {
    const { session: id, steps: step } = session;
    const seed = this.#seed;
    const byUser = this.times.isByUser(id, step, session.userShare);
    session.byUser = byUser;
    const tools = byUser ? 1 : this.times.tools(id, step);
    session.gapNs = this.times.gapNs(id, step, byUser, tools);
    const length = byUser ? this.#userLength : this.#reads(session) ? this.#readingLength : this.#toolLength;
    let added = length.draw(seed, id, stepDraw(step, StepDraw.append));
    for (let tool = 1; tool < tools; tool++) {
      added += this.#toolLength.draw(seed, id, toolDraw(step, tool, StepDraw.append));
    }
    const { historyKeepsReasoning, reasoningShare, reuseOutput, cacheBreaks } = this.#options;
    const hidden = historyKeepsReasoning ? 0 : reasoningTokensOf(session.outputTokens, reasoningShare);
    const known = session.promptTokens + (reuseOutput && hidden === 0 ? session.outputTokens : 0);
    session.promptTokens += session.outputTokens - hidden + added;
    if (session.promptTokens > session.compactAboveTokens) {
      this.#compact(session);
    } else if (counterUniform(seed, id, stepDraw(step, StepDraw.break)) < cacheBreaks.perStep) {
      session.reusedTokens = Math.floor(known * cacheBreaks.survivingShare);
      session.prompt.continueWith(this.#nextStream++, session.reusedTokens);
    } else {
      session.reusedTokens = known;
    }
    this.#answer(session);
  }

  /** Whether its next step reads the project, if that of a tool: the first ones of a fresh session do. */
  #reads({ isFresh, session, steps }: AgenticSession): boolean {
    if (!isFresh || steps > this.#readingShare.length) return false;
    return counterUniform(this.#seed, session, toolDraw(steps, 0, StepDraw.append)) < this.#readingShare[steps - 1]!;
  }

  /** After a request that has a successor, each as likely. */
  #subagentsAfter(uniform: number, requests: number): number {
    const { share } = this.#options.subagents;
    if (requests === 1 || uniform >= share) return 0;
    return 1 + Math.floor((uniform / share) * (requests - 1));
  }

  /** A summary takes the place of the history. It is not longer than what would be summarised again. */
  #compact(session: AgenticSession): void {
    const draw = stepDraw(session.steps, StepDraw.afterCompaction);
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

  /** Answers of one session are alike, as a Gaussian copula has it: over all steps they are distributed as stated. */
  #outputUniform({ session, steps, answerNormal }: AgenticSession): number {
    const uniform = counterUniform(this.#seed, session, stepDraw(steps, StepDraw.output));
    const { ofSession } = this.#options.outputLikeness;
    if (ofSession === 0) return uniform;
    return normalShare(ofSession * answerNormal + Math.sqrt(1 - ofSession * ofSession) * standardNormal(uniform));
  }

  #answer(session: AgenticSession): void {
    const { session: id, steps: step } = session;
    session.outputTokens = this.#outputLength.of(this.#outputUniform(session));
    const outcome = this.times.outcome(id, step);
    session.steps++;
    session.failed = outcome === Outcome.failed;
    session.requests = requestsAfter(outcome, session.steps, session.requests);
  }
}

/** The hidden part of an answer; the last token is always there to see. */
export function reasoningTokensOf(outputTokens: number, share: number): number {
  return Math.min(Math.round(outputTokens * share), outputTokens - 1);
}

/** Of a session, once it is known how it begins and which quantile its length is. */
export function bigWindowChance(options: SessionOptions, isFresh: boolean, lengthUniform: number): number {
  const { bigWindow, freshShare } = options;
  const { share, freshChance, lengthDependence } = bigWindow;
  const ofResumed = share / (1 - freshShare + freshShare * freshChance);
  const chance = Math.min(1, isFresh ? freshChance * ofResumed : ofResumed);
  return chance * (1 + lengthDependence * (1 - chance) * (2 * lengthUniform - 1));
}

/** The chance that each of the first steps reads; later ones are taken not to. */
function readingShares({ share, decay }: SessionOptions['reading']): number[] {
  const shares: number[] = [];
  for (let chance = share; shares.length < MOST_READING_STEPS && chance >= 0.001; chance *= decay) shares.push(chance);
  return shares;
}
