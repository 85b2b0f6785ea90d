import { z } from 'zod';
import type { ArrivalSink, ByteSource, RequestView, Workload } from '../sim/ports.ts';
import { NS_PER_S, type Ns, type RequestIndex } from '../sim/units.ts';
import { poissonArrivals, type Arrivals } from './arrivals.ts';
import { malformedTrace, missingSummary, missingTrace } from './replay.ts';
import { SessionReader, type RecordedSession } from './session-reader.ts';
import { TraceSummer, type TraceSummary } from './trace-summary.ts';
import type { WorkloadContext, WorkloadModule } from './workload-module.ts';

const S_PER_HOUR = 3_600;

const options = z
  .strictObject({
    sessionsPerHour: z
      .number()
      .positive()
      .max(1e9)
      .describe('mean rate at which the sessions of the file begin, one after the other (Poisson), 1/h'),
    gapScale: z
      .number()
      .min(0)
      .max(1_000)
      .default(1)
      .describe('pauses between requests are this many times as long as recorded, dimensionless'),
  })
  .meta({ examples: [{ sessionsPerHour: 40 }, { sessionsPerHour: 40, gapScale: 0.1 }] });
type Options = z.infer<typeof options>;

export const sessionTrace: WorkloadModule<Options> = {
  name: 'session-trace',
  summary: 'recorded sessions of a coding agent (JSON Lines), each a closed loop with its own pauses and prefixes',
  options,
  readsTrace: true,
  scanTrace,

  create(options, context) {
    if (context.trace === undefined) throw missingTrace(context.name, sessionTrace.name);
    return new SessionReplay(options, context, context.trace);
  },

  demand({ sessionsPerHour, gapScale }, trace) {
    if (trace === undefined) throw missingSummary(sessionTrace.name);
    return {
      requestsPerS: (sessionsPerHour / S_PER_HOUR) * (trace.rows / Math.max(trace.sessions, 1)),
      meanPromptTokens: trace.meanPromptTokens,
      meanOutputTokens: trace.meanOutputTokens,
      meanReusedTokens: trace.meanReusedTokens,
      meanSessionS: trace.meanSessionS * gapScale,
    };
  },
};

/** One agent of a recorded session, waiting for its request. */
interface Agent {
  readonly session: RecordedSession;
  /** The number of the session's main agent; the others follow. */
  readonly firstNumber: number;
  row: number;
}

class SessionReplay implements Workload {
  readonly #name: string;
  readonly #gapScale: number;
  readonly #horizonNs: Ns;
  readonly #starts: Arrivals;
  readonly #reader: SessionReader;
  /** By the session number of their requests. */
  readonly #live = new Map<number, Agent>();
  #nextNumber = 0;
  #ended = false;

  constructor(
    { sessionsPerHour, gapScale }: Options,
    { name, horizonNs, streams }: WorkloadContext,
    trace: ByteSource,
  ) {
    this.#name = name;
    this.#gapScale = gapScale;
    this.#horizonNs = horizonNs;
    this.#starts = poissonArrivals(sessionsPerHour / S_PER_HOUR, streams.stream(`workload/${name}/arrivals`));
    this.#reader = new SessionReader(trace);
  }

  pull(sink: ArrivalSink): boolean {
    if (this.#ended) return false;
    const startNs = this.#starts.nextNs();
    this.#ended = startNs >= this.#horizonNs || !this.#reader.next();
    if (this.#ended) return false;
    const { session, problem } = this.#reader;
    if (problem !== undefined) throw malformedTrace(this.#name, problem);
    if (session === undefined) throw new Error('a session is neither good nor malformed');
    this.#send({ session, firstNumber: this.#nextNumber, row: 0 }, startNs, sink);
    this.#nextNumber += session.agents;
    return true;
  }

  onFinish(request: RequestIndex, requests: RequestView, nowNs: Ns, sink: ArrivalSink): void {
    const number = requests.session(request);
    const agent = this.#live.get(number);
    if (agent === undefined) return;
    this.#live.delete(number);
    const { session, firstNumber } = agent;
    for (const row of session.rows[agent.row]!.followers) {
      const arrivalNs = nowNs + Math.round(session.rows[row]!.gapNs * this.#gapScale);
      if (arrivalNs < this.#horizonNs) this.#send({ session, firstNumber, row }, arrivalNs, sink);
    }
  }

  #send(agent: Agent, arrivalNs: Ns, sink: ArrivalSink): void {
    const row = agent.session.rows[agent.row]!;
    const { streams, ends, promptTokens, outputTokens } = row;
    const number = agent.firstNumber + row.agent;
    if (row.followers.length > 0) this.#live.set(number, agent);
    // The answer is not the content of the block that comes next, so the segments do not cover the whole prompt.
    for (let k = 0; k < streams.length; k++) {
      sink.share(streams[k]!, Math.min(ends[k]!, promptTokens - 1) - (k === 0 ? 0 : ends[k - 1]!));
    }
    sink.push(arrivalNs, promptTokens, outputTokens, 0, number);
  }
}

/** Read the sessions to their end, before anything is simulated. */
function scanTrace(source: ByteSource): TraceSummary {
  const reader = new SessionReader(source);
  const sums = new TraceSummer();
  let sessions = 0;
  let longestNs = 0;
  let totalNs = 0;
  while (reader.next()) {
    const { session, problem } = reader;
    if (problem !== undefined) sums.problem(problem);
    if (session === undefined) continue;
    sessions++;
    totalNs += session.spanNs;
    longestNs = Math.max(longestNs, session.spanNs);
    for (const row of session.rows) sums.row(row.promptTokens, row.outputTokens, row.reusedTokens);
  }
  return sums.summary(longestNs, sessions, totalNs / NS_PER_S / Math.max(sessions, 1));
}
