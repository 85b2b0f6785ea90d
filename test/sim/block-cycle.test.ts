import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockCycles } from '../../src/sim/block-cycle.ts';

interface Sequence {
  computedTokens: number;
  readonly growth: number;
  readonly phase: number;
}

const anyCase = fc.record({
  maxGrowth: fc.integer({ min: 1, max: 6 }),
  // Powers of two and others, and fewer than a sequence computes in a step.
  blockTokens: fc.integer({ min: 1, max: 24 }),
  moves: fc.array(
    fc.record({
      kind: fc.constantFrom('start', 'start', 'stop', 'advance', 'advance'),
      tokens: fc.nat({ max: 100 }),
      growth: fc.nat(),
    }),
    { maxLength: 40 },
  ),
  steps: fc.integer({ min: 1, max: 200 }),
  blocks: fc.nat({ max: 400 }),
});

test('blocks of any number of steps are those that each sequence takes by itself, whoever comes and goes', () => {
  fc.assert(
    fc.property(anyCase, ({ maxGrowth, blockTokens, moves, steps, blocks }) => {
      const cycles = new BlockCycles(maxGrowth, blockTokens);
      const sequences: Sequence[] = [];
      const taken = (count: number): number =>
        sequences.reduce((sum, { computedTokens, growth }) => {
          const before = Math.ceil(computedTokens / blockTokens);
          return sum + Math.ceil((computedTokens + growth * count) / blockTokens) - before;
        }, 0);
      for (const { kind, tokens, growth: any } of moves) {
        if (kind === 'start') {
          const growth = 1 + (any % maxGrowth);
          sequences.push({ computedTokens: tokens, growth, phase: cycles.start(tokens, growth) });
        } else if (kind === 'stop' && sequences.length > 0) {
          const [{ phase, growth }] = sequences.splice(any % sequences.length, 1) as [Sequence];
          cycles.stop(phase, growth);
        } else if (kind === 'advance') {
          expect(cycles.advanceAll(tokens)).toBe(taken(tokens));
          for (const sequence of sequences) sequence.computedTokens += sequence.growth * tokens;
        }
        expect(cycles.isEmpty).toBe(sequences.length === 0);
        expect(cycles.allBlocksOfNextStep).toBe(taken(1));
      }
      expect(cycles.allBlocksOfSteps(steps)).toBe(taken(steps));
      if (sequences.length === 0) return;
      const fits = cycles.stepsThatFit(blocks, steps);
      expect(taken(fits)).toBeLessThanOrEqual(blocks);
      if (fits < steps) expect(taken(fits + 1)).toBeGreaterThan(blocks);
    }),
    { numRuns: 500 },
  );
});
