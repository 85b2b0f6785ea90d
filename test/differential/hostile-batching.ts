import fc from 'fast-check';
import type { BatchingPolicy, QueuedRequestView } from '../../src/sim/ports.ts';
import { hashOf } from '../support/statistics.ts';

type Order = 'one' | 'hash' | 'arrival' | 'prompt' | 'longest-prompt' | 'predicted' | 'remaining';

/** A policy that nobody would want, as plain data. */
export interface HostileBatching {
  readonly queues: number;
  readonly rank: Order;
  readonly next: 'lowest' | 'highest' | 'least-served';
  /** Prompt tokens beside one decoding sequence, and fewer beside each more. */
  readonly prompts: readonly [tokens: number, fewer: number] | undefined;
  readonly victim: Order | 'least-computed' | 'most-computed' | undefined;
  readonly relativeError: number;
  /** Tokens of the first quantum; each next one has as many more. Only of engines that preempt. */
  readonly quantumTokens: number | undefined;
}

const anyOrder = fc.constantFrom<Order>('one', 'hash', 'arrival', 'prompt', 'longest-prompt', 'predicted', 'remaining');

export const anyBatching: fc.Arbitrary<HostileBatching> = fc.record({
  queues: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 5 })),
  rank: anyOrder,
  next: fc.constantFrom('lowest', 'highest', 'least-served', 'least-served'),
  prompts: fc.option(
    fc.tuple(
      fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 100 })),
      fc.integer({ min: 0, max: 8 }),
    ),
    { nil: undefined, freq: 2 },
  ),
  victim: fc.option(fc.oneof(anyOrder, fc.constantFrom('least-computed' as const, 'most-computed' as const)), {
    nil: undefined,
    freq: 2,
  }),
  relativeError: fc.constantFrom(0, 0.5),
  quantumTokens: fc.option(fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 60 })), {
    nil: undefined,
    freq: 2,
  }),
});

/** First come first served, said as a policy. */
export const asEver: HostileBatching = {
  queues: 1,
  rank: 'one',
  next: 'lowest',
  prompts: undefined,
  victim: undefined,
  relativeError: 0,
  quantumTokens: undefined,
};

/** Of one instance. */
export function batchingPolicyOf(hostile: HostileBatching, seed: number): BatchingPolicy {
  const { queues, rank, next, prompts, victim, quantumTokens } = hostile;
  const served = Array.from({ length: queues + 2 }, () => 0);
  const orderOf = (order: Order, request: number, requests: QueuedRequestView, generatedTokens: number): number => {
    switch (order) {
      case 'one':
        return 0;
      case 'hash':
        return nameOf(request, requests, seed) % 4;
      case 'arrival':
        return -requests.arrivalNs(request);
      case 'prompt':
        return requests.promptTokens(request);
      case 'longest-prompt':
        return -requests.promptTokens(request);
      case 'predicted':
        return requests.predictedOutputTokens(request);
      case 'remaining':
        return requests.predictedOutputTokens(request) - generatedTokens;
    }
  };
  return {
    queueOf: (request, requests, level) => (nameOf(request, requests, seed + 1) % queues) + (level % 3),
    ...(quantumTokens !== undefined && {
      quantumTokens: (_request, _requests, level) => (level === 4 ? Infinity : quantumTokens * (1 + level)),
    }),
    rank: (request, requests, generatedTokens) => orderOf(rank, request, requests, generatedTokens),
    ...(next === 'highest' && { nextQueue: (view) => view.queue(view.count - 1) }),
    ...(next === 'least-served' && {
      nextQueue(view) {
        let least = view.queue(0);
        for (let k = 1; k < view.count; k++) if (served[view.queue(k)]! < served[least]!) least = view.queue(k);
        return least;
      },
      onEntered(queue, view) {
        const others = Array.from({ length: view.count }, (_, k) => served[view.queue(k)]!);
        if (others.length > 0) served[queue] = Math.max(served[queue]!, Math.min(...others));
      },
      onAdmitted(queue, promptTokens) {
        served[queue]! += promptTokens;
      },
      onGenerated(queue, outputTokens) {
        served[queue]! += 2 * outputTokens;
      },
    }),
    ...(prompts !== undefined && {
      prefillTokenBudget: (decodeSeqs) => Math.max(0, prompts[0] - prompts[1] * decodeSeqs),
    }),
    ...(victim !== undefined && {
      victimRank(request, requests, computedTokens) {
        if (victim === 'least-computed') return -computedTokens;
        return victim === 'most-computed' ? computedTokens : orderOf(victim, request, requests, 0);
      },
    }),
  };
}

/** The same for a request in both engines, whose rows are not. */
function nameOf(request: number, requests: QueuedRequestView, seed: number): number {
  return hashOf(seed, requests.workload(request), requests.arrivalNs(request), requests.promptTokens(request));
}
