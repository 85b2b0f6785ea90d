import type { DecodingSet } from './decoding-set.ts';
import type { KvBlocks } from './kv-blocks.ts';
import { RequestList } from './request-lists.ts';
import { NONE, NOT_YET, type RequestTable } from './request-table.ts';
import { NO_INSTANCE, type Ns, type RequestIndex } from './units.ts';

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
    const { prefillInstance, transferEndNs } = this.#requests;
    return prefillInstance[request] !== NO_INSTANCE && transferEndNs[request] === NOT_YET;
  }

  /** Whether the first that has come was there by then. */
  hasArrivedBy(timeNs: Ns): boolean {
    const { head } = this.arrived;
    return head !== NONE && this.#requests.transferEndNs[head]! <= timeNs;
  }

  /** When a waiting request was in the queue: one that was handed over at once, another after the front end. */
  enqueuedNs(request: RequestIndex): Ns {
    const { prefillInstance, handOverNs, enqueuedNs } = this.#requests;
    return prefillInstance[request] === NO_INSTANCE ? enqueuedNs[request]! : handOverNs[request]!;
  }

  /** Take the blocks for its prompt and its first step, leaving `keptBlocks` free; answers whether they are there. */
  admit(request: RequestIndex, keptBlocks: number): boolean {
    const kv = this.#kv;
    const promptTokens = this.#requests.promptTokens[request]!;
    const untilTokens = this.#untilTokens(request);
    kv.match(request, promptTokens + 1);
    if (kv.blocksOf(request, untilTokens) - kv.hitBlocks > kv.free - kv.freeHitBlocks - keptBlocks) return false;
    kv.admitTransfer(request, untilTokens);
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
    decoding.start(request, promptTokens);
    this.#kv.join(request, promptTokens, this.#untilTokens(request), requests.growth[request]!);
    return request;
  }

  /** Where its first step here can get at most. */
  #untilTokens(request: RequestIndex): number {
    const { promptTokens, outputTokens } = this.#requests;
    return promptTokens[request]! + Math.min(this.#kv.maxGrowth, outputTokens[request]! - 1);
  }
}
