import { NO_SESSION, NS_PER_S, type Ns } from '../sim/units.ts';
import { Histogram } from './histogram.ts';
import { PrefixReuse, type ReusedPrompt } from './prefix-reuse.ts';

/** A request before anything has served it. */
export interface AskedRequest extends ReusedPrompt {
  readonly reasoningTokens: number;
  readonly session: number;
  /** Index of the workload. */
  readonly workload: number;
}

/** Parts of the horizon whose rates are shown. */
const PARTS = 60;
const LONG_NS = 600 * NS_PER_S;
const MINUTE_NS = 60 * NS_PER_S;
/** Turns at which the context of sessions is looked at. */
const TURNS = [1, 2, 3, 5, 10, 20, 50, 100, 200];

export const CACHE_SIZES_TOKENS: readonly number[] = [1e5, 3e5, 1e6, 3e6, 1e7, 3e7];
export const IDLE_S: readonly number[] = [30, 60, 300, 600, 1_800, 3_600];

export interface WorkloadFigures {
  readonly requests: number;
  readonly spanNs: Ns;
  /** Requests in each of as many equal parts of the horizon. */
  readonly parts: readonly number[];
  /** Requests of the busiest minute (of a run below ten minutes: second), by those of the mean one. */
  readonly peakToMean: number;
  readonly peakOf: 'minute' | 'second';
  /** Standard deviation of the gaps between arrivals, by their mean; 1 for Poisson. */
  readonly cvOfGaps: number;
  readonly promptTokens: Histogram;
  readonly outputTokens: Histogram;
  /** Of the output tokens. */
  readonly reasoningShare: number;
  /** Undefined where requests stand alone. */
  readonly sessions: SessionFigures | undefined;
  /** Undefined where prompts share nothing. */
  readonly reuse: ReuseFigures | undefined;
}

export interface SessionFigures {
  readonly count: number;
  readonly turns: Histogram;
  /** Prompt and output tokens of all its requests. */
  readonly tokens: Histogram;
  /** Mean prompt tokens of the n-th requests of sessions, for some n that sessions reach. */
  readonly context: readonly { readonly turn: number; readonly meanPromptTokens: number; readonly sessions: number }[];
}

export interface ReuseFigures {
  readonly blockTokens: number;
  readonly unlimited: number;
  /** By CACHE_SIZES_TOKENS. */
  readonly bySize: readonly number[];
  /** By IDLE_S. */
  readonly byIdle: readonly number[];
  /** Of how many requests it is known: all, unless they have too many different blocks. */
  readonly requests: number;
}

interface Session {
  turns: number;
  tokens: number;
}

/** What a planner wants to know of requests before simulating them. Memory follows sessions and different blocks. */
export class WorkloadStatistics {
  readonly #horizonNs: Ns;
  readonly #peakNs: Ns;
  readonly #parts = new Array<number>(PARTS).fill(0);
  readonly #peaks: number[] = [];
  readonly #prompt = new Histogram();
  readonly #output = new Histogram();
  readonly #sessions = new Map<string, Session>();
  readonly #context = TURNS.map(() => ({ sum: 0, sessions: 0 }));
  readonly #blockTokens: number;
  readonly #reuse: PrefixReuse;
  #shares = false;
  #requests = 0;
  #outputTokens = 0;
  #reasoningTokens = 0;
  #latestNs: Ns = NaN;
  #gaps = 0;
  #gapSum = 0;
  #gapSquares = 0;

  /** @param meanPromptTokens about; the blocks of the prefix cache are chosen by it */
  constructor(horizonNs: Ns, meanPromptTokens: number) {
    this.#horizonNs = horizonNs;
    this.#peakNs = horizonNs >= LONG_NS ? MINUTE_NS : NS_PER_S;
    // Engines have blocks of 16; longer ones do for longer prompts.
    let blockTokens = 16;
    while (blockTokens < 512 && blockTokens * 64 < meanPromptTokens) blockTokens *= 2;
    this.#blockTokens = blockTokens;
    const idleNs = IDLE_S.map((idleS) => idleS * NS_PER_S);
    this.#reuse = new PrefixReuse(blockTokens, CACHE_SIZES_TOKENS, idleNs);
  }

  /** In order of arrival. */
  add(request: AskedRequest): void {
    const { arrivalNs, promptTokens, outputTokens, reasoningTokens, session, workload } = request;
    this.#requests++;
    this.#outputTokens += outputTokens;
    this.#reasoningTokens += reasoningTokens;
    this.#prompt.add(promptTokens);
    this.#output.add(outputTokens);
    this.#parts[Math.min(PARTS - 1, Math.floor((PARTS * arrivalNs) / this.#horizonNs))]!++;
    const peak = Math.floor(arrivalNs / this.#peakNs);
    this.#peaks[peak] = (this.#peaks[peak] ?? 0) + 1;
    if (this.#requests > 1) {
      const gapS = (arrivalNs - this.#latestNs) / NS_PER_S;
      this.#gaps++;
      this.#gapSum += gapS;
      this.#gapSquares += gapS * gapS;
    }
    this.#latestNs = arrivalNs;
    this.#addTurn(request, session, workload);
    this.#shares ||= request.streams.length > 0;
    if (this.#shares) this.#reuse.add(request, workload);
  }

  #addTurn({ promptTokens, outputTokens }: AskedRequest, number: number, workload: number): void {
    if (number === NO_SESSION) return;
    const key = `${workload} ${number}`;
    let session = this.#sessions.get(key);
    if (session === undefined) {
      session = { turns: 0, tokens: 0 };
      this.#sessions.set(key, session);
    }
    session.turns++;
    session.tokens += promptTokens + outputTokens;
    const context = this.#context[TURNS.indexOf(session.turns)];
    if (context === undefined) return;
    context.sum += promptTokens;
    context.sessions++;
  }

  figures(): WorkloadFigures {
    const mean = this.#gapSum / this.#gaps;
    const variance = Math.max(this.#gapSquares / this.#gaps - mean * mean, 0);
    const meanPeak = this.#requests / (this.#horizonNs / this.#peakNs);
    const peak = this.#peaks.reduce((highest, count) => Math.max(highest, count ?? 0), 0);
    return {
      requests: this.#requests,
      spanNs: this.#horizonNs,
      parts: this.#parts,
      peakToMean: peak / meanPeak,
      peakOf: this.#peakNs === MINUTE_NS ? 'minute' : 'second',
      cvOfGaps: Math.sqrt(variance) / mean,
      promptTokens: this.#prompt,
      outputTokens: this.#output,
      reasoningShare: this.#reasoningTokens / Math.max(this.#outputTokens, 1),
      sessions: this.#sessionFigures(),
      reuse: this.#reuseFigures(),
    };
  }

  #sessionFigures(): SessionFigures | undefined {
    if (this.#sessions.size === 0) return undefined;
    const turns = new Histogram();
    const tokens = new Histogram();
    for (const session of this.#sessions.values()) {
      turns.add(session.turns);
      tokens.add(session.tokens);
    }
    const context = this.#context.flatMap(({ sum, sessions }, k) =>
      sessions === 0 ? [] : [{ turn: TURNS[k]!, meanPromptTokens: sum / sessions, sessions }],
    );
    return { count: this.#sessions.size, turns, tokens, context };
  }

  #reuseFigures(): ReuseFigures | undefined {
    if (!this.#shares) return undefined;
    return { blockTokens: this.#blockTokens, ...this.#reuse.shares(), requests: this.#reuse.prompts };
  }
}
