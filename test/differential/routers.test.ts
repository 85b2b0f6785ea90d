import fc from 'fast-check';
import { describe, test } from 'vitest';
import { routingPolicies } from '../../src/schedulers/routing/index.ts';
import { prefixAware } from '../../src/schedulers/routing/prefix-aware.ts';
import { weighted } from '../../src/schedulers/routing/weighted.ts';
import type { FleetView, PromptView, RoutingPolicy } from '../../src/sim/ports.ts';
import { Streams } from '../../src/sim/streams.ts';
import { type InstanceIndex, NO_SEGMENT, TICKS_PER_NS } from '../../src/sim/units.ts';
import type { SimulationPlan } from '../../src/sim/simulate.ts';
import { simulateStepByStep } from '../reference/reference-engine.ts';
import { collect } from '../support/collect.ts';
import { expectNoDifference, rowsDifference } from './agreement.ts';
import { apartCase } from './apart-case.ts';
import { sharedPromptsCase } from './flavours.ts';
import { anyCase } from './hostile-cases.ts';
import type { HostileCase } from './hostile-cases.ts';
import { partsOf, planOf } from './hostile-plan.ts';
import { tiersCase } from './tiers-case.ts';

/** Snapshots that are rarer and later than steps, and far more frequent. */
interface RoutedCase {
  readonly hostile: HostileCase;
  readonly telemetrySteps: number;
  readonly delaySteps: number;
}

const anyRoutedCase: fc.Arbitrary<RoutedCase> = fc.record({
  hostile: fc.oneof(anyCase, sharedPromptsCase, apartCase, tiersCase),
  telemetrySteps: fc.constantFrom(0.3, 1, 2.5, 20),
  delaySteps: fc.constantFrom(0, 0, 0.5, 1, 7, 60),
});

const listed = [
  ...routingPolicies.map((policy) => [policy.name, policy, {}] as const),
  ...[prefixAware, weighted].map((policy) => [`${policy.name} by exact hits`, policy, { hits: 'exact' }] as const),
];

describe('routers see the same in segments and step by step', () => {
  test('whatever can be seen is the same to the bit', () => {
    expectNoDifference(20, anyRoutedCase, 350, (routed) =>
      difference(routed, () => curious(nsOf(routed, routed.telemetrySteps), nsOf(routed, routed.delaySteps))),
    );
  });

  test.each(listed)('%s decides the same', (_name, policy, chosen) => {
    expectNoDifference(21, anyRoutedCase, 40, (routed) =>
      difference(routed, () => {
        const options = policy.options.parse(chosen);
        const router = policy.create(options, { streams: new Streams(routed.hostile.seed) });
        if (router.telemetry === undefined) return router;
        // Its own interval would be longer than the run.
        const telemetry = {
          intervalNs: nsOf(routed, routed.telemetrySteps),
          delayNs: nsOf(routed, routed.delaySteps),
        };
        return { ...router, telemetry };
      }),
    );
  });
});

/** Chooses by a sum of all that it can see, so that whatever differs is noticed. */
function curious(intervalNs: number, delayNs: number): RoutingPolicy {
  return {
    telemetry: { intervalNs, delayNs },
    route(request, requests, fleet) {
      let sum = mixed(promptFigures(request, requests), mixed(fleet.leastOutstanding(), fleet.totalOutstanding()));
      for (let k = 0; k < fleet.eligibleCount; k++) {
        sum = mixed(mixed(sum, instanceFigures(fleet.eligible(k), request, fleet)), columnFigures(k, fleet));
      }
      return fleet.eligible(Math.floor(sum) % fleet.eligibleCount);
    },
  };
}

function instanceFigures(instance: InstanceIndex, request: number, fleet: FleetView): number {
  return [
    fleet.outstandingRequests(instance),
    fleet.waitingRequests(instance),
    fleet.outstandingPromptTokens(instance),
    fleet.reportedWaitingRequests(instance),
    fleet.reportedRunningRequests(instance),
    fleet.reportedKvUse(instance) * 1e6,
    fleet.cachedTokens(instance, request),
    fleet.isEligible(instance + 1) ? 1 : 0,
    fleet.pool(instance),
    fleet.role(instance).length,
    fleet.rentUsdPerHour(instance),
    fleet.maxNumSeqs(instance),
    fleet.blockTokens(instance),
    fleet.prefillTokensPerS(instance),
    fleet.prefillJoulesPerToken(instance),
    fleet.decodeStepJoules(instance, fleet.outstandingRequests(instance)),
    fleet.decodeStepNs(instance, fleet.outstandingRequests(instance)),
  ].reduce(mixed);
}

/** Columns say what the view answers, and where stretches end. */
function columnFigures(k: number, { columns }: FleetView): number {
  const instance = columns.eligible[k]!;
  return [
    instance,
    columns.stretchEnd[k]!,
    columns.outstandingRequests[instance]!,
    columns.outstandingPromptTokens[instance]!,
    columns.reportedWaitingRequests[instance]!,
    columns.reportedKvUse[instance]! * 1e6,
  ].reduce(mixed);
}

function promptFigures(request: number, requests: PromptView): number {
  let sum = mixed(requests.promptTokens(request), requests.session(request) + 1);
  for (let segment = requests.firstSegment(request); segment !== NO_SEGMENT; segment = requests.nextSegment(segment)) {
    sum = mixed(mixed(sum, requests.stream(segment)), requests.endToken(request, segment));
  }
  return sum;
}

function mixed(sum: number, figure: number): number {
  return (sum * 31 + figure) % 1_000_003;
}

function nsOf({ hostile }: RoutedCase, steps: number): number {
  const ns = Math.round((steps * hostile.stepTicks) / TICKS_PER_NS);
  return steps === 0 ? 0 : Math.max(1, ns);
}

function difference({ hostile }: RoutedCase, routing: () => RoutingPolicy): string | undefined {
  const plan = withPrices(planOf(hostile));
  const expected = simulateStepByStep(plan, { ...partsOf(hostile), routing: routing() });
  const actual = collect(plan, { ...partsOf(hostile), routing: routing() });
  return (
    rowsDifference('request', actual.requests, expected.requests) ??
    rowsDifference('timeline', actual.timeline, expected.timeline)
  );
}

function withPrices(plan: SimulationPlan): SimulationPlan {
  const pools = plan.pools.map((pool, index) => ({
    ...pool,
    acceleratorsPerInstance: 1 + index,
    rentUsdPerAcceleratorHour: (7 * index) % 3,
  }));
  return { ...plan, pools };
}
