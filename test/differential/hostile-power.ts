import fc from 'fast-check';
import type { PowerControlPlan, PowerDomainPlan } from '../../src/sim/power-control-plan.ts';
import type { SleepRequest, StepCost } from '../../src/sim/ports.ts';
import { between } from './hostile-cases.ts';
import type { HostileCase } from './hostile-cases.ts';
import { powerOf } from './hostile-energy.ts';

interface HostileControl {
  readonly ageSteps: number;
  readonly actuationSteps: number;
  readonly brake: { readonly delaySteps: number; readonly holdSteps: number; readonly clock: number } | undefined;
  readonly lowPriorityPools: readonly number[];
  readonly domains: readonly HostileDomain[];
}

interface HostileDomain {
  readonly counts: PowerDomainPlan['counts'];
  /** Every so many-th instance. */
  readonly stride: number;
  /** Of what its instances take in steps, from the start, and later. */
  readonly share: number;
  readonly changes: readonly { readonly afterSteps: number; readonly share: number }[];
}

const manySteps = fc.oneof(fc.constant(0), between(0, 60));
const anyShare = fc.oneof(fc.constant(0), between(0, 1.5));

const anyControl: fc.Arbitrary<HostileControl> = fc.record({
  ageSteps: manySteps,
  actuationSteps: manySteps,
  brake: fc.option(
    fc.record({ delaySteps: manySteps, holdSteps: manySteps, clock: fc.constantFrom(1, 0.5, 0.25, 0.1) }),
    { nil: undefined },
  ),
  lowPriorityPools: fc.subarray([0, 1, 2]),
  domains: fc.array(
    fc.record({
      counts: fc.constantFrom('accelerators', 'it', 'facility'),
      stride: fc.integer({ min: 1, max: 3 }),
      share: anyShare,
      changes: fc.array(fc.record({ afterSteps: between(1, 100), share: anyShare }), { maxLength: 3 }),
    }),
    { maxLength: 3 },
  ),
});

/** By the seed of the case; an instance may be in several domains, or in none. */
export function controlPlan(
  { seed, pools, clockSteps = 1 }: HostileCase,
  ns: (steps: number) => number,
): PowerControlPlan {
  const control = fc.sample(anyControl, { seed, numRuns: 1 })[0]!;
  const watts = pools.map((_, pool) => powerOf(seed + pool));
  const poolOfInstance = pools.flatMap(({ instances }, pool) => Array.from({ length: instances }, () => pool));
  const domains = control.domains.map(({ counts, stride, share, changes }, index): PowerDomainPlan => {
    const every = poolOfInstance.flatMap((_, instance) => (instance % stride === 0 ? [instance] : []));
    const { pue } = watts[0]!.watts;
    const onePue = every.filter((instance) => watts[poolOfInstance[instance]!]!.watts.pue === pue);
    const instances = counts === 'facility' ? onePue : every;
    const busyWatts = instances.reduce((sum, instance) => sum + watts[poolOfInstance[instance]!]!.stepWatts, 1);
    let fromNs = 0;
    const later = changes.map((change) => {
      fromNs += Math.max(1, ns(change.afterSteps));
      return { fromNs, watts: change.share * busyWatts };
    });
    return { name: `domain ${index}`, instances, counts, budget: [{ fromNs: 0, watts: share * busyWatts }, ...later] };
  });
  return {
    kind: 'hostile',
    options: {},
    telemetryIntervalNs: Math.max(1, ns(clockSteps)),
    telemetryAgeNs: ns(control.ageSteps),
    actuationNs: ns(control.actuationSteps),
    lowPriorityPools: control.lowPriorityPools,
    domains,
    ...(control.brake !== undefined && {
      brake: {
        delayNs: ns(control.brake.delaySteps),
        holdNs: ns(control.brake.holdSteps),
        clock: control.brake.clock,
      },
    }),
  };
}

/** By the seed of the case; in half of them nobody sleeps. */
export function sleepOf(seed: number, ns: (steps: number) => number): SleepRequest | undefined {
  if (seed % 2 === 0) return undefined;
  return { afterNs: ns([0, 0.5, 2, 7][seed % 4]! * (seed % 3)), wakeNs: ns([0, 0.3, 3, 11, 20][seed % 5]!) };
}

/** A cap is some lower clock, as it is of an accelerator, but any. */
export function withCaps(cost: StepCost): StepCost {
  const under = (clock: number, capWatts: number) =>
    capWatts === Infinity ? clock : clock * [1, 0.8, 0.45, 0.3][capWatts % 4]!;
  return {
    decodePiece: (decodeSeqs, kvTokens, clock, capWatts = Infinity) =>
      cost.decodePiece(decodeSeqs, kvTokens, under(clock, capWatts)),
    prefillStepTicks: (batch) =>
      cost.prefillStepTicks({ ...batch, clock: under(batch.clock, batch.capWatts ?? Infinity) }),
    prefillStepQuanta: (batch) =>
      cost.prefillStepQuanta({ ...batch, clock: under(batch.clock, batch.capWatts ?? Infinity) }),
    chunkWeight: (tokens, contextTokens) => cost.chunkWeight(tokens, contextTokens),
  };
}
