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
  /** Tokens with which it has left, if it has. */
  readonly leftWith: number | undefined;
  /** Quanta used up, and tokens generated when the present one began. */
  readonly level: number;
  readonly quantumFrom: number;
}

/** Who waits for an instance in the order of a policy, as one list that is searched, and what the policy is told. */
export class ReferenceQueues {
  /** The step that ended has finished a prompt, or let somebody leave. */
  mustTell = false;
  readonly policy: BatchingPolicy;
  readonly #view: QueuedRequestView;
  readonly #places: Place[] = [];
  readonly #members = new Map<ReferenceRequest, Member>();
  readonly #due = new Set<ReferenceRequest>();
  #entered = 0;

  constructor(policy: BatchingPolicy, view: QueuedRequestView) {
    this.policy = policy;
    this.#view = view;
  }

  get length(): number {
    return this.#places.length;
  }

  enter(request: ReferenceRequest): void {
    const { generated } = request;
    this.#members.set(request, {
      queue: 0,
      toldTokens: generated,
      leftWith: undefined,
      level: 0,
      quantumFrom: generated,
    });
    this.#place(request, (this.#entered += 1));
  }

  enterAgain(request: ReferenceRequest): void {
    this.#place(request, -(this.#entered += 1));
  }

  enterBehind(request: ReferenceRequest): void {
    this.#place(request, (this.#entered += 1));
  }

  #place(request: ReferenceRequest, order: number): void {
    const member = this.#members.get(request)!;
    const queue = this.policy.queueOf(request.request, this.#view, member.level);
    const rank = this.policy.rank(request.request, this.#view, request.generated);
    this.policy.onEntered?.(queue, this.#queues());
    this.#places.push({ request, queue, rank, order });
    this.#members.set(request, { ...member, queue });
  }

  beginQuantum(request: ReferenceRequest): void {
    this.#members.set(request, { ...this.#members.get(request)!, quantumFrom: request.generated });
  }

  /** A decode step is over after which the request goes on. */
  endDecodeStep(request: ReferenceRequest): void {
    const member = this.#members.get(request)!;
    const quantum = this.policy.quantumTokens?.(request.request, this.#view, member.level) ?? Infinity;
    if (request.generated - member.quantumFrom < quantum) return;
    this.#members.set(request, { ...member, level: member.level + 1, quantumFrom: request.generated });
    this.#due.add(request);
  }

  takeDue(): ReadonlySet<ReferenceRequest> {
    const due = new Set(this.#due);
    this.#due.clear();
    return due;
  }

  mustGiveWay(request: ReferenceRequest, places: number): boolean {
    const queue = this.policy.queueOf(request.request, this.#view, this.#members.get(request)!.level);
    return this.#places.filter((place) => place.queue < queue).length > places;
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
    this.#members.set(request, { ...this.#members.get(request)!, leftWith: request.generated });
  }

  /** Who runs or waits leaves. Answer those who wait. */
  dismiss(running: readonly ReferenceRequest[]): ReferenceRequest[] {
    const dismissed = this.#places.splice(0).map(({ request }) => request);
    for (const request of [...running, ...dismissed]) {
      const member = this.#members.get(request)!;
      this.#members.delete(request);
      // If it comes back before the policy has been told, it is somebody else.
      this.#members.set({ ...request }, { ...member, leftWith: request.generated });
    }
    this.#due.clear();
    this.mustTell = true;
    return dismissed;
  }

  tell(): void {
    this.mustTell = false;
    const tokens = new Map<number, number>();
    for (const [request, member] of this.#members) {
      const { queue, toldTokens, leftWith } = member;
      tokens.set(queue, (tokens.get(queue) ?? 0) + (leftWith ?? request.generated) - toldTokens);
      if (leftWith !== undefined) this.#members.delete(request);
      else this.#members.set(request, { ...member, toldTokens: request.generated });
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
