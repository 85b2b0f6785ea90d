import { assert } from './assert.ts';
import { PendingArrivals } from './pending-arrivals.ts';
import type { ArrivalSink, RequestView, Workload } from './ports.ts';
import { NOT_YET, type RequestTable } from './request-table.ts';
import type { Ns, RequestIndex } from './units.ts';

/** All workloads of a run as one stream of arrivals. */
export class Demand {
  /** Requests that have arrived. */
  arrived = 0;
  readonly #sources: readonly Source[];
  readonly #pending = new PendingArrivals();
  readonly #requests: RequestTable;
  readonly #view: RequestView;

  constructor(workloads: readonly Workload[], horizonNs: Ns, requests: RequestTable, view: RequestView) {
    this.#requests = requests;
    this.#view = view;
    this.#sources = workloads.map((workload, index) => new Source(index, workload, horizonNs, requests, this.#pending));
  }

  /** Requests that are known to come. */
  get pending(): number {
    return this.#pending.size;
  }

  /** When the next one arrives; Infinity when none is known. */
  get nextNs(): Ns {
    return this.#pending.timeNs;
  }

  start(): void {
    for (const source of this.#sources) source.pull();
  }

  /** The next request arrives. */
  next(): RequestIndex {
    const nowNs = this.#pending.timeNs;
    const request = this.#pending.pop();
    this.#requests.id[request] = this.arrived++;
    const source = this.#sources[this.#requests.workload[request]!]!;
    source.nowNs = nowNs;
    if (source.pulled === request) source.pull();
    return request;
  }

  /** Tell the request's workload that it has left; answers whether the workload follows its requests at all. */
  finished(request: RequestIndex, finishNs: Ns): boolean {
    const source = this.#sources[this.#requests.workload[request]!]!;
    if (source.workload.onFinish === undefined) return false;
    source.nowNs = finishNs;
    source.workload.onFinish(request, this.#view, finishNs, source);
    return true;
  }
}

/** One workload, and the sink it pushes into. */
class Source implements ArrivalSink {
  nowNs: Ns = 0;
  /** The request pushed by the latest pull: when it arrives, the workload is pulled again. */
  pulled: RequestIndex = -1;
  readonly workload: Workload;
  readonly #index: number;
  readonly #horizonNs: Ns;
  readonly #requests: RequestTable;
  readonly #pending: PendingArrivals;
  #latest: RequestIndex = -1;

  constructor(index: number, workload: Workload, horizonNs: Ns, requests: RequestTable, pending: PendingArrivals) {
    this.#index = index;
    this.workload = workload;
    this.#horizonNs = horizonNs;
    this.#requests = requests;
    this.#pending = pending;
  }

  pull(): void {
    this.#latest = -1;
    this.pulled = this.workload.pull(this) ? this.#latest : -1;
  }

  push(arrivalNs: Ns, promptTokens: number, outputTokens: number, reasoningTokens: number, session: number): void {
    assert(arrivalNs >= this.nowNs, 'a workload pushed an arrival into the past');
    assert(promptTokens >= 1 && outputTokens >= 1, 'a request needs at least one prompt and one output token');
    if (arrivalNs >= this.#horizonNs) return;
    const requests = this.#requests;
    const request = requests.take();
    requests.session[request] = session;
    requests.workload[request] = this.#index;
    requests.promptTokens[request] = promptTokens;
    requests.cachedTokens[request] = 0;
    requests.outputTokens[request] = outputTokens;
    requests.reasoningTokens[request] = reasoningTokens;
    requests.arrivalNs[request] = arrivalNs;
    requests.scheduledNs[request] = NOT_YET;
    requests.firstTokenNs[request] = NOT_YET;
    requests.preemptions[request] = 0;
    requests.generated[request] = 0;
    this.#latest = request;
    this.#pending.push(arrivalNs, request);
  }
}
