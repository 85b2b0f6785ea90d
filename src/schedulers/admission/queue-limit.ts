import { z } from 'zod';
import type { AdmissionContext, NamingModule } from '../../sim/module.ts';
import type { AdmissionPolicy, FleetView } from '../../sim/ports.ts';
import { RequestStatus } from '../../sim/records.ts';
import { ADMIT, turnAway } from '../../sim/verdicts.ts';

const options = z.strictObject({
  waitingPerInstance: z.int().min(0).describe('requests that may wait at an instance, count'),
  of: z
    .enum(['instance', 'fleet'])
    .default('instance')
    .describe(
      '`instance`: turned away when that many wait at every instance that could take the request; `fleet`: when that many wait at them on average (default: instance)',
    ),
});

/** What a server does that answers 429 when its queue is full. */
export const queueLimit: NamingModule<AdmissionPolicy, z.infer<typeof options>, AdmissionContext> = {
  name: 'queue-limit',
  summary: 'requests that would have to wait behind too many others are turned away at once',
  options,
  create({ waitingPerInstance, of }) {
    const full = turnAway(RequestStatus.queueFull);
    return {
      admit(_request, _requests, fleet) {
        const count = fleet.eligibleCount;
        if (count === 0) return ADMIT;
        const waiting = of === 'instance' ? fewestWaiting(fleet) : totalWaiting(fleet) / count;
        return waiting >= waitingPerInstance && !hasRoom(fleet) ? full : ADMIT;
      },
    };
  },
};

/** Somewhere nobody is: a limit of 0 means that nobody waits, not that nobody is served. */
function hasRoom(fleet: FleetView): boolean {
  for (let k = 0; k < fleet.eligibleCount; k++) if (fleet.outstandingRequests(fleet.eligible(k)) === 0) return true;
  return false;
}

function fewestWaiting(fleet: FleetView): number {
  let fewest = Infinity;
  for (let k = 0; k < fleet.eligibleCount; k++) fewest = Math.min(fewest, fleet.waitingRequests(fleet.eligible(k)));
  return fewest;
}

function totalWaiting(fleet: FleetView): number {
  let total = 0;
  for (let k = 0; k < fleet.eligibleCount; k++) total += fleet.waitingRequests(fleet.eligible(k));
  return total;
}
