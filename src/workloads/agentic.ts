import { streamSeed } from '../sim/distributions.ts';
import type { ArrivalSink, ContextSink, RequestView, Workload } from '../sim/ports.ts';
import { NS_PER_S, type Ns, type RequestIndex } from '../sim/units.ts';
import { agenticDemand, agenticSessionsPerS } from './agentic-demand.ts';
import { agenticOptions, type AgenticOptions } from './agentic-options.ts';
import { AgenticSessions, reasoningTokensOf, type AgenticSession } from './agentic-sessions.ts';
import { arrivalsOf } from './arrivals.ts';
import { SecondsSampler } from './seconds.ts';
import { inProgressAtStart, reachNs, Starts, type InProgress } from './steady-start.ts';
import type { WorkloadContext, WorkloadModule } from './workload-module.ts';

export const agentic: WorkloadModule<AgenticOptions> = {
  name: 'agentic',
  summary: 'sessions of coding agents: closed loops whose context grows, compacts and is sent whole at every step',
  options: agenticOptions,
  readsTrace: false,
  create: (options, context) => new Agentic(options, context),
  demand: agenticDemand,
};

/** How long answers took before the start: the mean of 49,334 requests of Claude Code (kv-cache-tester; Apache-2.0). */
const PAST_ANSWER_NS = 9.75 * NS_PER_S;

/** A session, or a subagent of one, that waits for the end of a request. */
interface Agent {
  readonly session: AgenticSession;
  /** Of a subagent: who waits for it. */
  readonly parent: Agent | undefined;
  /** Subagents that have not finished. */
  awaited: number;
}

class Agentic implements Workload {
  readonly #options: AgenticOptions;
  readonly #horizonNs: Ns;
  readonly #starts: Starts;
  readonly #sessions: AgenticSessions;
  readonly #patience: SecondsSampler | undefined;
  /** By the number of their session; only those that have something to do when their request ends. */
  readonly #live = new Map<number, Agent>();
  readonly #patienceSeed: number;
  /** Sessions from before the run, as far as they had come, by their numbers. */
  readonly #warmed = new Map<number, AgenticSession>();
  #count = 0;

  constructor(options: AgenticOptions, context: WorkloadContext) {
    const { name, horizonNs, streams } = context;
    this.#options = options;
    this.#horizonNs = horizonNs;
    const seed = streamSeed(streams.stream(`workload/${name}/sessions`));
    const prefixSeed = streamSeed(streams.stream(`workload/${name}/prefixes`));
    this.#sessions = new AgenticSessions(options, seed, prefixSeed);
    this.#patience = options.patienceS === undefined ? undefined : new SecondsSampler(options.patienceS);
    this.#patienceSeed = streamSeed(streams.stream(`workload/${name}/patience`));
    const perS = agenticSessionsPerS(options);
    const arrivals = arrivalsOf(options.arrivals, perS, context, `workload/${name}/arrivals`);
    this.#starts = new Starts(this.#inProgress(perS, context), arrivals);
  }

  /** What a session in progress has sent and received last. */
  warm(sink: ContextSink): void {
    for (const { session: id, request, beforeNs } of this.#starts.inProgress) {
      const session = this.#sessions.begin(id);
      for (let step = 1; step < request; step++) this.#sessions.proceed(session);
      this.#warmed.set(id, session);
      const { promptTokens, outputTokens } = session;
      const isReused = this.#reusesOutput(reasoningTokensOf(outputTokens, this.#options.reasoningShare));
      const tokens = isReused ? promptTokens + outputTokens - 1 : promptTokens;
      session.prompt.share(sink, isReused ? tokens : tokens - 1);
      sink.context(Math.min(0, beforeNs + PAST_ANSWER_NS), tokens, id);
    }
  }

  pull(sink: ArrivalSink): boolean {
    const startNs = this.#starts.nextNs();
    if (startNs >= this.#horizonNs) return false;
    const { goingOn } = this.#starts;
    const session = goingOn === undefined ? this.#sessions.begin(this.#count++) : this.#asOf(goingOn);
    this.#send({ session, parent: undefined, awaited: 0 }, startNs, sink);
    return true;
  }

  onFinish(request: RequestIndex, requests: RequestView, nowNs: Ns, sink: ArrivalSink): void {
    const agent = this.#live.get(requests.session(request));
    if (agent === undefined) return;
    const { session, parent } = agent;
    const givesUp = parent === undefined && this.#isAbandoned(session, nowNs - requests.arrivalNs(request));
    if (givesUp) this.#live.delete(session.session);
    else if (session.steps === session.requests) this.#report(agent, nowNs, sink);
    else if (session.steps === session.subagentsAfter && agent.awaited === 0) this.#startSubagents(agent, nowNs, sink);
    else this.#goOn(agent, nowNs, sink);
  }

  #goOn(agent: Agent, nowNs: Ns, sink: ArrivalSink): void {
    const { session } = agent;
    this.#sessions.proceed(session);
    this.#send(agent, nowNs + session.gapNs, sink);
  }

  #startSubagents(parent: Agent, nowNs: Ns, sink: ArrivalSink): void {
    parent.awaited = this.#options.subagents.count;
    for (let k = 1; k <= this.#options.subagents.count; k++) {
      const session = this.#sessions.beginSubagent(parent.session, k);
      this.#send({ session, parent, awaited: 0 }, nowNs + session.gapNs, sink);
    }
  }

  /** A subagent has finished; after the last its session goes on. */
  #report({ session, parent }: Agent, nowNs: Ns, sink: ArrivalSink): void {
    this.#live.delete(session.session);
    if (parent !== undefined && --parent.awaited === 0) this.#goOn(parent, nowNs, sink);
  }

  #send(agent: Agent, arrivalNs: Ns, sink: ArrivalSink): void {
    const { session, parent } = agent;
    const isOver = parent === undefined && session.steps === session.requests;
    if (isOver || arrivalNs >= this.#horizonNs) this.#live.delete(session.session);
    else this.#live.set(session.session, agent);
    if (arrivalNs >= this.#horizonNs) return;
    const reasoningTokens = reasoningTokensOf(session.outputTokens, this.#options.reasoningShare);
    // Output continues the last stream only where the segments cover the whole prompt.
    const isReused = this.#reusesOutput(reasoningTokens);
    session.prompt.share(sink, isReused ? session.promptTokens : session.promptTokens - 1);
    sink.push(arrivalNs, session.promptTokens, session.outputTokens, reasoningTokens, session.session);
  }

  #reusesOutput(reasoningTokens: number): boolean {
    const { reuseOutput, historyKeepsReasoning } = this.#options;
    return reuseOutput && (historyKeepsReasoning || reasoningTokens === 0);
  }

  #asOf({ session: id, request }: InProgress): AgenticSession {
    const session = this.#warmed.get(id) ?? this.#sessions.begin(id);
    this.#warmed.delete(id);
    while (session.steps <= request) this.#sessions.proceed(session);
    return session;
  }

  #isAbandoned({ session, steps }: AgenticSession, answerNs: Ns): boolean {
    if (this.#patience === undefined) return false;
    return answerNs > this.#patience.drawNs(this.#patienceSeed, session, steps);
  }

  #inProgress(perS: number, context: WorkloadContext): InProgress[] {
    if (context.startState !== 'steady') return [];
    const { meanSessionS } = agenticDemand(this.#options);
    const untilStart = { ...context, horizonNs: 0 };
    const streamName = `workload/${context.name}/past`;
    const past = arrivalsOf(this.#options.arrivals, perS, untilStart, streamName, -reachNs(meanSessionS));
    return inProgressAtStart(past, this.#sessions.times.clock(PAST_ANSWER_NS));
  }
}
