import type { Ns } from '../sim/units.ts';
import type { TraceProblem } from './trace-problem.ts';

/** A request that is sent so long after the answer before it. */
export interface FollowUp {
  readonly gapNs: Ns;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** So much of what came before is the beginning of its prompt; all of it, if left out. */
  readonly keptTokens?: number;
}

/** One line of a trace: a request, or the first of a session whose others wait for its answers. */
export interface TraceRow {
  /** Since the first row of the file; 0 in a file without times. */
  readonly atNs: Ns;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** The conversation it belongs to, as far as the file tells, or NO_SESSION. */
  readonly session: number;
  /** What its prompt shares with others: streams, and the token after the last of each. */
  readonly streams: readonly number[];
  readonly ends: readonly number[];
  /** Leading tokens that an earlier row began with, too. */
  readonly reusedTokens: number;
  readonly followUps: readonly FollowUp[];
}

export const NO_STREAMS: readonly number[] = [];
export const NO_FOLLOW_UPS: readonly FollowUp[] = [];

/** The rows of a trace in the order of the file. `next` is true for each; a malformed one has `problem` and no `row`. */
export interface TraceRows {
  readonly row: TraceRow | undefined;
  readonly problem: TraceProblem | undefined;
  /** Whether the row read last says when it arrived. */
  readonly hasTimes: boolean;
  /** Times are whole multiples of about this, so that many rows share one; 0 if they are exact. */
  readonly gridNs: Ns;
  next(): boolean;
}

/** Text of any kind as a whole number below 2⁴⁰, the same for the same text (FNV-1a in two halves). */
export function numberOfText(text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  let low = 0x811c9dc5;
  let high = 0x050c5d1f;
  for (let k = 0; k < text.length; k++) {
    low = Math.imul(low ^ text.charCodeAt(k), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(k), 0x01000197);
  }
  return ((high >>> 24) & 0xff) * 4_294_967_296 + (low >>> 0);
}
