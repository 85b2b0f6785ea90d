import type { ByteSource } from '../sim/ports.ts';
import { TraceReader, type TraceProblem } from './trace-reader.ts';
import type { Ns } from '../sim/units.ts';

/** A trace as a whole; of a malformed one only the problems mean anything. */
export interface TraceSummary {
  readonly rows: number;
  /** First request to last. */
  readonly spanNs: Ns;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly meanPromptTokens: number;
  readonly meanOutputTokens: number;
  /** The first ten. */
  readonly problems: readonly TraceProblem[];
  readonly problemCount: number;
}

const PROBLEMS_KEPT = 10;

/** Read a trace to its end, before anything is simulated. */
export function scanTrace(source: ByteSource): TraceSummary {
  const reader = new TraceReader(source);
  const problems: TraceProblem[] = [];
  let problemCount = 0;
  let rows = 0;
  let promptTokens = 0;
  let outputTokens = 0;
  while (reader.next()) {
    if (reader.problem === undefined) {
      rows++;
      promptTokens += reader.promptTokens;
      outputTokens += reader.outputTokens;
    } else {
      problemCount++;
      if (problems.length < PROBLEMS_KEPT) problems.push(reader.problem);
    }
  }
  return {
    rows,
    spanNs: reader.arrivalNs,
    promptTokens,
    outputTokens,
    meanPromptTokens: rows === 0 ? 0 : promptTokens / rows,
    meanOutputTokens: rows === 0 ? 0 : outputTokens / rows,
    problems,
    problemCount,
  };
}
