import type { KvBlocks } from './kv-blocks.ts';
import type { KvTiers } from './kv-tiers.ts';
import { RequestList } from './request-lists.ts';
import { NONE, NOT_YET, type RequestTable } from './request-table.ts';
import type { Ns, RequestIndex } from './units.ts';

/** Requests whose first blocks are being read from KV tiers: they have all blocks of their prompt and wait, for a place then. */
export class LoadingRequests {
  /** Those whose blocks have been read, in the order in which that ended. */
  readonly loaded: RequestList;
  /** In the order in which it will end. */
  readonly #loading: RequestList;
  readonly #requests: RequestTable;
  readonly #kv: KvBlocks;
  readonly #tiers: KvTiers;
  /** Leading blocks that the last look found. */
  #found = 0;

  constructor(requests: RequestTable, kv: KvBlocks, tiers: KvTiers) {
    this.loaded = new RequestList(requests);
    this.#loading = new RequestList(requests);
    this.#requests = requests;
    this.#kv = kv;
    this.#tiers = tiers;
  }

  /** How many have blocks here and are not yet in the batch. */
  get size(): number {
    return this.#loading.size + this.loaded.size;
  }

  /** When the next load ends; Infinity when there is none. */
  get nextNs(): Ns {
    const { head } = this.#loading;
    return head === NONE ? Infinity : this.#requests.loadEndNs[head]!;
  }

  /** Whether the first that is loaded was so by then. */
  hasLoadedBy(timeNs: Ns): boolean {
    const { head } = this.loaded;
    return head !== NONE && this.#requests.loadEndNs[head]! <= timeNs;
  }

  /** Whether something should be read of a request whose hits have just been looked up. */
  findsMore(request: RequestIndex, target: number, nowNs: Ns): boolean {
    const { hitBlocks, blockTokens } = this.#kv;
    const limit = ((target - 1) / blockTokens) | 0;
    this.#found = this.#tiers.lookUp(this.#requests.path[request]!, hitBlocks, limit, nowNs);
    return this.#found > hitBlocks;
  }

  /** Tokens that it will have when that is read. */
  get foundTokens(): number {
    return this.#found * this.#kv.blockTokens;
  }

  /** Take the blocks for all it must compute and ask for what was found. It is in no list. */
  begin(request: RequestIndex, target: number, nowNs: Ns): void {
    const requests = this.#requests;
    const { hitBlocks, blockTokens } = this.#kv;
    requests.loadEndNs[request] = this.#tiers.read(requests.path[request]!, hitBlocks, nowNs);
    requests.computed[request] = this.#found * blockTokens;
    requests.target[request] = target;
    if (requests.scheduledNs[request] === NOT_YET) {
      requests.cachedTokens[request] = this.#found * blockTokens;
      requests.loadedTokens[request] = (this.#found - hitBlocks) * blockTokens;
    }
    this.#kv.admitLoad(request, target);
    this.#append(request);
  }

  #append(request: RequestIndex): void {
    const { loadEndNs, previous } = this.#requests;
    const loading = this.#loading;
    let successor = NONE;
    for (let other = loading.tail; other !== NONE && loadEndNs[other]! > loadEndNs[request]!;) {
      successor = other;
      other = previous[other]!;
    }
    if (successor === NONE) loading.append(request);
    else loading.insertBefore(request, successor);
  }

  /** All of them leave; what has been asked for them is read in vain. Answers who they were. */
  dismiss(): RequestIndex[] {
    const dismissed: RequestIndex[] = [];
    for (const list of [this.#loading, this.loaded]) {
      for (; list.size > 0; list.remove(list.head)) dismissed.push(list.head);
    }
    return dismissed;
  }

  /** The next load is over. */
  end(): void {
    const request = this.#loading.head;
    this.#loading.remove(request);
    this.loaded.append(request);
  }
}
