import { NS_PER_HOUR, type Ns } from '../sim/units.ts';

export const HOURS_PER_DAY = 24;
export const HOURS_PER_WEEK = 168;
/** In the order of the clock. */
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const MS_PER_HOUR = 3_600_000;
/** 1 January 1970 was a Thursday. */
const FIRST_HOUR = 3 * HOURS_PER_DAY;

/**
 * The hour of the week at time 0, since Monday at midnight, by the clock of the zone in which the start is written.
 *
 * @param start ISO 8601 with offset
 */
export function startHourOfWeek(start: string): number {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?(?:Z|[+-]\d\d:\d\d)$/.exec(start);
  if (match === null) throw new Error(`a run starts at "${start}", which is no date and time with offset`);
  const part = (k: number) => Number(match[k] ?? 0);
  const localMs = Date.UTC(part(1), part(2) - 1, part(3), part(4), part(5)) + 1_000 * part(6);
  return weekly(localMs / MS_PER_HOUR + FIRST_HOUR);
}

/** The hour of the week at a moment of the run, in [0, 168). */
export function hourOfWeek(startHour: number, nowNs: Ns): number {
  return weekly(startHour + nowNs / NS_PER_HOUR);
}

function weekly(hours: number): number {
  return ((hours % HOURS_PER_WEEK) + HOURS_PER_WEEK) % HOURS_PER_WEEK;
}
