import type { KvLinkPlan } from '../../src/sim/plan.ts';

/** What carries KV out of one prefill instance, one transfer after the other. */
export class ReferenceLink {
  readonly #plan: KvLinkPlan;
  /** When the last byte of all transfers so far has been sent. */
  #freeNs = 0;

  constructor(plan: KvLinkPlan) {
    this.#plan = plan;
  }

  /** Send the KV of so many tokens as soon as possible; answer when all of it is there. */
  carry(tokens: number, nowNs: number): number {
    const { kvBytesPerToken, gbPerS, latencyNs } = this.#plan;
    this.#freeNs = Math.max(this.#freeNs, nowNs) + Math.max(1, Math.ceil((tokens * kvBytesPerToken) / gbPerS));
    return this.#freeNs + latencyNs;
  }
}
