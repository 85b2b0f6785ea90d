import { z } from 'zod';
import type { ArrivalSink, Workload } from '../sim/ports.ts';
import { NS_PER_S, type Ns } from '../sim/units.ts';
import type { TraceSummary } from './trace-summary.ts';
import type { TraceProblem } from './trace-problem.ts';
import type { Demand } from './workload-module.ts';

/** The field of every workload that replays arrivals at the times of its file. */
export const rateScaleField = z
  .number()
  .positive()
  .max(1_000_000)
  .default(1)
  .describe('arrivals come this many times as fast as in the file, dimensionless');

/** A trace is checked before the run. If it is malformed now, it has changed since. */
export function malformedTrace(workload: string, { line, column, message }: TraceProblem): Error {
  return new Error(`workload ${workload}: trace line ${line}, column ${column}: ${message}`);
}

export function missingTrace(workload: string, kind: string): Error {
  return new Error(`workload ${workload}: ${kind} needs a trace`);
}

export function missingSummary(kind: string): Error {
  return new Error(`the demand of ${kind} needs the summary of its trace`);
}

/** The demand of a trace replayed at its own times. */
export function replayDemand(kind: string, rateScale: number, trace: TraceSummary | undefined): Demand {
  if (trace === undefined) throw missingSummary(kind);
  const gaps = Math.max(trace.rows - 1, 0);
  return {
    requestsPerS: trace.spanNs === 0 ? 0 : (gaps / trace.spanNs) * NS_PER_S * rateScale,
    meanPromptTokens: trace.meanPromptTokens,
    meanOutputTokens: trace.meanOutputTokens,
    meanReusedTokens: trace.meanReusedTokens,
    meanSessionS: 0,
  };
}

/** A reader of a file with one request in a row. */
interface Rows {
  readonly arrivalNs: Ns;
  readonly problem: TraceProblem | undefined;
  next(): boolean;
}

/** Requests at the times of their rows, as far as the horizon; `push` says what is in the present row. */
export function replayed(
  rows: Rows,
  { name, horizonNs, rateScale }: { readonly name: string; readonly horizonNs: Ns; readonly rateScale: number },
  push: (sink: ArrivalSink, arrivalNs: Ns) => void,
): Workload {
  let ended = false;
  return {
    pull(sink) {
      ended ||= !rows.next();
      if (ended) return false;
      if (rows.problem !== undefined) throw malformedTrace(name, rows.problem);
      const arrivalNs = Math.floor(rows.arrivalNs / rateScale);
      ended = arrivalNs >= horizonNs;
      if (!ended) push(sink, arrivalNs);
      return !ended;
    },
  };
}
