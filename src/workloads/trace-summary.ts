import type { ByteSource } from '../sim/ports.ts';
import type { Ns } from '../sim/units.ts';
import type { TraceProblem } from './trace-problem.ts';
import { TraceReader } from './trace-reader.ts';

/** A trace as a whole; of a malformed one only the problems mean anything. */
export interface TraceSummary {
  readonly rows: number;
  /** First request to last; of sessions, which begin when the run says so, of the longest. */
  readonly spanNs: Ns;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly meanPromptTokens: number;
  readonly meanOutputTokens: number;
  /** Of the prompt tokens, on average, those that an earlier request began with: what a cache without limits finds. */
  readonly meanReusedTokens: number;
  /** 0 where requests stand alone. */
  readonly sessions: number;
  readonly meanSessionS: number;
  /** The first ten. */
  readonly problems: readonly TraceProblem[];
  readonly problemCount: number;
  /** Malformed rows that were left out because the options say so; none if left out. */
  readonly skippedRows?: number;
}

const PROBLEMS_KEPT = 10;

/** Adds up what a reader finds. */
export class TraceSummer {
  #rows = 0;
  #promptTokens = 0;
  #outputTokens = 0;
  #reusedTokens = 0;
  readonly #problems: TraceProblem[] = [];
  #problemCount = 0;

  row(promptTokens: number, outputTokens: number, reusedTokens = 0): void {
    this.#rows++;
    this.#promptTokens += promptTokens;
    this.#outputTokens += outputTokens;
    this.#reusedTokens += reusedTokens;
  }

  problem(problem: TraceProblem): void {
    this.#problemCount++;
    if (this.#problems.length < PROBLEMS_KEPT) this.#problems.push(problem);
  }

  summary(spanNs: Ns, sessions = 0, meanSessionS = 0): TraceSummary {
    const rows = Math.max(this.#rows, 1);
    return {
      rows: this.#rows,
      spanNs,
      promptTokens: this.#promptTokens,
      outputTokens: this.#outputTokens,
      meanPromptTokens: this.#promptTokens / rows,
      meanOutputTokens: this.#outputTokens / rows,
      meanReusedTokens: this.#reusedTokens / rows,
      sessions,
      meanSessionS,
      problems: this.#problems,
      problemCount: this.#problemCount,
    };
  }
}

/** Read an Azure trace to its end, before anything is simulated. */
export function scanTrace(source: ByteSource): TraceSummary {
  const reader = new TraceReader(source);
  const sums = new TraceSummer();
  while (reader.next()) {
    if (reader.problem === undefined) sums.row(reader.promptTokens, reader.outputTokens);
    else sums.problem(reader.problem);
  }
  return sums.summary(reader.arrivalNs);
}
