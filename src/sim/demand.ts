import { assert } from './assert.ts';
import {
  ARRIVAL_NS,
  DEADLINE_NS,
  OUTPUT_TOKENS,
  PATH,
  PendingRequests,
  PROMPT_TOKENS,
  REASONING_TOKENS,
  SESSION,
  WORKLOAD,
} from './pending-requests.ts';
import { type PromptPaths, UNENDING } from './prompt-paths.ts';
import type { ArrivalSink, ContextSink, RequestView, Workload } from './ports.ts';
import { NONE, NOT_YET, type RequestTable } from './request-table.ts';
import { NO_INSTANCE, type Ns, type RequestIndex } from './units.ts';

/** A prompt that was computed before the run: a row that never arrives. */
export interface WarmContext {
  readonly request: RequestIndex;
  readonly usedNs: Ns;
}

/** All workloads of a run as one stream of arrivals. */
export class Demand {
  /** Requests that have arrived. */
  arrived = 0;
  readonly #sources: readonly Source[];
  readonly #pending = new PendingRequests();
  readonly #requests: RequestTable;
  readonly #paths: PromptPaths;
  readonly #view: RequestView;

  constructor(
    workloads: readonly Workload[],
    horizonNs: Ns,
    requests: RequestTable,
    paths: PromptPaths,
    view: RequestView,
  ) {
    this.#requests = requests;
    this.#paths = paths;
    this.#view = view;
    const streams = workloads.length;
    this.#sources = workloads.map(
      (workload, index) => new Source(index, streams, workload, horizonNs, requests, paths, this.#pending),
    );
  }

  /** Requests that are known to come. */
  get pending(): number {
    return this.#pending.size;
  }

  /** When the next one arrives; Infinity when none is known. */
  get nextNs(): Ns {
    return this.#pending.timeNs;
  }

  /** What sessions had computed before the run, by last use; of equal ones in the order in which they were named. */
  warmContexts(): readonly WarmContext[] {
    return this.#sources.flatMap((source) => source.warmContexts()).sort((one, other) => one.usedNs - other.usedNs);
  }

  /** It has been looked at. */
  forget({ request }: WarmContext): void {
    this.#paths.release(this.#requests.path[request]!);
    this.#requests.release(request);
  }

  start(): void {
    for (const source of this.#sources) source.pull();
  }

  /** The next request arrives. */
  next(): RequestIndex {
    const pending = this.#pending;
    const nowNs = pending.timeNs;
    const known = pending.pop();
    const source = this.#sources[pending.rows[known + WORKLOAD]!]!;
    const request = source.enter(known);
    this.#requests.id[request] = this.arrived++;
    pending.release(known);
    source.nowNs = nowNs;
    if (source.pulled === known) source.pull();
    return request;
  }

  /** Tell the request's workload that it has left. */
  finished(request: RequestIndex, finishNs: Ns): void {
    const source = this.#sources[this.#requests.workload[request]!]!;
    if (source.workload.onFinish === undefined) return;
    source.nowNs = finishNs;
    source.workload.onFinish(request, this.#view, finishNs, source);
  }
}

/** One workload, and the sink it pushes into. */
class Source implements ArrivalSink, ContextSink {
  nowNs: Ns = 0;
  /** The pending request pushed by the latest pull: when it arrives, the workload is pulled again. */
  pulled = -1;
  readonly workload: Workload;
  readonly #index: number;
  /** Workloads number their streams themselves; spread out by this they do not meet. */
  readonly #streamStride: number;
  readonly #horizonNs: Ns;
  readonly #requests: RequestTable;
  readonly #paths: PromptPaths;
  readonly #pending: PendingRequests;
  /** The path that `share` has described for the next request. */
  #firstSegment = NONE;
  #lastSegment = NONE;
  /** Of the next request. */
  #deadlineNs: Ns = Infinity;
  #latest = -1;
  #isPulled = false;
  readonly #contexts: WarmContext[] = [];

  constructor(
    index: number,
    streamStride: number,
    workload: Workload,
    horizonNs: Ns,
    requests: RequestTable,
    paths: PromptPaths,
    pending: PendingRequests,
  ) {
    this.#index = index;
    this.#streamStride = streamStride;
    this.#paths = paths;
    this.workload = workload;
    this.#horizonNs = horizonNs;
    this.#requests = requests;
    this.#pending = pending;
  }

  warmContexts(): readonly WarmContext[] {
    this.workload.warm?.(this);
    return this.#contexts;
  }

  context(usedNs: Ns, tokens: number, session: number): void {
    assert(usedNs <= 0 && tokens >= 1, 'a context of the past was used before the run and has at least one token');
    const requests = this.#requests;
    const request = this.#begin();
    requests.session[request] = session;
    requests.promptTokens[request] = tokens;
    requests.outputTokens[request] = 1;
    requests.reasoningTokens[request] = 0;
    requests.arrivalNs[request] = 0;
    requests.deadlineNs[request] = Infinity;
    requests.path[request] = this.#takePath(tokens);
    this.#contexts.push({ request, usedNs });
  }

  pull(): void {
    this.#latest = -1;
    this.#isPulled = true;
    this.pulled = this.workload.pull(this) ? this.#latest : -1;
    this.#isPulled = false;
  }

  share(stream: number, tokens: number): void {
    assert(stream >= 0 && tokens >= 1, 'a segment of a prompt needs a stream and at least one token');
    const paths = this.#paths;
    const last = this.#lastSegment;
    const start = last === NONE ? 0 : paths.endToken[last]!;
    this.#lastSegment = paths.append(last, stream * this.#streamStride + this.#index, start + tokens);
    if (last === NONE) this.#firstSegment = this.#lastSegment;
  }

  due(deadlineNs: Ns): void {
    this.#deadlineNs = deadlineNs;
  }

  push(arrivalNs: Ns, promptTokens: number, outputTokens: number, reasoningTokens: number, session: number): void {
    assert(arrivalNs >= this.nowNs, 'a workload pushed an arrival into the past');
    assert(promptTokens >= 1 && outputTokens >= 1, 'a request needs at least one prompt and one output token');
    const path = this.#takePath(promptTokens);
    const deadlineNs = this.#deadlineNs;
    this.#deadlineNs = Infinity;
    if (arrivalNs >= this.#horizonNs) {
      this.#paths.release(path);
      return;
    }
    const known = this.#pending.push(arrivalNs, this.#isPulled);
    const { rows } = this.#pending;
    rows[known + SESSION] = session;
    rows[known + WORKLOAD] = this.#index;
    rows[known + PROMPT_TOKENS] = promptTokens;
    rows[known + OUTPUT_TOKENS] = outputTokens;
    rows[known + REASONING_TOKENS] = reasoningTokens;
    rows[known + DEADLINE_NS] = deadlineNs;
    rows[known + PATH] = path;
    this.#latest = known;
  }

  /** A pending request of this workload arrives; answers its row in the table of requests. */
  enter(known: number): RequestIndex {
    const { rows } = this.#pending;
    const requests = this.#requests;
    const request = this.#begin();
    // From row to column each by itself: handed over together they would be boxed.
    requests.session[request] = rows[known + SESSION]!;
    requests.promptTokens[request] = rows[known + PROMPT_TOKENS]!;
    requests.outputTokens[request] = rows[known + OUTPUT_TOKENS]!;
    requests.reasoningTokens[request] = rows[known + REASONING_TOKENS]!;
    requests.arrivalNs[request] = rows[known + ARRIVAL_NS]!;
    requests.deadlineNs[request] = rows[known + DEADLINE_NS]!;
    requests.path[request] = rows[known + PATH]!;
    return request;
  }

  /** A row with everything that no request has at its beginning. */
  #begin(): RequestIndex {
    const requests = this.#requests;
    const request = requests.take();
    requests.workload[request] = this.#index;
    requests.cachedTokens[request] = 0;
    requests.loadedTokens[request] = 0;
    requests.scheduledNs[request] = NOT_YET;
    requests.firstTokenNs[request] = NOT_YET;
    requests.preemptions[request] = 0;
    requests.generated[request] = 0;
    requests.prefillInstance[request] = NO_INSTANCE;
    return request;
  }

  #takePath(promptTokens: number): number {
    const path = this.#firstSegment;
    const last = this.#lastSegment;
    if (last === NONE) return NONE;
    const end = this.#paths.endToken[last]!;
    assert(end <= promptTokens, 'the segments of a prompt are longer than the prompt');
    if (end === promptTokens) this.#paths.endToken[last] = UNENDING;
    this.#firstSegment = NONE;
    this.#lastSegment = NONE;
    return path;
  }
}
