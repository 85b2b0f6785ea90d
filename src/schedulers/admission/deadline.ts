import { z } from 'zod';
import type { AdmissionContext, NamingModule } from '../../sim/module.ts';
import type { AdmissionPolicy, FleetView } from '../../sim/ports.ts';
import { RequestStatus } from '../../sim/records.ts';
import { NS_PER_MS, NS_PER_S, type Ns } from '../../sim/units.ts';
import { ADMIT, turnAway } from '../../sim/verdicts.ts';

const options = z.strictObject({
  ttftMs: z
    .number()
    .positive()
    .optional()
    .describe('limit of every request, ms (default: the TTFT objective of its class; without one it is never shed)'),
  windowS: z.number().positive().default(10).describe('how far back the rate of service is looked at, s'),
});

/**
 * Sheds what would have to wait for longer than its client will. Predicted wait = requests waiting at the instance with the
 * fewest ÷ requests that an instance has begun per second lately: Little's law (1961) for a queue. What has been begun is what
 * was admitted and waits no more.
 */
export const deadline: NamingModule<AdmissionPolicy, z.infer<typeof options>, AdmissionContext> = {
  name: 'deadline',
  summary: 'requests that would miss their TTFT limit, by the wait predicted from the queue, are turned away at once',
  options,
  create({ ttftMs, windowS }, { models, ttftLimitsNs }) {
    const begun = models.map(() => new BegunRate(windowS * NS_PER_S));
    const shed = turnAway(RequestStatus.shed);
    return {
      admit(request, requests, fleet, nowNs) {
        const limitNs = ttftMs === undefined ? ttftLimitsNs[requests.workload(request)] : ttftMs * NS_PER_MS;
        const rate = begun[requests.model(request)]!;
        const fewest = rate.look(fleet, nowNs);
        const waitedNs = nowNs - requests.arrivalNs(request);
        if (limitNs !== undefined && waitedNs + rate.waitNs(fewest, fleet.eligibleCount) > limitNs) return shed;
        rate.admitted++;
        return ADMIT;
      },
    };
  },
};

/** How fast the instances of a model take requests out of their queues. */
class BegunRate {
  admitted = 0;
  readonly #windowNs: Ns;
  /** What had been begun at the two latest looks that are a window apart. */
  #olderNs: Ns = 0;
  #older = 0;
  #newerNs: Ns = 0;
  #newer = 0;
  #begun = 0;
  #nowNs: Ns = 0;

  constructor(windowNs: Ns) {
    this.#windowNs = windowNs;
  }

  /** Count who waits; answers how many do at the instance with the fewest. */
  look(fleet: FleetView, nowNs: Ns): number {
    let waiting = 0;
    let fewest = Infinity;
    for (let k = 0; k < fleet.eligibleCount; k++) {
      const here = fleet.waitingRequests(fleet.eligible(k));
      waiting += here;
      fewest = Math.min(fewest, here);
    }
    this.#begun = Math.max(this.#begun, this.admitted - waiting);
    this.#nowNs = nowNs;
    if (nowNs - this.#newerNs >= this.#windowNs) {
      this.#olderNs = this.#newerNs;
      this.#older = this.#newer;
      this.#newerNs = nowNs;
      this.#newer = this.#begun;
    }
    return fewest;
  }

  /** Until a request behind so many others is begun, at one of `instances`; 0 as long as nothing is known. */
  waitNs(waiting: number, instances: number): Ns {
    const begun = this.#begun - this.#older;
    if (waiting === 0 || instances === 0 || begun === 0) return 0;
    return (waiting * instances * (this.#nowNs - this.#olderNs)) / begun;
  }
}
