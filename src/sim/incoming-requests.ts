import type { DecodingSet } from './decoding-set.ts';
import type { KvBlocks } from './kv-blocks.ts';
import { RequestList } from './request-lists.ts';
import { NOT_YET, type RequestTable } from './request-table.ts';
import type { RequestIndex } from './units.ts';

/**
 * Requests on their way from prefill instances into the batch of a decode instance: first they wait in its queue, then,
 * with all blocks they need to start, for their KV, then for a place.
 */
export class IncomingRequests {
  /** Those whose KV has come, in that order. */
  readonly arrived: RequestList;
  readonly #requests: RequestTable;
  readonly #kv: KvBlocks;
  #inTransfer = 0;

  constructor(requests: RequestTable, kv: KvBlocks) {
    this.arrived = new RequestList(requests);
    this.#requests = requests;
    this.#kv = kv;
  }

  /** How many have blocks here and are not yet in the batch. */
  get size(): number {
    return this.#inTransfer + this.arrived.size;
  }

  /** Whether a waiting request still has its KV elsewhere: one that was preempted here has not. */
  includes(request: RequestIndex): boolean {
    return this.#requests.transferEndNs[request] === NOT_YET;
  }

  /** Take the blocks for its prompt and its next token, leaving `watermarkBlocks` free; answers whether they are there. */
  admit(request: RequestIndex, watermarkBlocks: number): boolean {
    const kv = this.#kv;
    const promptTokens = this.#requests.promptTokens[request]!;
    const target = promptTokens + 1;
    kv.match(request, target);
    if (kv.blocksFor(target) - kv.hitBlocks > kv.free - kv.freeHitBlocks - watermarkBlocks) return false;
    kv.admitTransfer(request, target);
    this.#requests.transferTokens[request] = promptTokens - kv.hitBlocks * kv.blockTokens;
    this.#inTransfer++;
    return true;
  }

  /** Its KV has come. */
  arrive(request: RequestIndex): void {
    this.#inTransfer--;
    this.arrived.append(request);
  }

  /** The first arrived request decodes from the next step on; answers which it is. */
  join(admission: number, decoding: DecodingSet): RequestIndex {
    const request = this.arrived.head;
    const requests = this.#requests;
    const promptTokens = requests.promptTokens[request]!;
    this.arrived.remove(request);
    requests.admission[request] = admission;
    requests.target[request] = promptTokens;
    this.#kv.join(request, promptTokens);
    decoding.start(request, promptTokens);
    return request;
  }
}
