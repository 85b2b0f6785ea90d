import { describe, expect, test } from 'vitest';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { bothEngines } from '../reference/both-engines.ts';
import { firstEligible, openLoop } from '../support/plans.ts';
import type { TinyRequest } from '../support/plans.ts';
import { constantStep } from '../support/step-costs.ts';
import { apart } from './apart.ts';
import type { Apart } from './apart.ts';

/** Worked out by hand from docs/engine.md. Every step takes 10 ns. */
const tenNs = constantStep(10 * TICKS_PER_NS);

const request = (arrivalNs: number, promptTokens: number, outputTokens: number): TinyRequest => ({
  arrivalNs,
  promptTokens,
  outputTokens,
});

describe.each(bothEngines)('batches settled a step early, prefill and decode apart, %s', (_, engine) => {
  const run = (plan: Omit<Apart, 'horizonNs'>, ...requests: readonly TinyRequest[]) =>
    engine(apart({ ...plan, horizonNs: 1_000 }), {
      workloads: [openLoop(requests)],
      routing: firstEligible,
      stepCosts: [tenNs, tenNs],
    }).requests;

  test('a decode instance asks for the KV of those who had been handed over when its last step began', () => {
    const requests = run({ decode: { asyncScheduling: true } }, request(0, 10, 50), request(15, 10, 2));

    // The first decodes from 20 on. The second is handed over at 25: the batch at 30 does not know it, the one at 40 has
    // its KV moved until 50, which the batch at 50 does not know; it runs from 60 on.
    expect(requests).toMatchObject([
      { request: 1, transferNs: 50 - 25, finishNs: 70 },
      { request: 0, finishNs: 20 + 49 * 10 },
    ]);
  });

  test('the place of a request that is handed over is free a step later', () => {
    const prefill = { asyncScheduling: true, maxNumSeqs: 2, maxNumBatchedTokens: 12 };
    const requests = run({ prefill }, request(0, 10, 2), request(0, 10, 2), request(0, 10, 2));

    // Chunks of 10 and 2; then the second computes its other 8 alone, with room for 4 of the third.
    expect(requests.map((row) => row.scheduledNs)).toEqual([0, 0, 20]);
    const usual = run(
      { prefill: { ...prefill, asyncScheduling: false } },
      request(0, 10, 2),
      request(0, 10, 2),
      request(0, 10, 2),
    );
    expect(usual.map((row) => row.scheduledNs)).toEqual([0, 0, 10]);
  });
});
