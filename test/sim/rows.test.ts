import { describe, expect, test } from 'vitest';
import { firstRoom, movedTo, nextRoom } from '../../src/sim/columns.ts';
import { RequestColumns, TimelineColumns } from '../../src/sim/records.ts';
import { simulate } from '../../src/sim/simulate.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { requestRowsInto, type RequestRow, timelineRowsInto, type TimelineRow } from '../support/collect.ts';
import { leastOutstanding, openLoop, tinyPlan } from '../support/plans.ts';
import { constantStep } from '../support/step-costs.ts';

/** So many requests, one each 10 ns, and a row of the timeline for each of so many intervals. */
function rowsOf({ requests, intervals }: { readonly requests: number; readonly intervals: number }) {
  const sent = Array.from({ length: requests }, (_, k) => ({
    arrivalNs: 10 * k,
    promptTokens: 1 + (k % 1_000),
    outputTokens: 1 + (k % 3),
  }));
  const intervalNs = 1_000;
  const chunks = { requests: [] as number[], timeline: [] as number[] };
  const requestRows: RequestRow[] = [];
  const timelineRows: TimelineRow[] = [];
  const requestSink = requestRowsInto(requestRows);
  const timelineSink = timelineRowsInto(timelineRows);
  const plan = tinyPlan({ horizonNs: intervals * intervalNs, timelineIntervalNs: intervalNs });
  const parts = {
    workloads: [openLoop(sent)],
    routing: leastOutstanding,
    stepCosts: [constantStep(5 * TICKS_PER_NS)],
  };
  simulate(plan, parts, {
    requests: {
      flush(columns, rows) {
        chunks.requests.push(rows);
        requestSink.flush(columns, rows);
      },
    },
    timeline: {
      flush(columns, rows) {
        chunks.timeline.push(rows);
        timelineSink.flush(columns, rows);
      },
    },
  });
  return { sent, requestRows, timelineRows, chunks };
}

describe('rows are passed on a whole chunk at a time', () => {
  test.each([
    { requests: 1, intervals: 1 },
    { requests: 257, intervals: 65 },
    { requests: 20_000, intervals: 9_000 },
  ])('and none is lost or changed on the way: %j', ({ requests, intervals }) => {
    const { sent, requestRows, timelineRows, chunks } = rowsOf({ requests, intervals });

    const left = requestRows.toSorted((one, other) => one.request - other.request);
    const told = left.map(({ arrivalNs, promptTokens, outputTokens }) => ({ arrivalNs, promptTokens, outputTokens }));
    expect(told).toEqual(sent);
    expect(left.every((row) => row.prefillInstance === -1 && row.transferNs === 0 && row.instance === 0)).toBe(true);
    expect(timelineRows.slice(0, intervals).map(({ startNs }) => startNs)).toEqual(
      Array.from({ length: intervals }, (_, k) => 1_000 * k),
    );
    expect(timelineRows.reduce((sum, row) => sum + row.arrivedRequests, 0)).toBe(requests);
    const isWhole = (capacity: number) => (rows: number, index: number, all: number[]) =>
      index === all.length - 1 ? rows <= capacity : rows === capacity;
    expect(chunks.requests.every(isWhole(RequestColumns.capacity))).toBe(true);
    expect(chunks.timeline.every(isWhole(TimelineColumns.capacity))).toBe(true);
  });
});

test('columns grow to exactly what is passed on at once, and keep every column of their rows', () => {
  let columns = new TimelineColumns(firstRoom(TimelineColumns.capacity));
  const names = Object.keys(columns).filter((name) => name !== 'room') as (keyof TimelineColumns)[];
  let rooms = 1;
  for (let room = columns.startNs.length; room < TimelineColumns.capacity; room = columns.startNs.length) {
    names.forEach((name, place) => columns[name].fill(place + 1, room / 2));
    columns = movedTo(new TimelineColumns(nextRoom(room)), columns);
    for (const [place, name] of names.entries()) {
      expect([columns[name][room - 1], columns[name][room]]).toEqual([place + 1, 0]);
    }
    rooms++;
  }

  expect(columns.startNs.length).toBe(TimelineColumns.capacity);
  expect(rooms).toBe(4);
});
