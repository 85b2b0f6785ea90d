import { z } from 'zod';
import type { AdmissionContext, NamingModule } from '../../sim/module.ts';
import type { AdmissionPolicy } from '../../sim/ports.ts';
import { RequestStatus } from '../../sim/records.ts';
import { NS_PER_S, type Ns } from '../../sim/units.ts';
import { ADMIT, turnAway } from '../../sim/verdicts.ts';

const bucket = z.strictObject({
  perS: z.number().positive().describe('what comes in on average, 1/s'),
  burst: z.number().positive().describe('what can have gathered, count'),
});

const options = z.strictObject({
  of: z
    .enum(['requests', 'input-tokens'])
    .default('requests')
    .describe('what is counted: requests, or the tokens of their prompts (default: requests)'),
  tenants: z
    .record(z.string(), bucket)
    .refine(
      (tenants) => Object.keys(tenants).length > 0,
      'names no workload — write such as { chat: { perS: 5, burst: 20 } }',
    )
    .describe('by workload, the rate that it may keep up and the burst beyond; workloads not named have no limit'),
});

/**
 * One bucket for each tenant: `perS` fall in, up to `burst`; a request takes what it counts for out, or is turned away if
 * that is not there (Turner, New directions in communications, 1986).
 */
export const tokenBucket: NamingModule<AdmissionPolicy, z.infer<typeof options>, AdmissionContext> = {
  name: 'token-bucket',
  summary: 'every tenant may keep up a rate, with bursts; what is beyond is turned away',
  options,
  namesIn: ({ tenants }) =>
    Object.keys(tenants).map((name) => ({ path: ['tenants', name], noun: 'workload' as const, name })),
  create({ of, tenants }, { workloads }) {
    const buckets = workloads.map((name) => (Object.hasOwn(tenants, name) ? new Bucket(tenants[name]!) : undefined));
    const throttled = turnAway(RequestStatus.throttled);
    return {
      admit(request, requests, _fleet, nowNs) {
        const own = buckets[requests.workload(request)];
        if (own === undefined) return ADMIT;
        return own.take(of === 'requests' ? 1 : requests.promptTokens(request), nowNs) ? ADMIT : throttled;
      },
    };
  },
};

class Bucket {
  readonly #perNs: number;
  readonly #burst: number;
  #level: number;
  #levelNs: Ns = 0;

  constructor({ perS, burst }: z.infer<typeof bucket>) {
    this.#perNs = perS / NS_PER_S;
    this.#burst = burst;
    this.#level = burst;
  }

  take(amount: number, nowNs: Ns): boolean {
    this.#level = Math.min(this.#burst, this.#level + (nowNs - this.#levelNs) * this.#perNs);
    this.#levelNs = nowNs;
    if (amount > this.#level) return false;
    this.#level -= amount;
    return true;
  }
}
