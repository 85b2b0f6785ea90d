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
    const { engine, role } = this.#instance;
    if (engine.prefillFirst && role !== 'decode') this.#promptsOrDecoding();
    else this.#promptsBesideDecoding();
  }

  #promptsBesideDecoding(): void {
    this.#serve(this.#instance.running);
    if (this.preempted) return;
    this.#open();
    this.#joinArrived();
    this.#admit();
  }

  #promptsOrDecoding(): void {
    this.#serve(this.#instance.running.filter(isPrefilling));
    if (!this.preempted) {
      this.#open();
      this.#admit();
    }
    if (this.shares.length === 0) this.#serve(this.#instance.running);
  }

  /** Give these of the running requests their tokens. The last to come make room for the others. */
  #serve(requests: readonly ReferenceRequest[]): void {
    const { running, kv } = this.#instance;
    for (const request of requests.slice()) {
      if (this.#budget <= 0) return;
      const decoding = !isPrefilling(request);
      const tokens = decoding ? tokensOfNextStep(request.pace!) : this.#chunkOf(request.target - request.computed);
      const more = kv.blocksFor(request.computed + tokens) - request.blocks.length;
      while (more > kv.freeBlocks && running.includes(request)) this.#preemptLast();
      if (!running.includes(request)) return;
      kv.take(request, more);
      if (!decoding) kv.makeKnown(request, request.computed + tokens);
      this.#schedule(request, tokens, decoding);
    }
  }

  #chunkOf(tokens: number): number {
    return Math.min(tokens, this.#budget);
  }

  #schedule(request: ReferenceRequest, tokens: number, decoding: boolean): void {
    this.shares.push({ request, tokens, decoding });
    this.#budget -= decoding ? 1 + this.#instance.draftTokens : tokens;
  }

  #preemptLast(): void {
    const { running, waiting, counters } = this.#instance;
    const victim = running.pop();
    if (victim === undefined) throw new Error('nobody to preempt');
    this.#instance.letGo(victim, this.#nowNs);
    victim.pace = undefined;
    victim.preemptions += 1;
    counters.preemptions += 1;
    waiting.unshift(victim);
    this.preempted = true;
  }

  /** Some engines take requests in only when all that ran before have left. */
  #open(): void {
    const { engine, running } = this.#instance;
    this.#isOpen = engine.continuousBatching || running.length + this.#sight.leftRequests === 0;
  }

  #hasPlace(): boolean {
    const { engine, running } = this.#instance;
    return this.#budget > 0 && this.#isOpen && running.length + this.#sight.leftRequests < engine.maxNumSeqs;
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
    const { loaded, waiting } = this.#instance;
    while (loaded.length > 0 && loaded[0]!.load!.endNs <= this.#sight.untilNs) if (!this.#goOn(loaded[0]!)) return;
    while (this.#hasPlace()) {
      const head = waiting[0];
      if (head === undefined || head.queuedNs > this.#sight.untilNs) return;
      const isAdmitted = awaitsTransfer(head) ? this.#admitToTransfer(head) : this.#admitToPrefill(head);
      if (!isAdmitted) return;
    }
  }

  #goOn(request: ReferenceRequest): boolean {
    const { tokens: computed } = request.load!;
    if (!this.#hasPlace() || !this.#fits(request.target - computed)) return false;
    this.#instance.loaded.shift();
    request.load = undefined;
    request.computed = computed;
    this.#startPrefill(request);
    return true;
  }

  /** Can so much of a prompt be begun in this step? */
  #fits(tokens: number): boolean {
    return this.#instance.engine.chunkedPrefill || tokens <= this.#budget;
  }

  #startPrefill(request: ReferenceRequest): void {
    const { kv, running } = this.#instance;
    const tokens = this.#chunkOf(request.target - request.computed);
    running.push(request);
    kv.makeKnown(request, request.computed + tokens);
    this.#schedule(request, tokens, false);
  }

  #admitToPrefill(head: ReferenceRequest): boolean {
    const { engine, kv, waiting } = this.#instance;
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
    waiting.shift();
    head.target = target;
    head.cachedTokens ??= cachedTokens;
    kv.holdHits(head, hits);
    kv.take(head, kv.blocksFor(granted ?? computed) - hits.length);
    this.#startPrefill(head);
    return true;
  }

  #readsOf(head: ReferenceRequest, target: number, hits: number): readonly Read[] {
    const { engine, kv, stores, cost, clock } = this.#instance;
    const names = kv.namesBefore(head, target - 1);
    return readsOf(stores, names, hits, this.#nowNs, (blocks, computedBlocks) =>
      chunkNs(blocks * engine.blockTokens, computedBlocks * engine.blockTokens, cost, clock),
    );
  }

  #admitToLoad(head: ReferenceRequest, target: number, hits: readonly Block[], reads: readonly Read[]): boolean {
    const { engine, kv, waiting, onTheWay, counters } = this.#instance;
    const wanted = kv.blocksFor(target) - hits.length;
    if (!this.#hasRoom(hits, wanted)) return false;
    waiting.shift();
    onTheWay.add(head);
    const names = kv.namesBefore(head, target - 1);
    const endsNs = reads.map(({ store, leadingBlocks, newBlocks }) => {
      counters[`${store.plan.kind}ReadBlocks`] += newBlocks;
      return store.read(names.slice(0, leadingBlocks), newBlocks, this.#nowNs);
    });
    const tokens = reads.at(-1)!.leadingBlocks * engine.blockTokens;
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
    const { kv, waiting, onTheWay, draftTokens } = this.#instance;
    const hits = kv.hits(head, head.promptTokens + 1);
    const nextStepTokens = Math.min(1 + draftTokens, head.outputTokens - head.generated);
    const tokens = Math.max(head.promptTokens + nextStepTokens, this.#instance.grantedTokens(head) ?? 0);
    const wanted = kv.blocksFor(tokens) - hits.length;
    if (!this.#hasRoom(hits, wanted)) return false;
    waiting.shift();
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
