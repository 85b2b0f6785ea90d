import type { BatchingPolicy, QueuedRequestView } from '../../src/sim/ports.ts';
import type { ReferenceRequest } from './reference-request.ts';

interface Place {
  readonly request: ReferenceRequest;
  readonly queue: number;
  readonly rank: number;
  /** Below 0 for the preempted. */
  readonly order: number;
}

interface Member {
  readonly queue: number;
  readonly toldTokens: number;
  readonly hasLeft: boolean;
}

/** Who waits for an instance in the order of a policy, as one list that is searched, and what the policy is told. */
export class ReferenceQueues {
  /** The step that ended has finished a prompt, or let somebody leave. */
  mustTell = false;
  readonly policy: BatchingPolicy;
  readonly #view: QueuedRequestView;
  readonly #places: Place[] = [];
  readonly #members = new Map<ReferenceRequest, Member>();
  #entered = 0;

  constructor(policy: BatchingPolicy, view: QueuedRequestView) {
    this.policy = policy;
    this.#view = view;
  }

  get length(): number {
    return this.#places.length;
  }

  enter(request: ReferenceRequest): void {
    this.#place(request, (this.#entered += 1), request.generated);
  }

  enterAgain(request: ReferenceRequest): void {
    this.#place(request, -(this.#entered += 1), this.#members.get(request)!.toldTokens);
  }

  #place(request: ReferenceRequest, order: number, toldTokens: number): void {
    const queue = this.policy.queueOf(request.request, this.#view);
    const rank = this.policy.rank(request.request, this.#view, request.generated);
    this.policy.onEntered?.(queue, this.#queues());
    this.#places.push({ request, queue, rank, order });
    this.#members.set(request, { queue, toldTokens, hasLeft: false });
  }

  #queues() {
    const numbers = [...new Set(this.#places.map(({ queue }) => queue))].sort((a, b) => a - b);
    return { count: numbers.length, queue: (k: number) => numbers[k]! };
  }

  first(): ReferenceRequest | undefined {
    if (this.length === 0) return undefined;
    const queues = this.#queues();
    const next = this.policy.nextQueue === undefined ? queues.queue(0) : this.policy.nextQueue(queues);
    const inOrder = this.#places.filter(({ queue }) => queue === next);
    inOrder.sort((a, b) => a.rank - b.rank || a.order - b.order);
    return inOrder[0]!.request;
  }

  take(request: ReferenceRequest, promptTokens: number): void {
    const at = this.#places.findIndex((place) => place.request === request);
    const [place] = this.#places.splice(at, 1);
    this.policy.onAdmitted?.(place!.queue, promptTokens);
  }

  leave(request: ReferenceRequest): void {
    this.#members.set(request, { ...this.#members.get(request)!, hasLeft: true });
  }

  tell(): void {
    this.mustTell = false;
    const tokens = new Map<number, number>();
    for (const [request, { queue, toldTokens, hasLeft }] of this.#members) {
      tokens.set(queue, (tokens.get(queue) ?? 0) + request.generated - toldTokens);
      if (hasLeft) this.#members.delete(request);
      else this.#members.set(request, { queue, toldTokens: request.generated, hasLeft });
    }
    for (const queue of [...tokens.keys()].sort((a, b) => a - b)) {
      if (tokens.get(queue)! > 0) this.policy.onGenerated?.(queue, tokens.get(queue)!);
    }
  }

  /** Of these the one with the highest rank, and of those the last. */
  victimAmong(running: readonly ReferenceRequest[]): ReferenceRequest {
    const ranks = running.map(({ request, computed }) => this.policy.victimRank!(request, this.#view, computed));
    return running[ranks.lastIndexOf(Math.max(...ranks))]!;
  }
}
