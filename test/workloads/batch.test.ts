import { describe, expect, test } from 'vitest';
import { NS_PER_HOUR, NS_PER_S, TICKS_PER_NS } from '../../src/sim/units.ts';
import { batch } from '../../src/workloads/batch.ts';
import { LengthSampler } from '../../src/workloads/lengths.ts';
import { SecondsSampler } from '../../src/workloads/seconds.ts';
import { bothEngines } from '../reference/both-engines.ts';
import { firstEligible, tinyPlan } from '../support/plans.ts';
import { constantStep } from '../support/step-costs.ts';
import { serve, type Sent } from './closed-loop.ts';
import { contextOf, meanOf, quantileOf } from './support.ts';

const defaults = batch.options.parse({ sessionsPerHour: 1 });

function requestsOf(given: object, hours: number): Sent[] {
  const options = batch.options.parse({ sessionsPerHour: 1, ...given });
  const horizonNs = hours * NS_PER_HOUR;
  return serve(batch.create(options, contextOf({ horizonNs })), { horizonNs });
}

describe('jobs by default are the spikes of BurstGPT', () => {
  const expectWithin = (share: number, generated: number, measured: number) =>
    expect(Math.abs(generated / measured - 1), `${generated} against ${measured}`).toBeLessThan(share);

  // 71 runs of hours above three times the mean: median 4,622, mean 11,580, p95 37,010 requests; 1, 2 and 3 h.
  test('in size: mean within 5 %, median within 10 %, p95 within 18 %', () => {
    const sampler = new LengthSampler(defaults.requestsPerJob);
    const sizes = Array.from({ length: 20_000 }, (_, k) => sampler.of((k + 0.5) / 20_000));

    expectWithin(0.05, meanOf(sizes), 11_580);
    expectWithin(0.1, quantileOf(sizes, 0.5), 4_622);
    expectWithin(0.18, quantileOf(sizes, 0.95), 37_010); // a lognormal of that median and mean has 43,000
  });

  test('in duration: mean within 5 %, median and p90 within 10 %', () => {
    const sampler = new SecondsSampler(defaults.windowS);
    const hours = Array.from({ length: 20_000 }, (_, job) => sampler.drawNs(5, job, 0) / NS_PER_HOUR);

    expectWithin(0.05, meanOf(hours), 2);
    expectWithin(0.1, quantileOf(hours, 0.5), 1);
    expectWithin(0.1, quantileOf(hours, 0.9), 3);
    expect(Math.max(...hours)).toBeLessThanOrEqual(15);
  });
});

test('a summarising job has the lengths of the arXiv trace: means 2,588 and 291 within 5 %', () => {
  expect(Math.abs(new LengthSampler(defaults.promptTokens).mean() / 2_588.1 - 1)).toBeLessThan(0.05);
  expect(Math.abs(new LengthSampler(defaults.outputTokens).mean() / 291.4 - 1)).toBeLessThan(0.05);
});

describe('a job', () => {
  test('sends its requests one in each of equal parts of its window', () => {
    const requests = requestsOf(
      { sessionsPerHour: 0.01, requestsPerJob: 100, windowS: 1_000, templateTokens: 50 },
      2_000,
    );
    for (let first = 0; first + 100 <= requests.length; first += 100) {
      const job = requests.slice(first, first + 100);
      expect(new Set(job.map(({ path }) => path[0]?.[0] ?? -1)).size).toBeLessThanOrEqual(2);
      const spanS = (job.at(-1)!.arrivalNs - job[0]!.arrivalNs) / NS_PER_S;
      expect(spanS).toBeGreaterThan(980);
      expect(spanS).toBeLessThan(1_000);
      job.slice(1).forEach(({ arrivalNs }, k) => expect(arrivalNs - job[k]!.arrivalNs).toBeLessThan(20 * NS_PER_S));
    }
    expect(requests.length).toBeGreaterThan(500);
  });

  test('is due as a whole so long after its release, which the rows of both engines say', () => {
    const options = batch.options.parse({ sessionsPerHour: 3_600, requestsPerJob: 20, windowS: 60, deadlineH: 0.5 });
    const horizonNs = 100 * NS_PER_S;
    for (const [, engine] of bothEngines) {
      const { requests } = engine(tinyPlan({ horizonNs }), {
        workloads: [batch.create(options, contextOf({ horizonNs }))],
        routing: firstEligible,
        stepCosts: [constantStep(TICKS_PER_NS)],
      });
      for (const { arrivalNs, deadlineNs } of requests) {
        expect(deadlineNs - arrivalNs).toBeGreaterThan((1_800 - 60) * NS_PER_S);
        expect(deadlineNs - arrivalNs).toBeLessThanOrEqual(1_800 * NS_PER_S);
      }
      const jobs = new Set(requests.map(({ deadlineNs }) => deadlineNs));
      expect(jobs.size).toBeGreaterThan(50);
      expect(jobs.size).toBeLessThan(requests.length / 5);
    }
  });

  test('without a window sends all at once', () => {
    const requests = requestsOf({ requestsPerJob: 40, windowS: 0 }, 100);
    const times = requests.map(({ arrivalNs }) => arrivalNs);

    expect(requests.length).toBe(40 * new Set(times).size);
  });

  test('has a template of its own, which shorter prompts do without', () => {
    const requests = requestsOf({ requestsPerJob: 20, windowS: 0, templateTokens: 2_000 }, 100);
    for (const { path, promptTokens } of requests) {
      expect(path.map(([, end]) => end)).toEqual(promptTokens > 2_000 ? [2_000] : []);
    }
    expect(new Set(requests.flatMap(({ path }) => path.map(([stream]) => stream))).size).toBe(requests.length / 20);
  });
});
