import type { Block } from './reference-kv.ts';
import type { ReferenceInstance } from './reference-instance.ts';
import { awaitsTransfer, isPrefilling, tokensOfNextStep } from './reference-request.ts';
import type { ReferenceRequest } from './reference-request.ts';
import { chunkNs } from './reference-step.ts';
import type { Share } from './reference-step.ts';
import { readsOf } from './reference-store.ts';
import type { Read } from './reference-store.ts';

/** What a batch may count on. */
export interface Sight {
  /** It sees what was there at this time. */
  readonly untilNs: number;
  /** … but of those who wait only who was there when the engine last looked. */
  readonly receivedUntilNs: number;
  /** Requests that have left since, and the blocks that only they held. */
  readonly leftRequests: number;
  readonly leftBlocks: number;
}

/** Forms one batch: who gets how many tokens in the next step, and whose KV is sent for. */
export class ReferenceBatch {
  readonly shares: Share[] = [];
  readonly admittedToTransfer: ReferenceRequest[] = [];
  readonly loading: ReferenceRequest[] = [];
  preempted = false;
  readonly #instance: ReferenceInstance;
  readonly #nowNs: number;
  readonly #sight: Sight;
  #budget: number;
  #isOpen = true;

  constructor(instance: ReferenceInstance, nowNs: number, sight: Sight) {
    this.#instance = instance;
    this.#nowNs = nowNs;
    this.#sight = sight;
    this.#budget = instance.engine.maxNumBatchedTokens;
  }

  form(): void {
    this.#enter();
    const { engine, role } = this.#instance;
    if (engine.prefillFirst && role !== 'decode') this.#promptsOrDecoding();
    else this.#promptsBesideDecoding();
  }

  /** Who is there by now takes his place in the order of the policy, if there is one. */
  #enter(): void {
    const { mostRunning, queues, running, waiting } = this.#instance;
    if (queues === undefined) return;
    while (waiting.length > 0 && waiting[0]!.queuedNs <= this.#sight.receivedUntilNs) queues.enter(waiting.shift()!);
    if (queues.mustTell) queues.tell();
    const due = queues.takeDue();
    for (const request of running.filter((candidate) => due.has(candidate))) {
      if (!queues.mustGiveWay(request, mostRunning - running.length)) continue;
      this.#takeBack(request);
      queues.enterBehind(request);
    }
  }

  #promptsBesideDecoding(): void {
    this.#makeRoomFor(() => true);
    this.#serve(this.#instance.running);
    if (this.preempted) return;
    this.#open();
    this.#joinArrived();
    this.#admit();
  }

  #promptsOrDecoding(): void {
    this.#makeRoomFor(isPrefilling);
    this.#serve(this.#instance.running.filter(isPrefilling));
    if (!this.preempted) {
      this.#open();
      this.#admit();
    }
    if (this.shares.length > 0) return;
    this.#makeRoomFor(() => true);
    this.#serve(this.#instance.running);
  }

  /** A policy that says who is preempted says so before anybody takes blocks. */
  #makeRoomFor(isServed: (request: ReferenceRequest) => boolean): void {
    const { queues, kv, running } = this.#instance;
    if (queues?.policy.victimRank === undefined) return;
    while (this.#blocksWanted(running.filter(isServed)) > kv.freeBlocks) this.#preempt(queues.victimAmong(running));
  }

  #blocksWanted(requests: readonly ReferenceRequest[]): number {
    const { kv, draftTokens } = this.#instance;
    const decoding = requests.filter((request) => !isPrefilling(request));
    const ends = decoding.map((request) => request.computed + tokensOfNextStep(request.pace!));
    const partial = requests.find(isPrefilling);
    if (partial !== undefined) {
      const budget = this.#budget - decoding.length * (1 + draftTokens);
      const chunk = Math.min(partial.target - partial.computed, budget, this.#instance.promptLimit(decoding.length));
      decoding.push(partial);
      ends.push(partial.computed + chunk);
    }
    return decoding.reduce((sum, { blocks }, k) => sum + Math.max(0, kv.blocksFor(ends[k]!) - blocks.length), 0);
  }

  /** Prompt tokens that this step may still take. */
  get #promptsLeft(): number {
    const decodeSeqs = this.#instance.running.filter((request) => !isPrefilling(request)).length;
    const limit = this.#instance.promptLimit(decodeSeqs);
    const chunks = this.shares.filter(({ decoding }) => !decoding);
    return Math.min(this.#budget, limit - chunks.reduce((sum, { tokens }) => sum + tokens, 0));
  }

  /** Give these of the running requests their tokens. The last to come make room for the others. */
  #serve(requests: readonly ReferenceRequest[]): void {
    const { running, kv } = this.#instance;
    for (const request of requests.slice()) {
      if (this.#budget <= 0) return;
      const decoding = !isPrefilling(request);
      const tokens = decoding ? tokensOfNextStep(request.pace!) : this.#chunkOf(request.target - request.computed);
      if (tokens <= 0) return;
      const more = kv.blocksFor(request.computed + tokens) - request.blocks.length;
      while (more > kv.freeBlocks && running.includes(request)) this.#preempt(running.at(-1)!);
      if (!running.includes(request)) return;
      kv.take(request, more);
      if (!decoding) kv.makeKnown(request, request.computed + tokens);
      this.#schedule(request, tokens, decoding);
    }
  }

  #chunkOf(tokens: number): number {
    return Math.min(tokens, this.#promptsLeft);
  }

  #schedule(request: ReferenceRequest, tokens: number, decoding: boolean): void {
    this.shares.push({ request, tokens, decoding });
    this.#budget -= decoding ? 1 + this.#instance.draftTokens : tokens;
  }

  #preempt(victim: ReferenceRequest): void {
    const { waiting, queues } = this.#instance;
    this.#takeBack(victim);
    if (queues === undefined) waiting.unshift(victim);
    else queues.enterAgain(victim);
    this.preempted = true;
  }

  #takeBack(victim: ReferenceRequest): void {
    const { running, queues, counters } = this.#instance;
    queues?.tell();
    running.splice(running.indexOf(victim), 1);
    this.#instance.letGo(victim, this.#nowNs);
    victim.pace = undefined;
    victim.preemptions += 1;
    counters.preemptions += 1;
  }

  /** Some engines take requests in only when all that ran before have left. */
  #open(): void {
    const { engine, running } = this.#instance;
    this.#isOpen = engine.continuousBatching || running.length + this.#sight.leftRequests === 0;
  }

  #hasPlace(): boolean {
    const { mostRunning, running } = this.#instance;
    return this.#budget > 0 && this.#isOpen && running.length + this.#sight.leftRequests < mostRunning;
  }

  #joinArrived(): void {
    const { running, arrived, kv } = this.#instance;
    if (running.some(isPrefilling)) return;
    while (this.#hasPlace()) {
      const request = arrived[0];
      if (request === undefined || request.handOver!.transferEndNs! > this.#sight.untilNs) return;
      arrived.shift();
      request.computed = request.target = request.promptTokens;
      this.#instance.settlePace(request);
      running.push(request);
      kv.makeKnown(request, request.computed);
      const tokens = tokensOfNextStep(request.pace!);
      const wantedTokens = Math.max(request.computed + tokens, this.#instance.grantedTokens(request) ?? 0);
      kv.giveBackAllBut(request, kv.blocksFor(wantedTokens));
      this.#schedule(request, tokens, true);
    }
  }

  /** Those whose KV has been loaded, then the waiting ones; the first that must wait ends it. */
  #admit(): void {
    const { loaded, waiting, queues } = this.#instance;
    while (loaded.length > 0 && loaded[0]!.load!.endNs <= this.#sight.untilNs) if (!this.#goOn(loaded[0]!)) return;
    while (this.#hasPlace() && this.#promptsLeft > 0) {
      const head = queues === undefined ? waiting[0] : queues.first();
      if (head === undefined || head.queuedNs > this.#sight.receivedUntilNs) return;
      const isAdmitted = awaitsTransfer(head) ? this.#admitToTransfer(head) : this.#admitToPrefill(head);
      if (!isAdmitted) return;
    }
  }

  #goOn(request: ReferenceRequest): boolean {
    const { tokens: computed } = request.load!;
    if (!this.#hasPlace() || this.#promptsLeft <= 0 || !this.#fits(request.target - computed)) return false;
    this.#instance.loaded.shift();
    request.load = undefined;
    request.computed = computed;
    this.#startPrefill(request);
    return true;
  }

  /** Can so much of a prompt be begun in this step? */
  #fits(tokens: number): boolean {
    return this.#instance.engine.chunkedPrefill || tokens <= this.#promptsLeft;
  }

  /** It waits no more, and has so many tokens to compute. */
  #dequeue(request: ReferenceRequest, tokens: number): void {
    const { waiting, queues } = this.#instance;
    if (queues === undefined) waiting.shift();
    else queues.take(request, request.cachedTokens === undefined ? tokens : 0);
  }

  #startPrefill(request: ReferenceRequest): void {
    const { kv, running } = this.#instance;
    const tokens = this.#chunkOf(request.target - request.computed);
    running.push(request);
    kv.makeKnown(request, request.computed + tokens);
    this.#schedule(request, tokens, false);
  }

  #admitToPrefill(head: ReferenceRequest): boolean {
    const { engine, kv } = this.#instance;
    const target = head.promptTokens + head.generated;
    const hits = kv.hits(head, target);
    const reads = this.#readsOf(head, target, hits.length);
    if (reads.length > 0) return this.#admitToLoad(head, target, hits, reads);

    const cachedTokens = hits.length * engine.blockTokens;
    if (!this.#fits(target - cachedTokens)) return false;
    const granted = this.#instance.grantedTokens(head);
    const computed = cachedTokens + this.#chunkOf(target - cachedTokens);
    const wanted = kv.blocksFor(granted ?? (engine.reserveFullPrompt ? target : computed)) - hits.length;
    if (!this.#hasRoom(hits, wanted)) return false;
    this.#dequeue(head, target - cachedTokens);
    head.target = target;
    head.cachedTokens ??= cachedTokens;
    kv.holdHits(head, hits);
    kv.take(head, kv.blocksFor(granted ?? computed) - hits.length);
    this.#startPrefill(head);
    return true;
  }

  #readsOf(head: ReferenceRequest, target: number, hits: number): readonly Read[] {
    const { engine, kv, stores, cost, clock, capWatts } = this.#instance;
    const names = kv.namesBefore(head, target - 1);
    return readsOf(stores, names, hits, this.#nowNs, (blocks, computedBlocks) =>
      chunkNs(blocks * engine.blockTokens, computedBlocks * engine.blockTokens, cost, { clock, capWatts }),
    );
  }

  #admitToLoad(head: ReferenceRequest, target: number, hits: readonly Block[], reads: readonly Read[]): boolean {
    const { engine, kv, onTheWay, counters } = this.#instance;
    const wanted = kv.blocksFor(target) - hits.length;
    if (!this.#hasRoom(hits, wanted)) return false;
    const tokens = reads.at(-1)!.leadingBlocks * engine.blockTokens;
    this.#dequeue(head, target - tokens);
    onTheWay.add(head);
    const names = kv.namesBefore(head, target - 1);
    const endsNs = reads.map(({ store, leadingBlocks, newBlocks }) => {
      counters[`${store.plan.kind}ReadBlocks`] += newBlocks;
      return store.read(names.slice(0, leadingBlocks), newBlocks, this.#nowNs);
    });
    if (head.cachedTokens === undefined) {
      head.cachedTokens = tokens;
      head.loadedTokens = tokens - hits.length * engine.blockTokens;
    }
    head.target = target;
    head.load = { endNs: Math.max(...endsNs), tokens };
    kv.holdHits(head, hits);
    kv.take(head, wanted);
    this.loading.push(head);
    return true;
  }

  #admitToTransfer(head: ReferenceRequest): boolean {
    const { kv, onTheWay, draftTokens } = this.#instance;
    const hits = kv.hits(head, head.promptTokens + 1);
    const nextStepTokens = Math.min(1 + draftTokens, head.outputTokens - head.generated);
    const tokens = Math.max(head.promptTokens + nextStepTokens, this.#instance.grantedTokens(head) ?? 0);
    const wanted = kv.blocksFor(tokens) - hits.length;
    if (!this.#hasRoom(hits, wanted)) return false;
    this.#dequeue(head, 0);
    onTheWay.add(head);
    kv.holdHits(head, hits);
    kv.take(head, wanted);
    this.admittedToTransfer.push(head);
    return true;
  }

  #hasRoom(hits: readonly Block[], newBlocks: number): boolean {
    const { engine, kv } = this.#instance;
    const hitsNobodyHolds = hits.filter(({ holders }) => holders === 0).length;
    return kv.freeBlocks - this.#sight.leftBlocks - hitsNobodyHolds - engine.watermarkBlocks >= newBlocks;
  }
}
