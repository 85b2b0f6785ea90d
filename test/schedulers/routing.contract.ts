import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Module, ModuleContext } from '../../src/sim/module.ts';
import type { RoutingPolicy } from '../../src/sim/ports.ts';
import { Streams } from '../../src/sim/streams.ts';
import { NO_SESSION } from '../../src/sim/units.ts';
import { fleetOf, requestsOf } from '../support/fakes.ts';

/** A fleet keeps its instances, though not all of them can take every request. */
const INSTANCES = 8;

const anyInstance = fc.record({
  eligible: fc.boolean(),
  outstanding: fc.nat(64),
  promptTokens: fc.nat(20_000),
  reportedWaiting: fc.nat(40),
  reportedRunning: fc.nat(64),
  reportedKvUse: fc.double({ min: 0, max: 1, noNaN: true }),
  cachedTokens: fc.nat(100_000),
  rentUsdPerHour: fc.constantFrom(0, 1, 4),
  prefillTokensPerS: fc.constantFrom(100, 10_000),
  pool: fc.nat(3),
});
const anyFleet = fc
  .array(anyInstance, { minLength: INSTANCES, maxLength: INSTANCES })
  .filter((instances) => instances.some(({ eligible }) => eligible));
const anyHistory = fc.array(
  fc.record({
    fleet: anyFleet,
    model: fc.nat(2),
    promptTokens: fc.integer({ min: 1, max: 100_000 }),
    session: fc.integer({ min: NO_SESSION, max: 5 }),
    path: fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 50_000 })), { maxLength: 3 }),
  }),
  {
    minLength: 1,
    maxLength: 20,
  },
);

/** What every router owes the fleet, whatever it prefers. */
export function describeRouter(policy: Module<RoutingPolicy, unknown>): void {
  const create = () => policy.create(policy.options.parse({}), freshContext());

  describe(policy.name, () => {
    test('answers an eligible instance', () => {
      fc.assert(
        fc.property(anyHistory, (history) => {
          const router = create();
          for (const { fleet, ...request } of history) {
            const answer = router.route(0, requestsOf(request), fleetOf(...fleet), 0);

            expect(fleet[answer]?.eligible).toBe(true);
          }
        }),
      );
    });

    test('answers the same for the same history', () => {
      fc.assert(
        fc.property(anyHistory, (history) => {
          const answers = () => {
            const router = create();
            return history.map(({ fleet, ...request }) => router.route(0, requestsOf(request), fleetOf(...fleet), 0));
          };

          expect(answers()).toEqual(answers());
        }),
      );
    });

    test('does not depend on the row a request happens to sit in', () => {
      fc.assert(
        fc.property(anyHistory, (history) => {
          const requests = requestsOf(...history);
          const inOneRow = create();
          const inItsOwnRow = create();
          for (const [row, { fleet, ...request }] of history.entries()) {
            const answer = inOneRow.route(0, requestsOf(request), fleetOf(...fleet), 0);

            expect(inItsOwnRow.route(row, requests, fleetOf(...fleet), 0)).toBe(answer);
          }
        }),
      );
    });

    test('can be named without options and refuses one it does not know', () => {
      expect(policy.options.safeParse({}).success).toBe(true);
      expect(policy.options.safeParse({ noSuchOption: 1 }).success).toBe(false);
    });
  });
}

export function freshContext(seed = 1): ModuleContext {
  return { streams: new Streams(seed) };
}
