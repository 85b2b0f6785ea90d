import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadAccelerator } from '../../src/hardware-profiles/index.ts';
import type { DecodePiece } from '../../src/sim/ports.ts';
import { busyWatts, lowerClock, powerParameters, stepUse, steppedClock } from '../../src/sim/power-model.ts';
import { RooflineCost, stepNs } from '../../src/sim/roofline.ts';
import { TICKS_PER_NS, wattsOf } from '../../src/sim/units.ts';
import { costOf, promptOf, shapeOf } from './roofline-cases.ts';

const powerOf = (accelerator: string, tensorParallel: number) =>
  powerParameters(loadAccelerator(accelerator).power, { tensorParallel });

const cases = [
  ['8B on 1 H100', costOf('h100-sxm', 'llama-3.1-8b'), powerOf('h100-sxm', 1), 1],
  ['70B on 4 H100', costOf('h100-sxm', 'llama-3.1-70b', { tensorParallel: 4 }), powerOf('h100-sxm', 4), 4],
  ['sliding windows on 2 B200', costOf('b200', 'gemma-3-27b', { tensorParallel: 2 }), powerOf('b200', 2), 2],
] as const;

describe.each(cases)('steps of %s under a cap', (_, parameters, accelerator, accelerators) => {
  const cost = new RooflineCost(parameters, { accelerator, accelerators, energy: true });
  const anyBatch = fc.integer({ min: 1, max: 300 });
  const anyContext = fc.double({ min: 0, max: 1, noNaN: true });
  const anyCap = fc.integer({ min: 20, max: 100 }).map((percent) => Math.floor((percent / 100) * accelerator.tdpWatts));
  const kvTokensOf = (decodeSeqs: number, u: number) =>
    decodeSeqs + Math.floor(u * u * u * Math.ceil(parameters.kvTokensOfHbm));
  const ticksOf = ({ fixedTicks, ticksPerKvToken }: DecodePiece, kvTokens: number) =>
    fixedTicks + ticksPerKvToken * kvTokens;
  const wattsOn = (piece: DecodePiece, kvTokens: number) =>
    wattsOf(piece.fixedQuanta + piece.quantaPerKvToken * kvTokens, ticksOf(piece, kvTokens)) / accelerators;
  /** At the lowest clock, by the formula. */
  const leastWatts = (decodeSeqs: number, kvTokens: number) => {
    const shape = shapeOf({ decodeSeqs, kvTokens });
    return busyWatts(accelerator, stepUse(parameters, shape, stepNs(parameters, shape)), accelerator.leastClock);
  };

  test('no decode step draws more than the cap, unless it does so at the lowest clock', () => {
    fc.assert(
      fc.property(anyBatch, anyContext, anyCap, (decodeSeqs, u, capWatts) => {
        const kvTokens = kvTokensOf(decodeSeqs, u);
        const piece = cost.decodePiece(decodeSeqs, kvTokens, 1, capWatts);
        // The table is within 0.5 % of the formula, and the clock is that of a range of KV tokens.
        const least = 1.05 * leastWatts(decodeSeqs, kvTokens);
        expect(wattsOn(piece, kvTokens)).toBeLessThanOrEqual(Math.max(capWatts, least));
      }),
      { numRuns: 150 },
    );
  });

  test('a cap that does not bind changes nothing by more than the table is off the formula', () => {
    fc.assert(
      fc.property(anyBatch, anyContext, (decodeSeqs, u) => {
        const kvTokens = kvTokensOf(decodeSeqs, u);
        const free = ticksOf(cost.decodePiece(decodeSeqs, kvTokens, 1), kvTokens);
        const capped = ticksOf(cost.decodePiece(decodeSeqs, kvTokens, 1, 2 * accelerator.tdpWatts), kvTokens);
        expect(Math.abs(capped / free - 1)).toBeLessThan(0.002);
      }),
      { numRuns: 60 },
    );
  });

  test('a prompt takes as long as at the highest step of the clock that keeps the cap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 64, max: 8_192 }), anyCap, (tokens, capWatts) => {
        const shape = { ...promptOf(tokens), clock: 1 };
        const use = stepUse(parameters, shape, stepNs(parameters, shape));
        let clock = steppedClock(accelerator, 1);
        while (clock > accelerator.leastClock && busyWatts(accelerator, use, clock) > capWatts + 1e-9) {
          clock = lowerClock(accelerator, clock);
        }
        const ticks = cost.prefillStepTicks({ ...shape, capWatts });
        expect(ticks / TICKS_PER_NS / stepNs(parameters, { ...shape, clock })).toBeCloseTo(1, 6);
      }),
      { numRuns: 100 },
    );
  });

  test('of a lower clock and a cap the stricter one counts', () => {
    const shape = { ...promptOf(2_048), clock: 0.5 };
    const both = cost.prefillStepTicks({ ...shape, capWatts: accelerator.tdpWatts });
    expect(both).toBe(cost.prefillStepTicks(shape));
    const kvTokens = 40_000;
    const strict = ticksOf(
      cost.decodePiece(64, kvTokens, 0.9, accelerator.leastClock * accelerator.tdpWatts),
      kvTokens,
    );
    expect(strict).toBeGreaterThanOrEqual(ticksOf(cost.decodePiece(64, kvTokens, 0.9), kvTokens));
  });
});
