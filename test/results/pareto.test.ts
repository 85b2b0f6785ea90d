import fc from 'fast-check';
import { expect, test } from 'vitest';
import { paretoFront } from '../../src/results/pareto.ts';

const coordinate = fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined });
const points = fc.array(fc.record({ x: coordinate, y: coordinate }), { maxLength: 30 });

test('a point is on the front exactly when no other is as low in both and lower in one', () => {
  fc.assert(
    fc.property(points, (all) => {
      const beaten = (x: number, y: number) =>
        all.some(
          (other) =>
            other.x !== undefined && other.y !== undefined && other.x <= x && other.y <= y && other.x + other.y < x + y,
        );
      expect(paretoFront(all)).toEqual(all.map(({ x, y }) => x !== undefined && y !== undefined && !beaten(x, y)));
    }),
  );
});
