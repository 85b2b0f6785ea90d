import { describe, expect, test } from 'vitest';
import { cheapestHours } from '../../src/schedulers/admission/cheapest-hours.ts';
import { deadline } from '../../src/schedulers/admission/deadline.ts';
import { degrade } from '../../src/schedulers/admission/degrade.ts';
import { admissionPolicies } from '../../src/schedulers/admission/index.ts';
import { offPeak } from '../../src/schedulers/admission/off-peak.ts';
import { queueLimit } from '../../src/schedulers/admission/queue-limit.ts';
import { tokenBucket } from '../../src/schedulers/admission/token-bucket.ts';
import { whenIdle } from '../../src/schedulers/admission/when-idle.ts';
import { RequestStatus } from '../../src/sim/records.ts';
import { valueAt } from '../../src/sim/series.ts';
import { NS_PER_HOUR, NS_PER_S } from '../../src/sim/units.ts';
import { ADMIT, sendTo, turnAway } from '../../src/sim/verdicts.ts';
import { fleetOf, requestsOf } from '../support/fakes.ts';
import { admissionContext, describeAdmission } from './decisions.contract.ts';

/** Of every policy, options that do something. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  accept: {},
  'cheapest-hours': { workloads: ['batch'], latestH: 12 },
  deadline: { windowS: 5 },
  degrade: { to: { large: 'small' }, outstandingPerInstance: 8 },
  'off-peak': { workloads: ['batch'], windows: [{ fromH: 20, untilH: 24 }], latestH: 12 },
  'queue-limit': { waitingPerInstance: 4, of: 'fleet' },
  'token-bucket': { tenants: { chat: { perS: 1, burst: 3 } } },
  'when-idle': { workloads: ['batch'], latestH: 12, outstandingPerInstance: 8 },
};

for (const policy of admissionPolicies) describeAdmission(policy, OPTIONS[policy.name]!);
describeAdmission(tokenBucket, { ...OPTIONS['token-bucket'], whenEmpty: 'defer', maxWaitS: 20 });

const chat = requestsOf({});
const SHED = turnAway(RequestStatus.shed);
const FULL = turnAway(RequestStatus.queueFull);
const THROTTLED = turnAway(RequestStatus.throttled);

describe('token-bucket', () => {
  const bucket = (options: object) => tokenBucket.create(tokenBucket.options.parse(options), admissionContext());

  test('lets a burst through, then one request whenever another one has fallen in', () => {
    const policy = bucket({ tenants: { chat: { perS: 2, burst: 3 } } });
    const at = (s: number) => policy.admit(0, chat, fleetOf({}), s * NS_PER_S);

    expect([at(0), at(0), at(0), at(0), at(0.4), at(0.5), at(0.6)]).toEqual([
      ADMIT,
      ADMIT,
      ADMIT,
      THROTTLED,
      THROTTLED,
      ADMIT,
      THROTTLED,
    ]);
  });

  test('counts the tokens of prompts if asked to, and leaves other tenants alone', () => {
    const policy = bucket({ of: 'input-tokens', tenants: { chat: { perS: 100, burst: 1_000 } } });
    const requests = requestsOf({ promptTokens: 900 }, { promptTokens: 200 }, { promptTokens: 9e6, workload: 1 });
    const ask = (request: number) => policy.admit(request, requests, fleetOf({}), 0);

    expect([ask(0), ask(1), ask(2)]).toEqual([ADMIT, THROTTLED, ADMIT]);
  });
});

describe('token-bucket that defers', () => {
  const bucket = (options: object) => {
    const given = { whenEmpty: 'defer', tenants: { chat: { perS: 2, burst: 3 } }, ...options };
    return tokenBucket.create(tokenBucket.options.parse(given), admissionContext());
  };
  const releasedS = (policy: ReturnType<typeof bucket>, arrivalsS: readonly number[]) =>
    arrivalsS.map((s) => {
      const verdict = policy.admit(0, requestsOf({ arrivalNs: s * NS_PER_S }), fleetOf({}), s * NS_PER_S);
      return verdict === ADMIT ? s : verdict / NS_PER_S;
    });

  test('lets the k-th of a crowd go when k − burst have fallen in, in order, and admits it when it comes back', () => {
    const policy = bucket({});

    expect(releasedS(policy, [0, 0, 0, 0, 0, 0.1, 0.2])).toEqual([0, 0, 0, 0.5, 1, 1.5, 2]);
    expect(policy.admit(0, requestsOf({ arrivalNs: 0 }), fleetOf({}), NS_PER_S)).toBe(ADMIT);
    // Nothing was taken then: by 3 s two more have fallen in.
    expect(releasedS(policy, [3, 3, 3])).toEqual([3, 3, 3.5]);
  });

  test('lets a prompt of more than the burst go when all of it has fallen in', () => {
    const tenants = { chat: { perS: 100, burst: 300 } };
    const policy = bucket({ of: 'input-tokens', tenants });

    expect(policy.admit(0, requestsOf({ promptTokens: 500 }), fleetOf({}), 0)).toBe(2 * NS_PER_S);
  });

  test('turns away who would wait for longer than may be, and that takes nothing', () => {
    const policy = bucket({ maxWaitS: 0.5 });

    expect(releasedS(policy, [0, 0, 0, 0, 0, 0, 0.5])).toEqual([
      0,
      0,
      0,
      0.5,
      THROTTLED / NS_PER_S,
      THROTTLED / NS_PER_S,
      1,
    ]);
  });
});

describe('queue-limit', () => {
  const limit = (options: object) => queueLimit.create(queueLimit.options.parse(options), admissionContext());

  test('turns away when the limit is reached at every instance, or on average', () => {
    const uneven = fleetOf({ waiting: 9, outstanding: 12 }, { waiting: 1, outstanding: 4 });

    expect(limit({ waitingPerInstance: 4 }).admit(0, chat, uneven, 0)).toBe(ADMIT);
    expect(limit({ waitingPerInstance: 1 }).admit(0, chat, uneven, 0)).toBe(FULL);
    expect(limit({ waitingPerInstance: 5, of: 'fleet' }).admit(0, chat, uneven, 0)).toBe(FULL);
    expect(limit({ waitingPerInstance: 6, of: 'fleet' }).admit(0, chat, uneven, 0)).toBe(ADMIT);
  });

  test('of 0 serves whoever finds an instance with nothing to do', () => {
    const policy = limit({ waitingPerInstance: 0 });

    expect(policy.admit(0, chat, fleetOf({ waiting: 0, outstanding: 1 }, { waiting: 0 }), 0)).toBe(ADMIT);
    expect(policy.admit(0, chat, fleetOf({ waiting: 0, outstanding: 1 }, { waiting: 0, outstanding: 2 }), 0)).toBe(
      FULL,
    );
  });
});

describe('deadline', () => {
  /** Every second ten requests come and eight are begun, so 2 s more wait after every second. */
  function overloaded(options: object, workload = 0) {
    const policy = deadline.create(deadline.options.parse(options), admissionContext());
    const requests = (arrivalNs: number) => requestsOf({ arrivalNs, workload });
    const verdicts: number[] = [];
    let admitted = 0;
    for (let k = 0; k < 400; k++) {
      const nowNs = (k * NS_PER_S) / 10;
      const waiting = Math.max(0, admitted - Math.floor(k * 0.8));
      const verdict = policy.admit(0, requests(nowNs), fleetOf({ waiting, outstanding: waiting + 1 }), nowNs);
      if (verdict === ADMIT) admitted += 1;
      verdicts.push(verdict);
    }
    return verdicts;
  }

  test('sheds what exceeds the service once the wait would pass the limit: 2 of 10', () => {
    const late = overloaded({ ttftMs: 1_000 }).slice(200);

    expect(late.filter((verdict) => verdict === SHED).length / late.length).toBeCloseTo(0.2, 1);
  });

  test('takes the objective of the class where no limit is given, and sheds nobody who has none', () => {
    expect(overloaded({})).toContain(SHED);
    expect(overloaded({}, 1)).not.toContain(SHED);
  });
});

describe('degrade', () => {
  test('sends to the stand-in from the threshold on, and only models that have one', () => {
    const policy = degrade.create(degrade.options.parse(OPTIONS['degrade']), admissionContext());
    const requests = requestsOf({ model: 1 }, { model: 0 });
    const busy = fleetOf({ outstanding: 10 }, { outstanding: 6 });

    expect(policy.admit(0, requests, busy, 0)).toBe(sendTo(0));
    expect(policy.admit(0, requests, fleetOf({ outstanding: 10 }, { outstanding: 5 }), 0)).toBe(ADMIT);
    expect(policy.admit(1, requests, busy, 0)).toBe(ADMIT);
  });
});

describe('off-peak', () => {
  // Monday, midnight, by the clock of the start, whatever the clock of UTC says.
  const policy = (options: object) =>
    offPeak.create(offPeak.options.parse({ ...OPTIONS['off-peak'], spreadS: 0, ...options }), admissionContext());
  const batch = (arrivalH: number) => requestsOf({ workload: 1, arrivalNs: arrivalH * NS_PER_HOUR });

  test('defers to the next window, if that comes soon enough', () => {
    const { admit } = policy({});

    expect(admit(0, batch(9), fleetOf({}), 9 * NS_PER_HOUR)).toBe(20 * NS_PER_HOUR);
    expect(admit(0, batch(7), fleetOf({}), 7 * NS_PER_HOUR)).toBe(ADMIT);
    expect(admit(0, batch(22), fleetOf({}), 22 * NS_PER_HOUR)).toBe(ADMIT);
  });

  test('leaves other workloads alone, and knows the days of the week', () => {
    const { admit } = policy({ windows: [{ days: ['tue'], fromH: 1, untilH: 2 }], latestH: 48 });

    expect(admit(0, requestsOf({}), fleetOf({}), 0)).toBe(ADMIT);
    expect(admit(0, batch(3), fleetOf({}), 3 * NS_PER_HOUR)).toBe(25 * NS_PER_HOUR);
  });

  test('spreads those it deferred over the beginning of the window', () => {
    const { admit } = policy({ spreadS: 600 });
    const times = Array.from({ length: 200 }, () => admit(0, batch(19), fleetOf({}), 19 * NS_PER_HOUR));
    const intoWindowS = times.map((timeNs) => (timeNs - 20 * NS_PER_HOUR) / NS_PER_S);

    expect(Math.min(...intoWindowS)).toBeLessThan(30);
    expect(Math.max(...intoWindowS)).toBeGreaterThan(570);
    expect(Math.max(...intoWindowS)).toBeLessThan(600);
  });
});

describe('cheapest-hours', () => {
  const policy = (options: object) =>
    cheapestHours.create(cheapestHours.options.parse({ workloads: ['batch'], ...options }), admissionContext());
  const batch = (deadlineH: number) => requestsOf({ workload: 1, deadlineNs: deadlineH * NS_PER_HOUR });
  const at = (hour: number, deadlineH: number, options: object = { spreadS: 0 }) => {
    return policy(options).admit(0, batch(deadlineH), fleetOf({}), hour * NS_PER_HOUR) / NS_PER_HOUR;
  };

  // 0.05 USD/kWh up to seven, 0.1 up to seven in the evening, 0.2 up to midnight; grams are fewest by day.
  test('waits for the cheapest hours that end an hour or more before the deadline', () => {
    expect(at(8, 34)).toBe(24);
    expect(at(20, 26)).toBe(24);
    expect(at(26, 40)).toBe(0);
  });

  test('waits for nothing that would come too late, and for cleaner hours if asked to', () => {
    expect(at(8, 24.5)).toBe(0);
    expect(at(20, 22)).toBe(0);
    expect(at(26, 40, { by: 'carbon', spreadS: 0 })).toBe(31);
  });

  test('begins at a price that is never above the one now, and never later than an hour before the deadline', () => {
    const usdAt = (hour: number) => (hour % 24 < 7 ? 0.05 : hour % 24 < 19 ? 0.1 : 0.2);
    for (let hour = 0; hour < 48; hour += 0.5) {
      for (const waitH of [0.5, 1, 3, 9, 30]) {
        const startH = at(hour, hour + waitH, {}) || hour;
        expect(usdAt(startH)).toBeLessThanOrEqual(usdAt(hour));
        expect(startH).toBeLessThanOrEqual(Math.max(hour, hour + waitH - 1));
      }
    }
  });

  test('a kWh that is put off from eight in the evening to midnight costs 5 cents instead of 20', () => {
    const { usdPerKWh } = admissionContext().electricityOfModel[0]!;
    const startNs = policy({ spreadS: 0 }).admit(0, batch(30), fleetOf({}), 20 * NS_PER_HOUR);

    expect([valueAt(usdPerKWh, 20 * NS_PER_HOUR), valueAt(usdPerKWh, startNs)]).toEqual([0.2, 0.05]);
  });
});

test('when-idle begins what can wait when there is little to do, and in time for its deadline in any case', () => {
  const options = { workloads: ['batch'], outstandingPerInstance: 4, checkS: 60 };
  const policy = whenIdle.create(whenIdle.options.parse(options), admissionContext());
  const batch = requestsOf({ workload: 1, deadlineNs: 3 * NS_PER_HOUR });
  const busy = fleetOf({ outstanding: 6 }, { outstanding: 2 });
  const ask = (hour: number, fleet = busy) => policy.admit(0, batch, fleet, hour * NS_PER_HOUR);

  expect(ask(1)).toBe(NS_PER_HOUR + 60 * NS_PER_S);
  expect(ask(1, fleetOf({ outstanding: 6 }, { outstanding: 1 }))).toBe(ADMIT);
  expect(ask(2 - 1 / 120)).toBe(2 * NS_PER_HOUR);
  expect(ask(2)).toBe(ADMIT);
  expect(policy.admit(0, chat, busy, 0)).toBe(ADMIT);
});
