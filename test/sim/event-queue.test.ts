import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventKind, EventQueue } from '../../src/sim/event-queue.ts';

/** Few times, so that many events share one, or the low bits of one. */
const time = fc.integer({ min: 0, max: 12 }).map((ns) => (ns % 3 === 0 ? ns : ns + 2 ** 40 * (ns % 2)));
const kind = fc.constantFrom(...Object.values(EventKind));

const anySteps = fc.integer({ min: 1, max: 80 }).chain((sources) =>
  fc.record({
    sources: fc.constant(sources),
    asksForTies: fc.boolean(),
    steps: fc.array(
      fc.record({
        /** Mostly the one that comes first: that is what a run does with its queue. */
        first: fc.boolean(),
        source: fc.nat({ max: sources - 1 }),
        later: fc.option(time, { freq: 6 }),
        kind,
      }),
      { maxLength: 120 },
    ),
  }),
);

interface Event {
  readonly timeNs: number;
  readonly kind: EventKind;
  readonly source: number;
}

const inOrder = (a: Event, b: Event): number => a.timeNs - b.timeNs || a.kind - b.kind || a.source - b.source;

test('the first event is that of a sorted list: by time, kind and source, whatever was set or cleared before', () => {
  fc.assert(
    fc.property(anySteps, ({ sources, asksForTies, steps }) => {
      const queue = new EventQueue(sources, asksForTies);
      const events = new Map<number, Event>();
      for (const step of steps) {
        const source = step.first && queue.timeNs < Infinity ? queue.source : step.source;
        if (step.later === null) {
          queue.clear(source);
          events.delete(source);
        } else {
          queue.set(source, step.later, step.kind);
          events.set(source, { timeNs: step.later, kind: step.kind, source });
        }
        const [first, second] = [...events.values()].sort(inOrder);
        if (first === undefined) {
          expect(queue.timeNs).toBe(Infinity);
          continue;
        }
        expect({ timeNs: queue.timeNs, kind: queue.kind, source: queue.source }).toEqual(first);
        expect(queue.firstIsTied).toBe(second?.timeNs === first.timeNs);
      }
    }),
    { numRuns: 400 },
  );
});

test('an event time that is not a number is refused', () => {
  expect(() => new EventQueue(3).set(1, NaN, EventKind.stepEnd)).toThrow('an event time is not a number');
});
