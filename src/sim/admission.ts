import type { DecodingSet } from './decoding-set.ts';
import type { IncomingRequests } from './incoming-requests.ts';
import type { InstanceListener } from './instance-listener.ts';
import type { KvBlocks } from './kv-blocks.ts';
import type { LoadingRequests } from './loading-requests.ts';
import type { EnginePlan } from './plan.ts';
import type { PolicyQueues } from './policy-queues.ts';
import type { PrefillChunks } from './prefill-chunks.ts';
import type { RequestList } from './request-lists.ts';
import { NONE, NOT_YET, type RequestTable } from './request-table.ts';
import type { Ns, RequestIndex } from './units.ts';

/** The parts of a batch that requests come into, and wait for. */
interface Parts {
  readonly running: RequestList;
  readonly waiting: RequestList;
  readonly queues: PolicyQueues | undefined;
  readonly decoding: DecodingSet;
  readonly chunks: PrefillChunks;
  readonly incoming: IncomingRequests | undefined;
  readonly loading: LoadingRequests | undefined;
}

/** Who waits for an instance, and how its batch takes them in: in order, up to the first that does not fit. */
export class Admission {
  /** The first that waits has no step that is long enough, but may be worth reading soon: the store is not busy for long. */
  mayLoadSoon = false;
  /** While so many run, nobody joins: what the engine allows, or less if a power policy says so. At least 1. */
  mostRunning: number;
  /** Who has entered the waiting queue later is not known to the engine yet. */
  receivedNs: Ns = Infinity;
  /** Requests join from nowhere but the waiting list. */
  readonly #onlyWaiting: boolean;
  readonly #engine: EnginePlan;
  readonly #running: RequestList;
  readonly #waiting: RequestList;
  readonly #queues: PolicyQueues | undefined;
  readonly #decoding: DecodingSet;
  readonly #chunks: PrefillChunks;
  readonly #incoming: IncomingRequests | undefined;
  readonly #loading: LoadingRequests | undefined;
  readonly #requests: RequestTable;
  readonly #kv: KvBlocks;
  readonly #listener: InstanceListener;
  #admissions = 0;
  /** How many may still join the running list in this formation. */
  #places = 0;
  /** Blocks that admission leaves free in this formation. */
  #keptBlocks = 0;
  /** Who left the running list at the end of the latest step, and blocks that nobody held after that. */
  #left = 0;
  #leftBlocks = 0;

  constructor(engine: EnginePlan, batch: Parts, requests: RequestTable, kv: KvBlocks, listener: InstanceListener) {
    this.#engine = engine;
    this.mostRunning = engine.maxNumSeqs;
    this.#running = batch.running;
    this.#waiting = batch.waiting;
    this.#queues = batch.queues;
    this.#decoding = batch.decoding;
    this.#chunks = batch.chunks;
    this.#incoming = batch.incoming;
    this.#loading = batch.loading;
    this.#requests = requests;
    this.#kv = kv;
    this.#listener = listener;
    this.#onlyWaiting = batch.queues === undefined && batch.incoming === undefined && batch.loading === undefined;
  }

  /** Whether a request that waits could have a place while those who run go on. */
  get hasPlace(): boolean {
    return this.#running.size < this.mostRunning && this.#engine.continuousBatching;
  }

  /** From the next formation on; answers whether it was another limit. @param requests at least 1 */
  limitRunning(requests: number): boolean {
    const before = this.mostRunning;
    this.mostRunning = Math.min(requests, this.#engine.maxNumSeqs);
    return this.mostRunning !== before;
  }

  /** When a waiting request was, or will be, in the queue of this instance. */
  enqueuedNs(request: RequestIndex): Ns {
    const incoming = this.#incoming;
    return incoming === undefined ? this.#requests.enqueuedNs[request]! : incoming.enqueuedNs(request);
  }

  /** A request that is handed over goes ahead of clients' requests that are still in the front end. */
  enqueueHandedOver(request: RequestIndex, nowNs: Ns): void {
    const waiting = this.#waiting;
    let successor = NONE;
    for (let other = waiting.tail; other !== NONE && this.enqueuedNs(other) > nowNs;) {
      successor = other;
      other = this.#requests.previous[other]!;
    }
    if (successor === NONE) waiting.append(request);
    else waiting.insertBefore(request, successor);
  }

  /** Whether there is nobody to admit. */
  get isIdle(): boolean {
    return this.#waiting.size === 0 && (this.#onlyWaiting || this.#nobodyElse());
  }

  #nobodyElse(): boolean {
    const nobodyInQueues = this.#queues === undefined || this.#queues.size === 0;
    return nobodyInQueues && this.#incoming === undefined && this.#loading === undefined;
  }

  beginStepEnd(): void {
    this.#left = 0;
    this.#leftBlocks = 0;
  }

  /** Somebody has left the running list at the end of a step, and so many blocks have no holder any more. */
  hasLeft(blocks: number): void {
    this.#left++;
    this.#leftBlocks += blocks;
  }

  /** Those that are in the queue by then take their places in the order of the policy. */
  enter(queues: PolicyQueues, seenNs: Ns): void {
    const waiting = this.#waiting;
    const untilNs = Math.min(seenNs, this.receivedNs);
    while (waiting.size > 0 && this.enqueuedNs(waiting.head) <= untilNs) {
      const request = waiting.head;
      waiting.remove(request);
      queues.enter(request);
    }
  }

  /** What there is to admit requests with; places and blocks that were taken when the batch was settled are not. */
  open(nowNs: Ns, seenNs: Ns): void {
    const { continuousBatching, watermarkBlocks } = this.#engine;
    const settledEarlier = seenNs < nowNs;
    const taken = this.#running.size + (settledEarlier ? this.#left : 0);
    this.#places = continuousBatching || taken === 0 ? this.mostRunning - taken : 0;
    this.#keptBlocks = settledEarlier ? watermarkBlocks + this.#leftBlocks : watermarkBlocks;
  }

  /** Whether somebody may be admitted at the next step boundary only because this batch was settled too early for him. */
  missesSomebody(nowNs: Ns, seenNs: Ns): boolean {
    const waiting = this.#waiting;
    const incoming = this.#incoming;
    const loading = this.#loading;
    const head = waiting.size === 0 ? Infinity : this.enqueuedNs(waiting.head);
    const arrived = incoming !== undefined && incoming.arrived.size > 0;
    const loaded = loading !== undefined && loading.loaded.size > 0;
    const refused = this.#queues !== undefined && this.#queues.size > 0;
    if (this.#left > 0) return head <= nowNs || refused || arrived || loaded;
    if (head > seenNs && head <= nowNs) return true;
    return (arrived && !incoming.hasArrivedBy(seenNs)) || (loaded && !loading.hasLoadedBy(seenNs));
  }

  /** Requests whose KV has come go on here. */
  join(incoming: IncomingRequests, seenNs: Ns): void {
    while (this.#places > 0 && incoming.hasArrivedBy(seenNs)) {
      const request = incoming.join(this.#admissions++, this.#decoding);
      this.#running.append(request);
      this.#places--;
    }
  }

  /** Take in who is loaded, then who waits, in order, up to the first that does not fit. */
  admit(budget: number, nowNs: Ns, seenNs: Ns): void {
    const loading = this.#loading;
    this.mayLoadSoon = false;
    if (loading === undefined) this.#admitWaiting(budget, nowNs, seenNs);
    else this.#admitWaiting(this.#place(loading, budget, nowNs, seenNs), nowNs, seenNs);
  }

  /** Answers what is left of the budget, or nothing if the next one does not fit. */
  #place(loading: LoadingRequests, budget: number, nowNs: Ns, seenNs: Ns): number {
    const { computed, target } = this.#requests;
    let left = budget;
    while (left > 0 && this.#places > 0 && loading.hasLoadedBy(seenNs)) {
      const request = loading.loaded.head;
      const from = computed[request]!;
      const tokens = Math.min(target[request]! - from, left);
      if (!this.#engine.chunkedPrefill && from + tokens < target[request]!) return 0;
      loading.loaded.remove(request);
      this.#kv.extend(request, from, from + tokens);
      left -= tokens;
      this.#start(request, tokens, nowNs);
    }
    return left;
  }

  #admitWaiting(budget: number, nowNs: Ns, seenNs: Ns): void {
    const waiting = this.#waiting;
    const queues = this.#queues;
    const incoming = this.#incoming;
    const loading = this.#loading;
    const { reserveFullPrompt, chunkedPrefill } = this.#engine;
    const kv = this.#kv;
    const requests = this.#requests;
    const untilNs = Math.min(seenNs, this.receivedNs);
    let left = budget;
    while (left > 0 && this.#places > 0 && (queues === undefined ? waiting.size : queues.size) > 0) {
      const request = queues === undefined ? waiting.head : queues.first();
      if (this.enqueuedNs(request) > untilNs) return;
      if (incoming !== undefined && incoming.includes(request)) {
        if (!incoming.admit(request, this.#keptBlocks)) return;
        this.#dequeue(request, 0);
        this.#listener.transferRequested(request);
        continue;
      }
      const target = requests.promptTokens[request]! + requests.generated[request]!;
      kv.match(request, target);
      const free = kv.free - kv.freeHitBlocks - this.#keptBlocks;
      if (loading !== undefined && loading.findsMore(request, target, nowNs)) {
        if (kv.blocksFor(target) - kv.hitBlocks > free) return;
        this.#dequeue(request, target - loading.foundTokens);
        loading.begin(request, target, nowNs);
        continue;
      }
      const computed = kv.hitBlocks * kv.blockTokens;
      const tokens = Math.min(target - computed, left);
      if (!chunkedPrefill && computed + tokens < target) {
        this.mayLoadSoon = loading !== undefined;
        return;
      }
      if (kv.blocksOf(request, reserveFullPrompt ? target : computed + tokens) - kv.hitBlocks > free) return;
      this.#dequeue(request, target - computed);
      kv.admit(request, computed + tokens);
      left -= tokens;
      requests.computed[request] = computed;
      requests.target[request] = target;
      if (requests.scheduledNs[request] === NOT_YET) requests.cachedTokens[request] = computed;
      this.#start(request, tokens, nowNs);
    }
  }

  /** The one that has been considered waits no more. @param tokens that it has to compute before it decodes */
  #dequeue(request: RequestIndex, tokens: number): void {
    if (this.#queues === undefined) this.#waiting.remove(request);
    else this.#queues.take(this.#requests.scheduledNs[request] === NOT_YET ? tokens : 0);
  }

  /** To the end of the running list, with a first chunk. */
  #start(request: RequestIndex, tokens: number, nowNs: Ns): void {
    const { computed, target, admission, scheduledNs } = this.#requests;
    this.#running.append(request);
    this.#places--;
    admission[request] = this.#admissions++;
    if (scheduledNs[request] === NOT_YET) scheduledNs[request] = nowNs;
    this.#chunks.add(request, tokens, computed[request]!, target[request]!);
  }
}
