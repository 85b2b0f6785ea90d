import type { KvBlocks } from './kv-blocks.ts';
import { KvLink } from './kv-link.ts';
import type { KvLinkPlan } from './plan.ts';
import { NOT_YET, type RequestTable } from './request-table.ts';
import type { InstanceIndex, Ns, RequestIndex } from './units.ts';

/** Requests that a prefill instance has handed over: they hold their blocks in it until their KV has been moved. */
export class OutgoingRequests {
  readonly link: KvLink;
  readonly #instance: InstanceIndex;
  readonly #requests: RequestTable;
  readonly #kv: KvBlocks;

  constructor(instance: InstanceIndex, link: KvLinkPlan, requests: RequestTable, kv: KvBlocks) {
    this.link = new KvLink(link, requests);
    this.#instance = instance;
    this.#requests = requests;
    this.#kv = kv;
  }

  add(request: RequestIndex, nowNs: Ns): void {
    const requests = this.#requests;
    requests.prefillInstance[request] = this.#instance;
    requests.prefillSharedBlocks[request] = requests.sharedBlocks[request]!;
    requests.handOverNs[request] = nowNs;
    requests.transferEndNs[request] = NOT_YET;
  }

  /** The KV of a request has been moved: its blocks here are free. */
  letGo(request: RequestIndex, nowNs: Ns): void {
    const { promptTokens, sharedBlocks, prefillSharedBlocks } = this.#requests;
    const sharedThere = sharedBlocks[request]!;
    sharedBlocks[request] = prefillSharedBlocks[request]!;
    this.#kv.letGo(request, promptTokens[request]!, nowNs);
    sharedBlocks[request] = sharedThere;
  }
}
