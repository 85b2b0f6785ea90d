import type { FleetView, PromptView } from '../../sim/ports.ts';
import { NO_SESSION, type RequestIndex } from '../../sim/units.ts';

const TWO_32 = 4_294_967_296;

/**
 * A number of its own for every session of every workload, and, where prompts and answers have instances of their own, for
 * each of the two places that a session has then; NO_SESSION for a request without.
 */
export function sessionKey(request: RequestIndex, requests: PromptView, fleet: FleetView): number {
  const session = requests.session(request);
  if (session === NO_SESSION) return NO_SESSION;
  const place = fleet.role(fleet.eligible(0)) === 'decode' ? 1 : 0;
  return session + (2 * requests.workload(request) + place) * TWO_32;
}
