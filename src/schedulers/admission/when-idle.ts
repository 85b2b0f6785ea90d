import { z } from 'zod';
import type { AdmissionContext, NamingModule } from '../../sim/module.ts';
import type { AdmissionPolicy, FleetView } from '../../sim/ports.ts';
import { NS_PER_S } from '../../sim/units.ts';
import { ADMIT, deferUntil } from '../../sim/verdicts.ts';
import { latestStart, patienceShape } from '../patience.ts';

const options = z.strictObject({
  ...patienceShape,
  outstandingPerInstance: z
    .number()
    .positive()
    .describe('they are begun while the instances that could take them have fewer requests than that, in the mean'),
  checkS: z.number().positive().default(60).describe('how often those that were deferred are looked at again, s'),
});

/** Work that can wait fills the hours in which the fleet has little to do, and gives way to all other work. */
export const whenIdle: NamingModule<AdmissionPolicy, z.infer<typeof options>, AdmissionContext> = {
  name: 'when-idle',
  summary: 'what can wait is deferred until the fleet has little to do, or until its deadline comes near',
  options,
  namesIn: ({ workloads }) =>
    workloads.map((name, index) => ({ path: ['workloads', index], noun: 'workload' as const, name })),
  create({ outstandingPerInstance, checkS, ...patience }, { workloads }) {
    const latestNsOf = latestStart(patience, workloads);
    const checkNs = Math.max(1, Math.round(checkS * NS_PER_S));
    return {
      admit(request, requests, fleet, nowNs) {
        const latestNs = latestNsOf(request, requests);
        const isBusy = outstandingOf(fleet) >= outstandingPerInstance * fleet.eligibleCount;
        return latestNs > nowNs && isBusy ? deferUntil(Math.min(latestNs, nowNs + checkNs)) : ADMIT;
      },
    };
  },
};

function outstandingOf(fleet: FleetView): number {
  let outstanding = 0;
  for (let k = 0; k < fleet.eligibleCount; k++) outstanding += fleet.outstandingRequests(fleet.eligible(k));
  return outstanding;
}
