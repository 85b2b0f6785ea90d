import { counterKey, counterUniform, keyedUniform, standardNormal } from '../sim/distributions.ts';
import type { Ns } from '../sim/units.ts';
import type { SessionOptions } from './agentic-options.ts';
import { SecondsSampler } from './seconds.ts';
import type { SessionClock } from './steady-start.ts';

// Draw numbers of a session: its own first, then those of its steps, one after the other.
export const SessionDraw = {
  requests: 0,
  userShare: 1,
  prefix: 2,
  fresh: 3,
  bigWindow: 4,
  start: 5,
  trigger: 6,
  subagents: 7,
  pace: 8,
  // In the place of who sends the first request, which is never asked.
  answers: 9,
} as const;
export type SessionUniform = (session: number, draw: number) => number;

const FIRST_STEP_DRAW = 9;
const DRAWS_PER_STEP = 8;
export const StepDraw = {
  user: 0,
  gap: 1,
  append: 2,
  break: 3,
  afterCompaction: 4,
  output: 5,
  tools: 6,
  outcome: 7,
} as const;

/** Draws of the second tool of a step and those after it, far from the others. */
const FIRST_TOOL_DRAW = 1_073_741_824;
const MOST_TOOLS = 64;

const SAMPLED_PACES = 50;
const SAMPLED_LENGTHS = 500;

export function stepDraw(step: number, draw: number): number {
  return FIRST_STEP_DRAW + DRAWS_PER_STEP * step + draw;
}

/** @param tool 1 for the second tool of a step */
export function toolDraw(step: number, tool: number, draw: number): number {
  return FIRST_TOOL_DRAW + DRAWS_PER_STEP * (MOST_TOOLS * step + tool) + draw;
}

export const Outcome = { done: 0, repaired: 1, failed: 2 } as const;

interface SessionPlan {
  readonly requests: number;
  /** Of the requests after the first, in [0, 1]. */
  readonly userShare: number;
  readonly isFresh: boolean;
  /** How long its answers are among those of all steps, as a normal score. */
  readonly answerNormal: number;
}

/** What is known of sessions of agents without what they say: how long they are, who drives them, when they send. */
export class AgenticTimes {
  readonly #options: SessionOptions;
  readonly #seed: number;
  readonly #sessionUniform: SessionUniform;
  readonly #userGap: SecondsSampler;
  readonly #toolGap: SecondsSampler;
  readonly #leastFreshNormal: number;
  /** Of the length of a session, over steps: long sessions have more of them. */
  readonly #meanLengthNormal: number;
  /** By step, of the draws that are looked at in all sessions of the past. */
  readonly #userKeys: number[] = [];
  readonly #gapKeys: number[] = [];

  constructor(options: SessionOptions, seed: number, sessionUniform: SessionUniform) {
    this.#options = options;
    this.#seed = seed;
    this.#sessionUniform = sessionUniform;
    this.#userGap = new SecondsSampler(options.userGapS);
    this.#toolGap = new SecondsSampler(options.toolGapS);
    this.#leastFreshNormal = standardNormal(1 - options.freshShare);
    this.#meanLengthNormal = meanLengthNormal(options.requestsPerSession);
  }

  /** How long a session is, who drives it after its first request, and whether it begins with an empty history. */
  plan(session: number): SessionPlan {
    const { requestsPerSession, userShare, freshCorrelation, outputLikeness } = this.#options;
    const lengthUniform = this.#sessionUniform(session, SessionDraw.requests);
    const requests = requestsAt(lengthUniform, requestsPerSession);
    const lengthNormal = standardNormal(lengthUniform);
    const correlated = (rho: number, draw: number) =>
      rho * lengthNormal + Math.sqrt(1 - rho * rho) * standardNormal(this.#sessionUniform(session, draw));
    const share =
      userShare.median * Math.exp(userShare.sigma * correlated(userShare.correlation, SessionDraw.userShare));
    return {
      requests,
      userShare: laterShare(Math.min(share, userShare.max), requests),
      isFresh: correlated(freshCorrelation, SessionDraw.fresh) >= this.#leastFreshNormal,
      answerNormal:
        correlated(outputLikeness.withLength, SessionDraw.answers) - outputLikeness.withLength * this.#meanLengthNormal,
    };
  }

  isByUser(session: number, step: number, userShare: number): boolean {
    return counterUniform(this.#seed, session, stepDraw(step, StepDraw.user)) < userShare;
  }

  /** How many tools run at once before a step. */
  tools(session: number, step: number): number {
    const { toolsPerStep } = this.#options;
    if (toolsPerStep === 1) return 1;
    const uniform = counterUniform(this.#seed, session, stepDraw(step, StepDraw.tools));
    return Math.min(1 + Math.floor(Math.log(uniform) / Math.log(1 - 1 / toolsPerStep)), MOST_TOOLS);
  }

  /** From answer to request; of several tools the slowest is waited for. */
  gapNs(session: number, step: number, byUser: boolean, tools: number): Ns {
    const draw = stepDraw(step, StepDraw.gap);
    if (byUser) return this.#userGap.drawNs(this.#seed, session, draw, this.#pace(session));
    let gapNs = this.#toolGap.drawNs(this.#seed, session, draw);
    for (let tool = 1; tool < tools; tool++) {
      gapNs = Math.max(gapNs, this.#toolGap.drawNs(this.#seed, session, toolDraw(step, tool, StepDraw.gap)));
    }
    return gapNs;
  }

  /** The mean over users of their gaps. */
  meanUserGapS(): number {
    const { userPaceSigma } = this.#options;
    if (userPaceSigma === 0) return this.#userGap.meanS();
    let sumS = 0;
    for (let k = 0; k < SAMPLED_PACES; k++) {
      sumS += this.#userGap.meanS(userPaceSigma * standardNormal((k + 0.5) / SAMPLED_PACES));
    }
    return sumS / SAMPLED_PACES;
  }

  /** So many gaps of users, each as likely, the paces of users among them, with the mean of all. */
  userGapsS(count: number): number[] {
    const { userPaceSigma } = this.#options;
    // Lengths in order and paces spread evenly over them (R. D. Richtmyer's sequence).
    const paceOf = (index: number) => userPaceSigma * standardNormal(((index + 0.5) * Math.SQRT2) % 1);
    return this.#userGap.spreadS(count, this.meanUserGapS(), paceOf);
  }

  /** How much slower its user is than others, as a logarithm. */
  #pace(session: number): number {
    const { userPaceSigma } = this.#options;
    return userPaceSigma === 0 ? 0 : userPaceSigma * standardNormal(this.#sessionUniform(session, SessionDraw.pace));
  }

  outcome(session: number, step: number): number {
    const { perStep, repairShare } = this.#options.failures;
    if (perStep === 0) return Outcome.done;
    const uniform = counterUniform(this.#seed, session, stepDraw(step, StepDraw.outcome));
    if (uniform >= perStep) return Outcome.done;
    return uniform < perStep * repairShare ? Outcome.repaired : Outcome.failed;
  }

  /** When sessions send if every answer takes `answerNs`; each is asked for its requests in their order. */
  clock(answerNs: Ns): SessionClock {
    let current = -1;
    let requests = 0;
    let userShare = 0;
    return {
      gapNs: (session, request) => {
        if (session !== current) ({ requests, userShare } = this.plan(session));
        current = session;
        requests = requestsAfter(this.outcome(session, request - 1), request, requests);
        if (request >= requests) return undefined;
        const byUser = this.isByUser(session, request, userShare);
        return answerNs + this.gapNs(session, request, byUser, byUser ? 1 : this.tools(session, request));
      },
      isOverAfter: (session, ageNs) => this.#isOverAfter(session, ageNs, answerNs),
    };
  }

  /** The same steps as those of the clock, each with a gap that is no shorter. Sessions that are over are nearly all. */
  #isOverAfter(session: number, ageNs: Ns, answerNs: Ns): boolean {
    const { requests: planned, userShare } = this.plan(session);
    const { failures, toolsPerStep } = this.#options;
    const pace = Math.exp(this.#pace(session));
    const counter = session | 0;
    const [userKeys, gapKeys, userGap, toolGap] = [this.#userKeys, this.#gapKeys, this.#userGap, this.#toolGap];
    let requests = planned;
    let longestNs = 0;
    for (let step = 1; longestNs < ageNs; step++) {
      if (failures.perStep > 0) requests = requestsAfter(this.outcome(session, step - 1), step, requests);
      if (step >= requests) return true;
      if (step >= gapKeys.length) this.#prepareKeys(2 * step);
      const byUser = keyedUniform(userKeys[step]!, counter) < userShare;
      const uniform = keyedUniform(gapKeys[step]!, counter);
      longestNs += answerNs + (byUser ? userGap.atMostNs(uniform, pace) : toolGap.atMostNs(uniform, 1));
      if (toolsPerStep > 1 && !byUser) longestNs += this.#otherToolsAtMostNs(session, step);
    }
    return false;
  }

  /** What the slowest of all tools of a step but its first takes at most. */
  #otherToolsAtMostNs(session: number, step: number): Ns {
    const tools = this.tools(session, step);
    let gapNs = 0;
    for (let tool = 1; tool < tools; tool++) {
      const draw = toolDraw(step, tool, StepDraw.gap);
      gapNs = Math.max(gapNs, this.#toolGap.atMostNs(counterUniform(this.#seed, session, draw)));
    }
    return gapNs;
  }

  /** Of all steps before this one. */
  #prepareKeys(steps: number): void {
    for (let step = this.#userKeys.length; step < steps; step++) {
      this.#userKeys.push(counterKey(this.#seed, stepDraw(step, StepDraw.user)));
      this.#gapKeys.push(counterKey(this.#seed, stepDraw(step, StepDraw.gap)));
    }
  }
}

/** How many requests a session has, once the outcome of its first `steps` is known. */
export function requestsAfter(outcome: number, steps: number, requests: number): number {
  switch (outcome) {
    case Outcome.repaired:
      return requests + 1;
    case Outcome.failed:
      return steps;
    default:
      return requests;
  }
}

/** The first request is always the user's: what is left of a share of them for those that follow. */
function laterShare(share: number, requests: number): number {
  return requests === 1 ? 0 : Math.max(0, (share * requests - 1) / (requests - 1));
}

/** How many requests the session at this share of all sessions has, by length. */
function requestsAt(uniform: number, { scale, shape, min, max }: SessionOptions['requestsPerSession']): number {
  const weibull = Math.round(scale * Math.exp(Math.log(-Math.log(1 - uniform)) / shape));
  return Math.min(Math.max(weibull, min), max);
}

function meanLengthNormal(requestsPerSession: SessionOptions['requestsPerSession']): number {
  let sum = 0;
  let steps = 0;
  for (let k = 0; k < SAMPLED_LENGTHS; k++) {
    const uniform = (k + 0.5) / SAMPLED_LENGTHS;
    const requests = requestsAt(uniform, requestsPerSession);
    sum += requests * standardNormal(uniform);
    steps += requests;
  }
  return sum / steps;
}
