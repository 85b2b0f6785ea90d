import { streamSeed } from '../sim/distributions.ts';
import type { ArrivalSink, RequestView, Workload } from '../sim/ports.ts';
import { NO_SESSION, type Ns, type RequestIndex } from '../sim/units.ts';
import { DueTimes, meanDurationS, requestsOf } from './load-test-arrivals.ts';
import { tokenSampler, type TokenSampler } from './load-test-lengths.ts';
import { loadTestOptions, type LoadTestOptions, type PromptSet } from './load-test-options.ts';
import { sharePrompt } from './load-test-prompts.ts';
import type { Demand, WorkloadContext, WorkloadModule } from './workload-module.ts';

const PROMPT_DRAW = 0;
const OUTPUT_DRAW = 1;

/**
 * A benchmark client. Request k leaves when it is due and k − concurrency others have finished, in this order: an open
 * loop has no limit, in a closed loop everything is due at once.
 */
class LoadTest implements Workload {
  readonly #horizonNs: Ns;
  readonly #due: DueTimes;
  readonly #seed: number;
  readonly #promptLength: TokenSampler;
  readonly #outputLength: TokenSampler;
  readonly #prompts: PromptSet | undefined;
  readonly #concurrency: number;
  #sent = 0;
  #finished = 0;
  /** While places are free the engine pulls; after that every departure sends the next. */
  #pulling = true;

  constructor(options: LoadTestOptions, { name, horizonNs, streams }: WorkloadContext) {
    this.#horizonNs = horizonNs;
    this.#due = new DueTimes(options.stages, streamSeed(streams.stream(`workload/${name}/arrivals`)));
    this.#seed = streamSeed(streams.stream(`workload/${name}/lengths`));
    this.#promptLength = tokenSampler(options.promptTokens);
    this.#outputLength = tokenSampler(options.outputTokens);
    this.#prompts = options.prompts;
    this.#concurrency = options.concurrency ?? Infinity;
  }

  pull(sink: ArrivalSink): boolean {
    this.#pulling &&= this.#sent < this.#concurrency + this.#finished && this.#send(0, sink);
    return this.#pulling;
  }

  onFinish(_request: RequestIndex, _requests: RequestView, nowNs: Ns, sink: ArrivalSink): void {
    this.#finished++;
    if (!this.#pulling) this.#send(nowNs, sink);
  }

  #send(earliestNs: Ns, sink: ArrivalSink): boolean {
    const arrivalNs = Math.max(this.#due.nextNs(), earliestNs);
    if (arrivalNs >= this.#horizonNs) return false;
    const request = this.#sent++;
    const prompt = this.#prompts === undefined ? request : request % this.#prompts.distinct;
    const promptTokens = this.#promptLength.draw(this.#seed, prompt, PROMPT_DRAW);
    const outputTokens = this.#outputLength.draw(this.#seed, request, OUTPUT_DRAW);
    if (this.#prompts !== undefined) sharePrompt(sink, this.#prompts, prompt, promptTokens);
    sink.push(arrivalNs, promptTokens, outputTokens, 0, NO_SESSION);
    return true;
  }
}

export const loadTest: WorkloadModule<LoadTestOptions> = {
  name: 'load-test',
  summary: 'what a benchmark client sends: rates in stages, a number of users, or both',
  options: loadTestOptions,
  readsTrace: false,
  create: (options, context) => {
    const client = new LoadTest(options, context);
    // Who does not listen to departures is not told of them, which is faster.
    return options.concurrency === undefined ? { pull: (sink) => client.pull(sink) } : client;
  },
  demand: loadTestDemand,
};

/** The rate is 0, for unknown, where it depends on how soon requests are answered. */
function loadTestDemand({ stages, concurrency, promptTokens, outputTokens, prompts }: LoadTestOptions): Demand {
  const requests = stages.reduce((sum, stage) => sum + requestsOf(stage), 0);
  const durationS = stages.reduce((sum, stage) => sum + meanDurationS(stage), 0);
  const isOpen = stages.every(({ requestsPerS }) => requestsPerS !== undefined);
  const lengths = tokenSampler(promptTokens);
  return {
    requestsPerS: isOpen ? requests / durationS : 0,
    meanPromptTokens: lengths.mean(),
    meanOutputTokens: tokenSampler(outputTokens).mean(),
    meanReusedTokens: prompts === undefined ? 0 : meanReusedTokens(prompts, lengths, requests),
    meanSessionS: 0,
    load: concurrency !== undefined ? 'closed' : isOpen ? 'open' : 'queued',
  };
}

/** The first time round a prompt finds the beginning of its group, unless it is the first of it; later all but its last token. */
function meanReusedTokens(
  { distinct, groups, groupPrefixTokens }: PromptSet,
  lengths: TokenSampler,
  all: number,
): number {
  const firstTime = Math.min(distinct, all);
  const begunBefore = firstTime - Math.min(groups, firstTime);
  const beginning = lengths.mean((tokens) => Math.min(groupPrefixTokens, tokens - 1));
  const again = lengths.mean((tokens) => tokens - 1);
  return (begunBefore * beginning + (all - firstTime) * again) / all;
}
