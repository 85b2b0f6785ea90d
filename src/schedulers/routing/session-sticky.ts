import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { RoutingPolicy } from '../../sim/ports.ts';
import { NO_INSTANCE, NO_SESSION } from '../../sim/units.ts';
import { balanceFields, isOverloaded } from './balance-options.ts';
import { RecentSessions } from './recent-sessions.ts';
import { sessionKey } from './session-key.ts';

const options = z.strictObject({
  ...balanceFields,
  sessions: z
    .int()
    .min(1)
    .max(1e8)
    .default(1_000_000)
    .describe('how many are remembered; beyond, the ones not heard of for longest are forgotten, sessions'),
});

export const sessionSticky: Module<RoutingPolicy, z.infer<typeof options>> = {
  name: 'session-sticky',
  summary:
    'the instance that its session was sent to last, unless that is overloaded; then, and for a new session, the one with the fewest outstanding requests',
  options,
  create(chosen) {
    const sessions = new RecentSessions(chosen.sessions);
    return {
      route(request, requests, fleet) {
        const key = sessionKey(request, requests, fleet);
        const usual = key === NO_SESSION ? NO_INSTANCE : sessions.instanceOf(key);
        const idlest = fleet.leastOutstanding();
        const staysThere =
          usual !== NO_INSTANCE &&
          fleet.isEligible(usual) &&
          !isOverloaded(fleet.outstandingRequests(usual), fleet.outstandingRequests(idlest), chosen);
        const best = staysThere ? usual : idlest;
        if (key !== NO_SESSION) sessions.remember(key, best);
        return best;
      },
    };
  },
};
