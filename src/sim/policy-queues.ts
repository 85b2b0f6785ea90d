import { assert } from './assert.ts';
import { grownIntegers } from './columns.ts';
import type { BatchingPolicy, QueuesView, QueuedRequestView } from './ports.ts';
import { RankHeap } from './rank-heap.ts';
import type { RequestList } from './request-lists.ts';
import { NONE, type RequestTable } from './request-table.ts';
import type { RequestIndex } from './units.ts';

const MOST_QUEUES = 65_536;

/** The waiting requests of an instance in the order of a policy, and what the policy is told of them. */
export class PolicyQueues implements QueuesView {
  /** Who waits, over all queues. */
  size = 0;
  /** Queues with somebody in them. */
  count = 0;
  readonly policy: BatchingPolicy;
  /** Somebody has left, or a prompt is finished: the policy is to be told at the next formation. */
  mustTell = false;
  readonly #requests: RequestTable;
  readonly #view: QueuedRequestView;
  /** Those numbers, ascending. */
  #numbers = new Int32Array(8);
  /** By number. */
  readonly #heaps: RankHeap[] = [];
  /** By number: generated, and not yet told. */
  readonly #untold: number[] = [];
  /** By request: the queue it entered last, and output tokens that need not be told any more. */
  #queueOf = new Int32Array(0);
  #toldTokens = new Int32Array(0);
  /** By request: quanta used up, and output tokens when the present one began. */
  #level = new Int32Array(0);
  #quantumFrom = new Int32Array(0);
  /** The queue of the latest `first`. */
  #next = NONE;
  #entered = 0;

  /** Running requests that have used up a quantum at the end of the latest step, in the order of the running list. */
  readonly due: RequestIndex[] = [];

  constructor(policy: BatchingPolicy, requests: RequestTable, view: QueuedRequestView) {
    this.policy = policy;
    this.#requests = requests;
    this.#view = view;
  }

  queue(k: number): number {
    return this.#numbers[k]!;
  }

  // -------------------------------------------------------------------------------------------- who waits

  /** A request has come to wait, behind all others of its rank. */
  enter(request: RequestIndex): void {
    if (request >= this.#queueOf.length) this.#growColumns();
    this.#toldTokens[request] = this.#requests.generated[request]!;
    this.#level[request] = 0;
    this.#push(request, ++this.#entered);
  }

  /** A request that was preempted waits again, ahead of all others of its rank. */
  enterAgain(request: RequestIndex): void {
    this.#push(request, -++this.#entered);
  }

  /** A request that has given way waits again, behind all others of its rank. */
  enterBehind(request: RequestIndex): void {
    this.#push(request, ++this.#entered);
  }

  #push(request: RequestIndex, order: number): void {
    const { policy } = this;
    const queue = policy.queueOf(request, this.#view, this.#level[request]!);
    const rank = policy.rank(request, this.#view, this.#requests.generated[request]!);
    assert(queue >= 0 && queue < MOST_QUEUES && Number.isInteger(queue), 'a queue is a small whole number');
    assert(!Number.isNaN(rank), 'a rank is a number');
    policy.onEntered?.(queue, this);
    while (this.#heaps.length <= queue) {
      this.#heaps.push(new RankHeap());
      this.#untold.push(0);
    }
    const heap = this.#heaps[queue]!;
    if (heap.size === 0) this.#open(queue);
    heap.push(request, rank, order);
    this.#queueOf[request] = queue;
    this.size++;
  }

  /** Who comes next; only when size > 0. */
  first(): RequestIndex {
    this.#next = this.policy.nextQueue?.(this) ?? this.#numbers[0]!;
    const heap = this.#heaps[this.#next];
    assert(heap !== undefined && heap.size > 0, 'the batching policy answered a queue in which nobody waits');
    return heap.first;
  }

  /** The one that came next has left. @param promptTokens to compute of its prompt */
  take(promptTokens: number): void {
    const heap = this.#heaps[this.#next]!;
    heap.pop();
    this.size--;
    if (heap.size === 0) this.#close(this.#next);
    this.policy.onAdmitted?.(this.#next, promptTokens);
  }

  /** All who wait leave, and nobody is told of it. Answers who they were, in no order. */
  dismiss(): RequestIndex[] {
    const dismissed: RequestIndex[] = [];
    for (const heap of this.#heaps) for (; heap.size > 0; heap.pop()) dismissed.push(heap.first);
    this.size = 0;
    this.count = 0;
    this.due.length = 0;
    return dismissed;
  }

  #open(queue: number): void {
    if (this.count === this.#numbers.length) this.#numbers = grownIntegers(this.#numbers, 2 * this.count);
    const numbers = this.#numbers;
    let at = this.count++;
    for (; at > 0 && numbers[at - 1]! > queue; at--) numbers[at] = numbers[at - 1]!;
    numbers[at] = queue;
  }

  #close(queue: number): void {
    const numbers = this.#numbers;
    const at = numbers.indexOf(queue);
    this.count--;
    numbers.copyWithin(at, at + 1, this.count + 1);
  }

  #growColumns(): void {
    const rows = this.#requests.next.length;
    this.#queueOf = grownIntegers(this.#queueOf, rows);
    this.#toldTokens = grownIntegers(this.#toldTokens, rows);
    this.#level = grownIntegers(this.#level, rows);
    this.#quantumFrom = grownIntegers(this.#quantumFrom, rows);
  }

  // -------------------------------------------------------------------------------------------- what they generate

  /** A request leaves the instance with so many output tokens. */
  leaves(request: RequestIndex, generatedTokens: number): void {
    this.mustTell = true;
    this.#note(request, generatedTokens);
  }

  #note(request: RequestIndex, generatedTokens: number): void {
    if (this.policy.onGenerated === undefined) return;
    this.#untold[this.#queueOf[request]!]! += generatedTokens - this.#toldTokens[request]!;
    this.#toldTokens[request] = generatedTokens;
  }

  /** Tell the policy what has been generated. @param steps that the instance has completed @param partial prefills, all others decode */
  tell(running: RequestList, steps: number, partial: RequestIndex): void {
    this.mustTell = false;
    const { policy } = this;
    if (policy.onGenerated === undefined) return;
    const { next, generated, growth, decodeFromStep } = this.#requests;
    for (let request = running.head; request !== NONE; request = next[request]!) {
      const decoded = request === partial ? 0 : growth[request]! * (steps - decodeFromStep[request]!);
      this.#note(request, generated[request]! + decoded);
    }
    for (let queue = 0; queue < this.#untold.length; queue++) {
      const tokens = this.#untold[queue]!;
      if (tokens === 0) continue;
      this.#untold[queue] = 0;
      policy.onGenerated(queue, tokens);
    }
  }

  // -------------------------------------------------------------------------------------------- who gives way

  get hasQuanta(): boolean {
    return this.policy.quantumTokens !== undefined;
  }

  /** A request with that many output tokens begins to decode, or has come to its level. */
  beginQuantum(request: RequestIndex): void {
    this.#quantumFrom[request] = this.#requests.generated[request]!;
  }

  /** Tokens that it may generate before it is due. */
  quantumLeft(request: RequestIndex): number {
    const quantum = this.policy.quantumTokens!(request, this.#view, this.#level[request]!);
    assert(quantum >= 1, 'a quantum is at least one token');
    return quantum - (this.#requests.generated[request]! - this.#quantumFrom[request]!);
  }

  endQuantum(request: RequestIndex): void {
    this.#level[request]!++;
    this.beginQuantum(request);
    this.due.push(request);
  }

  /** Whether more requests wait in queues before the one that it would now have than there are places. */
  mustGiveWay(request: RequestIndex, places: number): boolean {
    const queue = this.policy.queueOf(request, this.#view, this.#level[request]!);
    let ahead = 0;
    for (let k = 0; k < this.count && this.queue(k) < queue; k++) ahead += this.#heaps[this.queue(k)]!.size;
    return ahead > places;
  }

  get choosesVictims(): boolean {
    return this.policy.victimRank !== undefined;
  }

  /** Of the running requests the one that the policy preempts first; only for a policy with an opinion. */
  victim(running: RequestList, steps: number, partial: RequestIndex): RequestIndex {
    const { policy } = this;
    const { previous, computed, target, growth, decodeFromStep } = this.#requests;
    let victim = NONE;
    let highest = -Infinity;
    for (let request = running.tail; request !== NONE; request = previous[request]!) {
      const tokens =
        request === partial
          ? computed[request]!
          : target[request]! + growth[request]! * (steps - decodeFromStep[request]!);
      const rank = policy.victimRank!(request, this.#view, tokens);
      if (victim !== NONE && !(rank > highest)) continue;
      victim = request;
      highest = rank;
    }
    return victim;
  }
}
