import type { FleetColumns } from '../../src/sim/fleet-columns.ts';
import type { FleetView } from '../../src/sim/ports.ts';

/** The columns of a view, as it answers instance by instance at the moment. */
export function columnsOf(fleet: FleetView, instances: number): FleetColumns {
  const column = (figure: (instance: number) => number) => Array.from({ length: instances }, (_, k) => figure(k));
  return {
    get eligible() {
      return Array.from({ length: fleet.eligibleCount }, (_, k) => fleet.eligible(k));
    },
    get stretchEnd() {
      return Array.from({ length: fleet.eligibleCount }, (_, k) => {
        let end = fleet.eligible(k) + 1;
        while (end < instances && fleet.isEligible(end) && fleet.pool(end) === fleet.pool(end - 1)) end++;
        return end;
      });
    },
    get outstandingRequests() {
      return column((instance) => fleet.outstandingRequests(instance));
    },
    get outstandingPromptTokens() {
      return column((instance) => fleet.outstandingPromptTokens(instance));
    },
    get reportedWaitingRequests() {
      return column((instance) => fleet.reportedWaitingRequests(instance));
    },
    get reportedKvUse() {
      return column((instance) => fleet.reportedKvUse(instance));
    },
  };
}
