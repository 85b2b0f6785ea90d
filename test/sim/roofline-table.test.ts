import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DecodePiece } from '../../src/sim/ports.ts';
import { RooflineCost, stepNs } from '../../src/sim/roofline.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { costOf, promptOf, shapeOf } from './roofline-cases.ts';

const cases = [
  ['8B on 1 H100', costOf('h100-sxm', 'llama-3.1-8b')],
  ['70B on 4 H100', costOf('h100-sxm', 'llama-3.1-70b', { tensorParallel: 4 })],
  [
    '8B in fp8 on 8 B200, bound by the host',
    costOf('b200', 'llama-3.1-8b', { weights: 'fp8', kv: 'fp8', tensorParallel: 8 }),
  ],
  ['8B in fp8 on an L40S', costOf('l40s', 'llama-3.1-8b', { weights: 'fp8', kv: 'fp8' })],
  [
    'sliding windows and experts on 2 H100',
    costOf('h100-sxm', 'gpt-oss-120b', { weights: 'mxfp4', tensorParallel: 2 }),
  ],
  [
    'latent attention on 8 B200 in 8 groups',
    costOf('b200', 'deepseek-r1', { weights: 'fp4', dataParallel: 8, expertParallel: 8 }),
  ],
  [
    'linear attention on 16 H100 in 2 stages',
    costOf('h100-sxm', 'qwen3.5-397b-a17b', { weights: 'fp8', tensorParallel: 8, pipelineParallel: 2 }),
  ],
] as const;

const ticksOf = ({ fixedTicks, ticksPerKvToken }: DecodePiece, kvTokens: number) =>
  fixedTicks + ticksPerKvToken * kvTokens;

describe.each(cases)('the table of %s', (_, parameters) => {
  const anyBatch = fc.integer({ min: 1, max: 1024 });
  const anyClock = fc.constantFrom(1, 0.9, 0.7, 0.4);
  /** Twice what any instance holds. */
  const farthest = 2 * Math.ceil(parameters.kvTokensOfHbm);

  function piecesOf(cost: RooflineCost, decodeSeqs: number, clock: number): DecodePiece[] {
    const pieces = [cost.decodePiece(decodeSeqs, decodeSeqs, clock)];
    while (pieces.at(-1)!.untilKvTokens < Infinity) {
      pieces.push(cost.decodePiece(decodeSeqs, pieces.at(-1)!.untilKvTokens, clock));
    }
    return pieces;
  }

  test('is the formula within 0.03 % wherever KV tokens fit the HBM', () => {
    fc.assert(
      fc.property(anyBatch, fc.double({ min: 0, max: 1, noNaN: true }), anyClock, (decodeSeqs, u, clock) => {
        // Cubed, so that small contexts are tried as often as large ones.
        const kvTokens = decodeSeqs + Math.floor((u * u * u * farthest) / 2);
        const piece = new RooflineCost(parameters).decodePiece(decodeSeqs, kvTokens, clock);
        const formula = stepNs(parameters, shapeOf({ decodeSeqs, kvTokens, clock })) * TICKS_PER_NS;

        expect(kvTokens).toBeLessThan(piece.untilKvTokens);
        expect(Math.abs(ticksOf(piece, kvTokens) / formula - 1)).toBeLessThan(0.0003);
      }),
    );
  });

  test('has whole numbers that stay exact, and pieces that meet exactly at their knots', () => {
    fc.assert(
      fc.property(anyBatch, anyClock, (decodeSeqs, clock) => {
        const pieces = piecesOf(new RooflineCost(parameters), decodeSeqs, clock);
        for (const [at, piece] of pieces.entries()) {
          expect(Number.isSafeInteger(piece.fixedTicks)).toBe(true);
          expect(Number.isSafeInteger(piece.ticksPerKvToken)).toBe(true);
          expect(piece.ticksPerKvToken).toBeGreaterThanOrEqual(0);
          const next = pieces[at + 1];
          if (next !== undefined) expect(ticksOf(next, piece.untilKvTokens)).toBe(ticksOf(piece, piece.untilKvTokens));
        }
        expect(ticksOf(pieces[0]!, decodeSeqs)).toBeGreaterThanOrEqual(1);
        expect(ticksOf(pieces.at(-1)!, farthest)).toBeLessThan(2 ** 53);
      }),
      { numRuns: 40 },
    );
  });

  test('starts at the rounded formula', () => {
    fc.assert(
      fc.property(anyBatch, anyClock, (decodeSeqs, clock) => {
        const piece = new RooflineCost(parameters).decodePiece(decodeSeqs, decodeSeqs, clock);
        const formula = stepNs(parameters, shapeOf({ decodeSeqs, kvTokens: decodeSeqs, clock }));

        expect(ticksOf(piece, decodeSeqs)).toBe(Math.round(formula * TICKS_PER_NS));
      }),
      { numRuns: 40 },
    );
  });

  test('gives the same object again, whatever was asked in between', () => {
    const cost = new RooflineCost(parameters);
    const first = cost.decodePiece(7, 5000, 1);
    cost.decodePiece(7, 5000, 0.6);
    cost.decodePiece(8, 90_000, 1);

    expect(cost.decodePiece(7, 5000, 1)).toBe(first);
  });
});

test('a line goes on as long as the time is one: a few describe small batches, at whose knots segments would end', () => {
  const cost = new RooflineCost(costOf('h100-sxm', 'llama-3.1-70b', { tensorParallel: 4 }));

  expect(cost.decodePiece(3, 3, 1).untilKvTokens).toBeGreaterThan(100_000);
});

test('a line ends exactly where every sequence has filled its window, and the next is flatter', () => {
  const cost = new RooflineCost(costOf('h100-sxm', 'gemma-3-27b', { tensorParallel: 2 }));
  const before = cost.decodePiece(40, 40 * 1024 - 1, 1);
  const after = cost.decodePiece(40, 40 * 1024, 1);

  expect(before.untilKvTokens).toBe(40 * 1024);
  expect(after.ticksPerKvToken).toBeLessThan(before.ticksPerKvToken / 4);
});

test('a step with prefill is the formula, rounded to ticks', () => {
  const parameters = costOf('h100-sxm', 'llama-3.1-8b');
  const prompt = promptOf(1000);

  expect(new RooflineCost(parameters).prefillStepTicks(prompt)).toBe(
    Math.round(stepNs(parameters, prompt) * TICKS_PER_NS),
  );
});
