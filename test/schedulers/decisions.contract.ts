import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AdmissionContext, Module, ModelRoutingContext, ScalingContext } from '../../src/sim/module.ts';
import type { AdmissionPolicy, ModelRoutingPolicy, ScalingPolicy } from '../../src/sim/ports.ts';
import { RequestStatus } from '../../src/sim/records.ts';
import { Streams } from '../../src/sim/streams.ts';
import { NS_PER_HOUR, NS_PER_S } from '../../src/sim/units.ts';
import { ADMIT, modelOf } from '../../src/sim/verdicts.ts';
import { fleetOf, poolOf, requestsOf } from '../support/fakes.ts';

export const MODELS = ['small', 'large'];
export const WORKLOADS = ['chat', 'batch'];

export function admissionContext(given: Partial<AdmissionContext> = {}): AdmissionContext {
  const common = { streams: new Streams(1), start: '2026-06-01T00:00+02:00', models: MODELS, workloads: WORKLOADS };
  const daily = { atNs: [0, 7, 19].map((hour) => hour * NS_PER_HOUR), periodNs: 24 * NS_PER_HOUR };
  const electricity = {
    usdPerKWh: { ...daily, values: [0.05, 0.1, 0.2] },
    gramsPerKWh: { ...daily, values: [400, 200, 500] },
  };
  const electricityOfModel = [electricity, electricity];
  return { ...common, electricityOfModel, ttftLimitsNs: [NS_PER_S, undefined], ...given };
}

export function scalingContext(given: Partial<ScalingContext> = {}): ScalingContext {
  const common = { streams: new Streams(1), start: '2026-06-01T00:00+02:00' };
  return { ...common, intervalNs: 60 * NS_PER_S, startInstances: 3, leadNs: 300 * NS_PER_S, ...given };
}

/** What an arbitrary gives. */
type Drawn<From> = From extends fc.Arbitrary<infer Value> ? Value : never;

const anyInstance = fc.record({ eligible: fc.boolean(), outstanding: fc.nat(64), waiting: fc.nat(40) });
const anyArrivals = fc.array(
  fc.record({
    gapNs: fc.oneof(fc.constant(0), fc.nat(NS_PER_S), fc.nat(30 * NS_PER_HOUR)),
    fleet: fc.array(anyInstance, { maxLength: 6 }),
    workload: fc.nat(1),
    model: fc.nat(1),
    promptTokens: fc.integer({ min: 1, max: 5_000 }),
  }),
  { minLength: 1, maxLength: 30 },
);

/** What every admission policy owes the front, whatever it prefers. */
export function describeAdmission(
  policy: Module<AdmissionPolicy, unknown, AdmissionContext>,
  options: Readonly<Record<string, unknown>>,
): void {
  const answers = (arrivals: Drawn<typeof anyArrivals>) => {
    const admission = policy.create(policy.options.parse(options), admissionContext());
    let nowNs = 0;
    return arrivals.map(({ gapNs, fleet, ...request }) => {
      nowNs += gapNs;
      return {
        nowNs,
        verdict: admission.admit(0, requestsOf({ ...request, arrivalNs: nowNs }), fleetOf(...fleet), nowNs),
      };
    });
  };

  describe(policy.name, () => {
    test('admits, names a reason, a model or a time to come', () => {
      fc.assert(
        fc.property(anyArrivals, (arrivals) => {
          for (const { nowNs, verdict } of answers(arrivals)) {
            const isTime = Number.isInteger(verdict) && verdict > nowNs;
            const isReason = -verdict > RequestStatus.rejected && -verdict <= RequestStatus.shed;
            const isModel = modelOf(verdict) >= 0 && modelOf(verdict) < MODELS.length;

            expect(verdict === ADMIT || isTime || isReason || isModel).toBe(true);
          }
        }),
      );
    });

    test('answers the same for the same history', () => {
      fc.assert(
        fc.property(anyArrivals, (arrivals) => {
          expect(answers(arrivals)).toEqual(answers(arrivals));
        }),
      );
    });

    test('refuses an option it does not know', () => {
      expect(policy.options.safeParse(options).success).toBe(true);
      expect(policy.options.safeParse({ ...options, noSuchOption: 1 }).success).toBe(false);
    });
  });
}

const anyLoads = fc.array(
  fc.record({
    ready: fc.nat(8),
    starting: fc.nat(8),
    outstanding: fc.nat(1_000),
    waiting: fc.nat(500),
    front: fc.nat(20),
    sent: fc.nat(5_000),
  }),
  { minLength: 1, maxLength: 40 },
);

/** What every scaling policy owes its pool. */
export function describeScaling(
  policy: Module<ScalingPolicy, unknown, ScalingContext>,
  options: Readonly<Record<string, unknown>>,
): void {
  const answers = (loads: Drawn<typeof anyLoads>) => {
    const scaling = policy.create(policy.options.parse(options), scalingContext());
    let sent = 0;
    return loads.map((load, k) => {
      sent += load.sent;
      return scaling.targetInstances(0, poolOf({ ...load, sent }), (k + 1) * scaling.intervalNs);
    });
  };

  describe(policy.name, () => {
    test('is asked at the interval of its pool and answers whole numbers', () => {
      expect(policy.create(policy.options.parse(options), scalingContext({ intervalNs: 7 })).intervalNs).toBe(7);
      fc.assert(
        fc.property(anyLoads, (loads) => {
          for (const answer of answers(loads)) expect(Number.isInteger(answer)).toBe(true);
        }),
      );
    });

    test('answers the same for the same history', () => {
      fc.assert(
        fc.property(anyLoads, (loads) => {
          expect(answers(loads)).toEqual(answers(loads));
        }),
      );
    });

    test('refuses an option it does not know', () => {
      expect(policy.options.safeParse(options).success).toBe(true);
      expect(policy.options.safeParse({ ...options, noSuchOption: 1 }).success).toBe(false);
    });
  });
}

const anyUniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** What every way to share requests among models owes them. */
export function describeModelRouting(
  policy: Module<ModelRoutingPolicy, unknown, ModelRoutingContext> & {
    shares(options: unknown): Readonly<Record<string, number>>;
  },
  options: Readonly<Record<string, unknown>>,
): void {
  const create = () => policy.create(policy.options.parse(options), { streams: new Streams(1), models: MODELS });

  describe(policy.name, () => {
    test('names models there are, and comes to an end', () => {
      fc.assert(
        fc.property(anyUniform, fc.array(anyUniform, { minLength: 9, maxLength: 9 }), (difficulty, draws) => {
          const routing = create();
          let model = routing.firstModel(difficulty, draws[0]!);
          const next = (draw: number) => routing.nextModel(model, difficulty, draw);
          for (const draw of draws.slice(1)) model = next(draw);

          expect(MODELS[model]).toBeDefined();
          expect(next(0)).toBe(model);
        }),
      );
    });

    test('begins with every model as often as its shares say, to four standard errors', () => {
      const routing = create();
      const streams = new Streams(3);
      const difficulties = streams.stream('difficulties');
      const draws = streams.stream('draws');
      const begun = MODELS.map(() => 0);
      const requests = 20_000;
      for (let k = 0; k < requests; k++) {
        const difficulty = difficulties.uniform();
        let model = routing.firstModel(difficulty, draws.uniform());
        begun[model]!++;
        for (let next = routing.nextModel(model, difficulty, draws.uniform()); next !== model;) {
          model = next;
          begun[model]!++;
          next = routing.nextModel(model, difficulty, draws.uniform());
        }
      }
      const shares = policy.shares(policy.options.parse(options));
      MODELS.forEach((name, model) => {
        const share = shares[name]!;

        expect(Math.abs(begun[model]! / requests - share)).toBeLessThanOrEqual(
          4 * Math.sqrt((share * (1 - share)) / requests),
        );
      });
    });
  });
}
