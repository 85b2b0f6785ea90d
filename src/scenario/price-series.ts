import type { SeriesPlan } from '../sim/money-plan.ts';
import type { Ns } from '../sim/units.ts';
import { NS_PER_HOUR, NS_PER_MS } from '../sim/units.ts';
import type { SeriesEntry, ShapeEntry } from './price-catalogue.ts';

const HOURS_PER_DAY = 24;
const MS_PER_MINUTE = 60_000;
const NS_PER_MINUTE = NS_PER_HOUR / 60;

/** A value at all times. */
export function constantSeries(value: number): SeriesPlan {
  return { atNs: [0], values: [value] };
}

/**
 * A day of hours that repeats, from time 0 on.
 *
 * @param level mean, in the unit of the series
 * @param moving the part of it that follows the shape
 * @param minute of the local day at time 0
 */
export function dailySeries(level: number, moving: number, shape: ShapeEntry, minute: number): SeriesPlan {
  const first = Math.floor(minute / 60);
  const into = minute % 60;
  const boundaries = Array.from({ length: HOURS_PER_DAY }, (_, hour) => (hour * 60 + (60 - into)) * NS_PER_MINUTE);
  const atNs = [0, ...boundaries.slice(0, into === 0 ? -1 : undefined)];
  return {
    atNs,
    values: atNs.map((_, hour) => level + moving * (shape.hours[(first + hour) % HOURS_PER_DAY]! - 1)),
    periodNs: HOURS_PER_DAY * NS_PER_HOUR,
  };
}

/** Minutes since midnight at a moment, in a time zone or at the offset that the moment is written with. */
export function minuteOfDay(start: string, timeZone: string | undefined): number {
  const ms = Date.parse(start);
  if (timeZone === undefined) {
    const offset = /([+-])(\d{2}):(\d{2})$/.exec(start);
    const minutes = offset === null ? 0 : Number(`${offset[1]}1`) * (Number(offset[2]) * 60 + Number(offset[3]));
    return modulo(Math.floor(ms / MS_PER_MINUTE) + minutes, HOURS_PER_DAY * 60);
  }
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hourCycle: 'h23', hour: '2-digit', minute: '2-digit' });
  const [hour, minute] = format.format(ms).split(':').map(Number);
  return hour! * 60 + minute!;
}

/** A recorded series from time 0 to the horizon; or what it does not cover, and in which line of its file. */
export function recordedSeries(
  series: SeriesEntry,
  start: string,
  horizonNs: Ns,
  change: (value: number) => number = (value) => value,
): SeriesPlan | { readonly line: number; readonly message: string } {
  const { atMs, values, stepMs, lastLine } = series;
  const startMs = Date.parse(start);
  const horizonMs = startMs + horizonNs / NS_PER_MS;
  const endMs = atMs.at(-1)! + stepMs;
  if (atMs[0]! > startMs) {
    const message = `the series begins at ${shown(atMs[0]!)}, after the start of the scenario at ${shown(startMs)} — add the rows before`;
    return { line: 2, message };
  }
  if (endMs < horizonMs) {
    const message = `the series ends at ${shown(endMs)}, before the horizon at ${shown(horizonMs)} — add rows, or shorten the horizon`;
    return { line: lastLine, message };
  }
  const first = atMs.findLastIndex((ms) => ms <= startMs);
  const after = atMs.findIndex((ms) => ms >= horizonMs);
  const pieces = atMs.slice(first, after === -1 ? undefined : Math.max(after, first + 1));
  return {
    atNs: pieces.map((ms) => Math.max(0, ms - startMs) * NS_PER_MS),
    values: pieces.map((_, index) => change(values[first + index]!)),
  };
}

function shown(ms: number): string {
  return new Date(ms).toISOString().replace(/:00\.000Z$/, 'Z');
}

function modulo(value: number, of: number): number {
  return ((value % of) + of) % of;
}
