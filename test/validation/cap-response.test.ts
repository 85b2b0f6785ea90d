import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { loadAccelerator } from '../../src/hardware-profiles/index.ts';
import { busyWatts, powerParameters } from '../../src/sim/power-model.ts';
import { capResponse } from '../../src/validation/cap-response.ts';
import { compileCase } from '../../src/validation/compile-case.ts';
import { casesOf } from './cases.ts';

const written = (cap: string) => `
suite: caps
about: capped
shared:
  accelerator: h100-sxm
  model: llama-3.1-8b
  engine: { kind: vllm }
  workload: { concurrency: 4, stages: [{ requests: 8 }], promptTokens: 100, outputTokens: 20 }
  source: nobody
groups:
  - points:
      - { id: a, cap: ${cap}, measured: { timeUnderCap: 1.1 } }
`;

function compiled(cap: string) {
  const result = compileCase(casesOf(written(cap))[0]!, catalogue, {
    files: { open: () => expect.fail('no file is read') },
  });
  if (result.kind !== 'plan') expect.fail(JSON.stringify(result));
  return result;
}

describe('a case with a power cap', () => {
  test('is the run under the cap, and beside it the run without one', () => {
    const { plan, uncapped } = compiled('{ watts: 400 }');
    const { power, ...rest } = plan;
    const { power: none, ...same } = uncapped!;

    expect(power?.domains.map(({ budget }) => budget)).toStrictEqual([[{ fromNs: 0, watts: 400 }]]);
    expect(none).toBeUndefined();
    expect(rest.pools).toStrictEqual(same.pools);
    expect(rest.workloads).toStrictEqual(same.workloads);
  });

  test('is compared with a higher cap where it names one', () => {
    expect(compiled('{ watts: 400, insteadOf: 600 }').uncapped?.power?.domains[0]?.budget[0]?.watts).toBe(600);
  });
});

test('the response is time and energy for the same tokens, over those without the cap', () => {
  const uncapped = { outputTokensPerS: 1000, joulesPerOutputToken: 0.5 };

  expect(capResponse({ outputTokensPerS: 800, joulesPerOutputToken: 0.4 }, uncapped)).toStrictEqual({
    timeUnderCap: 1.25,
    energyUnderCap: 0.8,
  });
  expect(capResponse({ outputTokensPerS: 800 }, uncapped)).toStrictEqual({ timeUnderCap: 1.25 });
});

describe('the draw of RTX PRO 6000 by its clock', () => {
  // Light-Heart-Labs, vLLM power sweep of 2026-04-29: mean graphics clock, MHz, and mean draw, W, under caps of 550 to 300 W.
  const sweeps = [
    ['Qwen3.6-27B, 32 at a time', 570, [2634, 547.2, 2502, 497.5, 2104, 447.7, 1740, 398.5, 1405, 348.3, 1144, 298.7]],
    ['Qwen3.6-27B, one at a time', 515, [2772, 522.1, 2751, 497, 2661, 447.8, 2479, 398.1, 2071, 348.4, 1563, 298.7]],
    [
      'Qwen3-Coder-Next, 32 at a time',
      548,
      [2725, 546.1, 2679, 497.2, 2596, 447.7, 2349, 398, 1931, 348.4, 1510, 298.7],
    ],
    [
      'Qwen3-Coder-Next, one at a time',
      489,
      [2767, 494.1, 2768, 489.2, 2758, 447.3, 2697, 397.7, 2550, 348.3, 2193, 298.6],
    ],
  ] as const;
  const p = powerParameters(loadAccelerator('rtx-pro-6000').power, { tensorParallel: 1 });

  test.each(sweeps)('%s: in the mean within 10 %%, from %d W at the highest clock', (_, fullWatts, points) => {
    const use = useThatDraws(fullWatts);
    const errors = [0, 2, 4, 6, 8, 10].map((at) => {
      const clock = Math.min(1, points[at]! / p.mostMHz);
      return Math.abs(busyWatts(p, use, clock) / points[at + 1]! - 1);
    });

    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.1);
  });

  /** Of decoding, by bisection. */
  function useThatDraws(watts: number) {
    const useAt = (computeUse: number) => ({
      computeUse,
      memoryUse: 0,
      sequenceUse: 0,
      expertTileUse: 0,
      prefillShare: 0,
    });
    let [low, high] = [0, 1];
    for (let k = 0; k < 50; k++) {
      const middle = (low + high) / 2;
      if (busyWatts(p, useAt(middle)) < watts) low = middle;
      else high = middle;
    }
    return useAt(high);
  }
});
