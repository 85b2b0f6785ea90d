import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SessionMarks } from '../../src/economics/session-marks.ts';

test('every session keeps its own marks, however far apart their numbers are', () => {
  const anySession = fc.oneof(fc.nat(100), fc.nat(40_000), fc.integer({ min: 0, max: 2 ** 52 }));
  fc.assert(
    fc.property(fc.array(fc.tuple(anySession, fc.constantFrom(1, 2, 3))), (added) => {
      const marks = new SessionMarks();
      const known = new Map<number, number>();
      for (const [session, bits] of added) {
        expect(marks.add(session, bits)).toBe(known.get(session) ?? 0);
        known.set(session, (known.get(session) ?? 0) | bits);
      }
    }),
  );
});
