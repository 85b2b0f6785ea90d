import type { KvLinkPlan } from './plan.ts';
import { RequestList } from './request-lists.ts';
import type { RequestTable } from './request-table.ts';
import type { Ns, RequestIndex } from './units.ts';

/**
 * The outgoing link of one prefill instance. It carries the KV of one request at a time, in the order in which the
 * transfers were requested, so when a transfer ends is known as soon as it is requested.
 */
export class KvLink {
  readonly #plan: KvLinkPlan;
  readonly #requests: RequestTable;
  /** In the order in which they end: the latency is the same for all. */
  readonly #transfers: RequestList;
  /** When the last byte of them all has been sent. */
  #freeNs: Ns = 0;

  constructor(plan: KvLinkPlan, requests: RequestTable) {
    this.#plan = plan;
    this.#requests = requests;
    this.#transfers = new RequestList(requests);
  }

  /** When its next transfer ends; Infinity when there is none. */
  get nextNs(): Ns {
    const transfers = this.#transfers;
    return transfers.size === 0 ? Infinity : this.#requests.transferEndNs[transfers.head]!;
  }

  /** Move the tokens of a request that its decode instance has not. */
  request(request: RequestIndex, nowNs: Ns): void {
    const { gbPerS, latencyNs, kvBytesPerToken } = this.#plan;
    const bytes = this.#requests.transferTokens[request]! * kvBytesPerToken;
    this.#freeNs = Math.max(nowNs, this.#freeNs) + Math.max(1, Math.ceil(bytes / gbPerS));
    this.#requests.transferEndNs[request] = this.#freeNs + latencyNs;
    this.#transfers.append(request);
  }

  /** The next transfer is over; answers whose it was. */
  end(): RequestIndex {
    const request = this.#transfers.head;
    this.#transfers.remove(request);
    return request;
  }
}
