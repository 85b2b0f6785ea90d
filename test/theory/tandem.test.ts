import { describe, expect, test } from 'vitest';
import { Streams } from '../../src/sim/streams.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { apart, type Apart } from '../sim/apart.ts';
import { collect, type RequestRow } from '../support/collect.ts';
import { firstEligible, openLoop, type TinyRequest } from '../support/plans.ts';
import { disagreement, exponential, overSeeds } from '../support/statistics.ts';
import { constantStep } from '../support/step-costs.ts';

/** What a transfer takes at least. */
const LEAST_TRANSFER_NS = 1;
const ONE_AT_A_TIME = { maxNumSeqs: 1 };

interface Line extends Pick<Apart, 'prefill' | 'decode' | 'link'> {
  readonly prefillStepNs: number;
  readonly decodeStepNs: number;
}

function run(line: Line, requests: readonly TinyRequest[]): readonly RequestRow[] {
  const { prefillStepNs, decodeStepNs, ...plan } = line;
  const horizonNs = 1 + Math.max(...requests.map(({ arrivalNs }) => arrivalNs));
  return collect(apart({ horizonNs, ...plan }), {
    workloads: [openLoop(requests)],
    routing: firstEligible,
    stepCosts: [constantStep(prefillStepNs * TICKS_PER_NS), constantStep(decodeStepNs * TICKS_PER_NS)],
  }).requests;
}

function poisson(seed: number, count: number, meanGapNs: number, tokens: (uniform: number) => [number, number]) {
  const streams = new Streams(seed);
  const arrivals = streams.stream('arrivals');
  const lengths = streams.stream('lengths');
  let timeNs = 0;
  return Array.from({ length: count }, (): TinyRequest => {
    timeNs += exponential(arrivals, meanGapNs);
    const [promptTokens, outputTokens] = tokens(lengths.uniform());
    return { arrivalNs: Math.round(timeNs), promptTokens, outputTokens };
  });
}

describe('a prefill instance and a decode instance, each with one request at a time', () => {
  const prefillStepNs = 1_000_000;
  const line = { prefillStepNs, prefill: ONE_AT_A_TIME, decode: ONE_AT_A_TIME, link: { gbPerS: 1e9 } };

  test.each([0.5, 0.9])('a second stage no slower than the first has no queue, at load %f of the first', (load) => {
    // Nine more tokens and the transfer: exactly the time of a prefill.
    const requests = poisson(1, 5_000, prefillStepNs / load, () => [1, 10]);
    const rows = run({ ...line, decodeStepNs: 111_111 }, requests);

    expect(new Set(rows.map(({ transferNs }) => transferNs))).toEqual(new Set([LEAST_TRANSFER_NS]));
    expect(new Set(rows.map((row) => row.finishNs - row.firstTokenNs))).toEqual(new Set([prefillStepNs]));
  });

  test.each([0.5, 0.9])(
    'a slower second stage makes everyone wait as if it were alone, at load %f of the second (Friedman 1965)',
    (load) => {
      const serviceNs = 9 * 200_000;
      const requests = poisson(2, 5_000, serviceNs / load, () => [1, 10]);
      const rows = run({ ...line, decodeStepNs: 200_000 }, requests);
      const alone = waitsOfOneServer(requests, serviceNs);

      // Transfers take a ns each, those of a queue together less than a thousand.
      rows.forEach((row, i) => {
        const waitNs = row.finishNs - row.arrivalNs - prefillStepNs - serviceNs;
        expect(Math.abs(waitNs - alone[i]!)).toBeLessThan(1_000);
      });
      expect(Math.max(...alone)).toBeGreaterThan(5 * serviceNs);
    },
  );

  test('at load 0.7 the mean time in both is that of Pollaczek and Khinchine in the first, and the rest', () => {
    const load = 0.7;
    const measured = overSeeds(20, (seed) => {
      const rows = run(
        { ...line, decodeStepNs: 111_111 },
        poisson(seed, 25_000, prefillStepNs / load, () => [1, 10]),
      );
      return mean(rows.slice(2_500).map((row) => row.finishNs - row.arrivalNs));
    });

    expect(disagreement(measured, (prefillStepNs * load) / (2 * (1 - load)) + 2 * prefillStepNs)).toBeUndefined();
  });
});

describe('a link between instances that are as good as instantaneous', () => {
  const line = { prefillStepNs: 1, decodeStepNs: 1, decode: { maxNumSeqs: 1_000, maxNumBatchedTokens: 8_192 } };
  /** A step here and there, whose end a transfer may have to wait for. */
  const stepsNs = 4;

  test('is an M/D/1 queue when prompts are alike', () => {
    const load = 0.7;
    const serviceNs = 50_000;
    const measured = overSeeds(20, (seed) => {
      const rows = run(
        { ...line, link: { kvBytesPerToken: 500 } },
        poisson(seed, 25_000, serviceNs / load, () => [100, 2]),
      );
      return mean(rows.slice(2_500).map(({ transferNs }) => transferNs));
    });

    expect(disagreement(measured, serviceNs * (1 + load / (2 * (1 - load))), stepsNs)).toBeUndefined();
  });

  test('is an M/G/1 queue when they are not, and its latency comes on top', () => {
    // 40 or 360 tokens, three of four short: mean 120, mean of squares 33,600.
    const load = 0.6;
    const meanNs = 120 * 500;
    const latencyNs = 1_000_000;
    const measured = overSeeds(20, (seed) => {
      const rows = run(
        { ...line, link: { kvBytesPerToken: 1_000, gbPerS: 2, latencyNs } },
        poisson(seed, 25_000, meanNs / load, (uniform) => [uniform < 0.75 ? 40 : 360, 2]),
      );
      return mean(rows.slice(2_500).map(({ transferNs }) => transferNs - latencyNs));
    });
    const waitNs = ((load / meanNs) * 33_600 * 500 * 500) / (2 * (1 - load));

    expect(disagreement(measured, meanNs + waitNs, stepsNs)).toBeUndefined();
  });
});

describe('a line that never runs dry', () => {
  /** All at once; memory for two prompts here and two there. */
  const requests = Array.from({ length: 200 }, () => ({ arrivalNs: 0, promptTokens: 15, outputTokens: 2 }));
  const twoPrompts = { kvBlocks: 2, maxNumSeqs: 1 };
  const line = { prefill: twoPrompts, decode: { kvBlocks: 2 } };

  test.each([
    { slowest: 'prefill', prefillStepNs: 500, transferNs: 150, decodeStepNs: 40, everyNs: 500 },
    { slowest: 'link', prefillStepNs: 100, transferNs: 900, decodeStepNs: 300, everyNs: 900 },
    { slowest: 'decode', prefillStepNs: 100, transferNs: 150, decodeStepNs: 700, everyNs: 700 },
  ])('delivers at the pace of its slowest stage, $slowest', ({ transferNs, everyNs, ...steps }) => {
    const rows = run({ ...line, ...steps, link: { kvBytesPerToken: transferNs / 15 } }, requests);
    const gapsNs = rows.slice(1).map((row, i) => row.finishNs - rows[i]!.finishNs);

    expect(mean(gapsNs.slice(20, -20))).toBeCloseTo(everyNs, 6);
  });
});

/** Lindley: a request waits for what the one before it still had to wait and to be served when it came. */
function waitsOfOneServer(requests: readonly TinyRequest[], serviceNs: number): readonly number[] {
  let waitNs = 0;
  return requests.map(({ arrivalNs }, index) => {
    const before = requests[index - 1];
    waitNs = before === undefined ? 0 : Math.max(0, waitNs + serviceNs - (arrivalNs - before.arrivalNs));
    return waitNs;
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
