import { z } from 'zod';
import type { AdmissionContext, NamingModule } from '../../sim/module.ts';
import type { AdmissionPolicy } from '../../sim/ports.ts';
import { RequestStatus } from '../../sim/records.ts';
import { NS_PER_S, type Ns } from '../../sim/units.ts';
import { ADMIT, deferUntil, turnAway } from '../../sim/verdicts.ts';

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
  whenEmpty: z
    .enum(['reject', 'defer'])
    .default('reject')
    .describe(
      '`reject`: what finds too little is turned away; `defer`: it waits, in order, until so much has fallen in (default: reject)',
    ),
  maxWaitS: z
    .number()
    .positive()
    .optional()
    .describe('with `defer`: who would wait for longer is turned away at once, s (default: everybody waits)'),
});

/**
 * One bucket for each tenant: `perS` fall in, up to `burst`; a request takes what it counts for out. If that is not there, it
 * is turned away (policing; Turner, New directions in communications, 1986), or takes what is yet to fall in and comes back
 * when it has (shaping).
 */
export const tokenBucket: NamingModule<AdmissionPolicy, z.infer<typeof options>, AdmissionContext> = {
  name: 'token-bucket',
  summary: 'every tenant may keep up a rate, with bursts; what is beyond is turned away, or waits',
  options,
  namesIn: ({ tenants }) =>
    Object.keys(tenants).map((name) => ({ path: ['tenants', name], noun: 'workload' as const, name })),
  create({ of, tenants, whenEmpty, maxWaitS = Infinity }, { workloads }) {
    const buckets = workloads.map((name) => (Object.hasOwn(tenants, name) ? new Bucket(tenants[name]!) : undefined));
    const throttled = turnAway(RequestStatus.throttled);
    const defers = whenEmpty === 'defer';
    const mostNs = defers ? maxWaitS * NS_PER_S : 0;
    return {
      admit(request, requests, _fleet, nowNs) {
        const own = buckets[requests.workload(request)];
        if (own === undefined) return ADMIT;
        // It comes back, and has taken what it counts for when it came first.
        if (defers && requests.arrivalNs(request) < nowNs) return ADMIT;
        const waitNs = own.take(of === 'requests' ? 1 : requests.promptTokens(request), nowNs, mostNs);
        if (waitNs === 0) return ADMIT;
        return waitNs === Infinity ? throttled : deferUntil(nowNs + waitNs);
      },
    };
  },
};

class Bucket {
  readonly #perNs: number;
  readonly #burst: number;
  /** Below 0 is what has been taken before it has fallen in. */
  #level: number;
  #levelNs: Ns = 0;

  constructor({ perS, burst }: z.infer<typeof bucket>) {
    this.#perNs = perS / NS_PER_S;
    this.#burst = burst;
    this.#level = burst;
  }

  /** Take an amount, and answer how long until it has all fallen in; Infinity, and nothing is taken, where that is beyond `mostNs`. */
  take(amount: number, nowNs: Ns, mostNs: Ns): Ns {
    this.#level = Math.min(this.#burst, this.#level + (nowNs - this.#levelNs) * this.#perNs);
    this.#levelNs = nowNs;
    const waitNs = amount <= this.#level ? 0 : Math.ceil((amount - this.#level) / this.#perNs);
    if (waitNs > mostNs) return Infinity;
    this.#level -= amount;
    return waitNs;
  }
}
