import { streamSeed } from '../sim/distributions.ts';
import type { ArrivalSink, RequestView, Workload } from '../sim/ports.ts';
import type { Ns, RequestIndex } from '../sim/units.ts';
import { agenticDemand, S_PER_HOUR } from './agentic-demand.ts';
import { agenticOptions, type AgenticOptions } from './agentic-options.ts';
import { AgenticSessions, type AgenticSession } from './agentic-sessions.ts';
import { RenewalArrivals } from './arrivals.ts';
import type { WorkloadContext, WorkloadModule } from './workload-module.ts';

export const agentic: WorkloadModule<AgenticOptions> = {
  name: 'agentic',
  summary: 'sessions of coding agents: closed loops whose context grows, compacts and is sent whole at every step',
  options: agenticOptions,
  readsTrace: false,
  create: (options, context) => new Agentic(options, context),
  demand: agenticDemand,
};

class Agentic implements Workload {
  readonly #horizonNs: Ns;
  readonly #reasoningShare: number;
  readonly #reuseOutput: boolean;
  readonly #starts: RenewalArrivals;
  readonly #sessions: AgenticSessions;
  readonly #live = new Map<number, AgenticSession>();
  #count = 0;

  constructor(options: AgenticOptions, { name, horizonNs, streams }: WorkloadContext) {
    this.#horizonNs = horizonNs;
    this.#reasoningShare = options.reasoningShare;
    this.#reuseOutput = options.reuseOutput;
    const requestsPerS = options.sessionsPerHour / S_PER_HOUR;
    this.#starts = new RenewalArrivals({ requestsPerS, burstiness: 1 }, streams.stream(`workload/${name}/arrivals`));
    const seed = streamSeed(streams.stream(`workload/${name}/sessions`));
    const prefixSeed = streamSeed(streams.stream(`workload/${name}/prefixes`));
    this.#sessions = new AgenticSessions(options, seed, prefixSeed);
  }

  pull(sink: ArrivalSink): boolean {
    const startNs = this.#starts.nextNs();
    if (startNs >= this.#horizonNs) return false;
    const session = this.#sessions.begin(this.#count++);
    if (session.requests > 1) this.#live.set(session.session, session);
    this.#send(session, startNs, sink);
    return true;
  }

  onFinish(request: RequestIndex, requests: RequestView, nowNs: Ns, sink: ArrivalSink): void {
    const session = this.#live.get(requests.session(request));
    if (session === undefined) return;
    this.#sessions.proceed(session);
    const arrivalNs = nowNs + session.gapNs;
    if (arrivalNs >= this.#horizonNs || session.steps === session.requests) this.#live.delete(session.session);
    if (arrivalNs < this.#horizonNs) this.#send(session, arrivalNs, sink);
  }

  #send({ session, prompt, promptTokens, outputTokens }: AgenticSession, arrivalNs: Ns, sink: ArrivalSink): void {
    // Output continues the last stream only where the segments cover the whole prompt.
    prompt.share(sink, this.#reuseOutput ? promptTokens : promptTokens - 1);
    const reasoningTokens = Math.min(Math.round(outputTokens * this.#reasoningShare), outputTokens - 1);
    sink.push(arrivalNs, promptTokens, outputTokens, reasoningTokens, session);
  }
}
