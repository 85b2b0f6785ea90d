import { z } from 'zod';
import type { BatchingPolicy, QueuesView } from '../../sim/ports.ts';
import type { BatchingModule } from './batching-module.ts';
import { commonConflict, commonParts, stepTokensOption, victimOption } from './common-options.ts';

const options = z.strictObject({
  promptTokenCost: z.number().positive().default(1).describe('what one computed prompt token counts'),
  outputTokenCost: z.number().positive().default(2).describe('what one generated token counts, in the same unit'),
  victim: victimOption(),
  stepTokens: stepTokensOption(),
});

type Options = z.output<typeof options>;

/**
 * Virtual token counters of Y. Sheng et al., "Fairness in Serving Large Language Models" (OSDI 2024), a tenant being a
 * workload. While two tenants wait, what they were served, divided by their weights, differs by at most twice the larger of
 * what one prompt and what all tokens of one running batch count.
 */
export const fairShare: BatchingModule<Options> = {
  name: 'fair-share',
  summary:
    'the workload that has been served the fewest tokens first, divided by its `fairShareWeight`; within it, first come first served',
  options,
  create(given, { workloads }) {
    const counters = new VirtualCounters(
      given,
      workloads.map(({ fairShareWeight }) => fairShareWeight),
    );
    return {
      queueOf: (request, requests) => requests.workload(request),
      rank: () => 0,
      nextQueue: (queues) => counters.lowest(queues),
      onEntered: (queue, queues) => counters.lift(queue, queues),
      onAdmitted: (queue, promptTokens) => counters.admitted(queue, promptTokens),
      onGenerated: (queue, outputTokens) => counters.generated(queue, outputTokens),
      ...commonParts(given, (request, requests) => counters.of(requests.workload(request))),
    } satisfies BatchingPolicy;
  },
  conflict: commonConflict,
};

class VirtualCounters {
  readonly #counters: Float64Array;
  readonly #weights: readonly number[];
  readonly #promptTokenCost: number;
  readonly #outputTokenCost: number;
  /** The tenant whose request was admitted last. */
  #latest = 0;

  constructor({ promptTokenCost, outputTokenCost }: Options, weights: readonly number[]) {
    this.#counters = new Float64Array(weights.length);
    this.#weights = weights;
    this.#promptTokenCost = promptTokenCost;
    this.#outputTokenCost = outputTokenCost;
  }

  of(tenant: number): number {
    return this.#counters[tenant]!;
  }

  lowest(queues: QueuesView): number {
    let lowest = queues.queue(0);
    for (let k = 1; k < queues.count; k++) {
      const tenant = queues.queue(k);
      if (this.of(tenant) < this.of(lowest)) lowest = tenant;
    }
    return lowest;
  }

  /** Who was away has no claim on the past: he begins where those who wait are, or where the last one was who did. */
  lift(tenant: number, queues: QueuesView): void {
    const others = queues.count === 0 ? this.#latest : this.lowest(queues);
    this.#counters[tenant] = Math.max(this.of(tenant), this.of(others));
  }

  admitted(tenant: number, promptTokens: number): void {
    this.#latest = tenant;
    this.#counters[tenant]! += (promptTokens * this.#promptTokenCost) / this.#weights[tenant]!;
  }

  generated(tenant: number, outputTokens: number): void {
    this.#counters[tenant]! += (outputTokens * this.#outputTokenCost) / this.#weights[tenant]!;
  }
}
