import type { Mutant } from './mutants.ts';

/** Slips in the order of the queue and in what policies decide. None of them can keep a run from ending. */
export const batchingMutants: readonly Mutant[] = [
  {
    among: 'batching',
    why: 'who was preempted waits behind the others of his rank',
    file: 'policy-queues.ts',
    find: 'this.#push(request, -++this.#entered);',
    replace: 'this.#push(request, ++this.#entered);',
  },
  {
    among: 'batching',
    why: 'requests of one rank are served in any order',
    file: 'rank-heap.ts',
    find: 'rank < other || (rank === other && order < this.#orders[at]!)',
    replace: 'rank < other',
  },
  {
    among: 'batching',
    why: 'a request enters before it is there',
    file: 'admission.ts',
    find: 'waiting.size > 0 && this.enqueuedNs(waiting.head) <= untilNs',
    replace: 'waiting.size > 0',
  },
  {
    among: 'batching',
    why: 'the lowest queue is always next',
    file: 'policy-queues.ts',
    find: 'this.policy.nextQueue?.(this) ?? this.#numbers[0]!',
    replace: 'this.#numbers[0]!',
  },
  {
    among: 'batching',
    why: 'a policy hears of a prompt again when it is computed again',
    file: 'admission.ts',
    find: 'this.#requests.scheduledNs[request] === NOT_YET ? tokens : 0',
    replace: 'tokens',
  },
  {
    among: 'batching',
    why: 'a policy is not told when somebody leaves',
    file: 'policy-queues.ts',
    find: `leaves(request: RequestIndex, generatedTokens: number): void {
    this.mustTell = true;`,
    replace: 'leaves(request: RequestIndex, generatedTokens: number): void {',
  },
  {
    among: 'batching',
    why: 'a policy is not told before a preemption',
    file: 'batch.ts',
    find: 'if (queues !== undefined) queues.tell(this.running, this.decoding.steps, this.#partial);',
    replace: '',
  },
  {
    among: 'batching',
    why: 'prompts take what the engine allows, whatever the policy says',
    file: 'batch.ts',
    find: 'Math.min(budget, queues.policy.prefillTokenBudget?.(decoding.seqs) ?? budget)',
    replace: 'budget',
  },
  {
    among: 'batching',
    why: 'of those with the highest rank the one admitted first is preempted',
    file: 'policy-queues.ts',
    find: 'if (victim !== NONE && !(rank > highest)) continue;',
    replace: 'if (victim !== NONE && rank < highest) continue;',
  },
  {
    among: 'batching',
    why: 'room is made for those who decode, and not for a prompt',
    file: 'batch.ts',
    find: 'kv.lacksForNextStep(this.#blocksOfChunk(this.#promptBudget()))',
    replace: 'kv.lacksForNextStep(0)',
  },
  {
    among: 'batching',
    why: 'who has used up a quantum gives way though there are places',
    file: 'policy-queues.ts',
    find: 'return ahead > places;',
    replace: 'return ahead > 0;',
  },
  {
    among: 'batching',
    why: 'who gives way waits ahead of the others of his rank',
    file: 'batch.ts',
    find: 'queues.enterBehind(request);',
    replace: 'queues.enterAgain(request);',
  },
  {
    among: 'batching',
    why: 'the engine jumps over a moment at which somebody comes in ahead of who was refused',
    file: 'instance.ts',
    find: 'if (this.batch.waiting.head !== request) return false;',
    replace: 'if (this.batch.waiting.head !== request || (this.batch.queues?.size ?? 0) > 0) return false;',
  },
];
