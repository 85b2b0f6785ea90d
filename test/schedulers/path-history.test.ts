import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PathHistory } from '../../src/schedulers/routing/path-history.ts';
import { fleetOf, requestsOf } from '../support/fakes.ts';

/** Enough for a stream to be in most of them, and for others to be in a few. */
const INSTANCES = 40;
const LIMIT = 4;

const anyPrompts = fc.array(
  fc.record({
    instance: fc.nat(INSTANCES - 1),
    path: fc
      .uniqueArray(fc.nat(9), { maxLength: 3 })
      .map((streams) => streams.map((stream, place) => [stream, 100 * (place + 1)] as const)),
  }),
  { maxLength: 300, size: 'max' },
);

test('a history knows of every instance the latest streams of its prompts and how far it has seen them', () => {
  const fleet = fleetOf(...Array.from({ length: INSTANCES }, () => ({})));
  fc.assert(
    fc.property(anyPrompts, (prompts) => {
      const history = new PathHistory(LIMIT);
      /** Streams in the order in which they were used. */
      const seen = Array.from({ length: INSTANCES }, () => new Map<number, number>());
      for (const { instance, path } of prompts) {
        const requests = requestsOf({ path });
        const hit = (known: ReadonlyMap<number, number>) =>
          Math.max(0, ...path.map(([stream, end]) => Math.min(known.get(stream) ?? 0, end)));
        history.lookUp(0, requests, fleet);
        expect([...history.hitTokens]).toEqual(seen.map(hit));

        history.remember(0, requests, instance);
        const known = seen[instance]!;
        for (const [stream, end] of path) {
          const tokens = Math.max(known.get(stream) ?? 0, end);
          known.delete(stream);
          if (known.size === LIMIT) known.delete(known.keys().next().value!);
          known.set(stream, tokens);
        }
      }
    }),
    { numRuns: 30 },
  );
});
