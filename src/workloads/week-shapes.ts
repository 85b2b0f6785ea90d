import { NS_PER_MS, type Ns } from '../sim/units.ts';

/** How a rate changes over the days of a week: 24 values from midnight, times 7 from Sunday. Only ratios matter. */
export interface WeekShape {
  readonly hourOfDay: readonly number[];
  readonly dayOfWeek: readonly number[];
}

const EVERY_DAY = [1, 1, 1, 1, 1, 1, 1];

/** Shapes that a scenario can name. */
/* prettier-ignore */
export const WEEK_SHAPES = {
  // Azure LLM inference trace 2024, conversation, 12 to 18 May (DynamoLLM, HPCA 2025; CC BY 4.0), read off its figure; UTC.
  'azure-chat': {
    hourOfDay: [
      0.89, 0.965, 0.951, 0.791, 0.798, 0.861, 0.973, 1.05, 1.08, 1.04, 0.964, 1.03, 1.14, 1.26, 1.32, 1.25, 1.14, 1.1,
      1.09, 1.02, 0.947, 0.816, 0.739, 0.776,
    ],
    dayOfWeek: [0.638, 1.18, 1.22, 1.13, 1.14, 1.03, 0.659],
  },
  // The same, code completion: a developer's day; UTC.
  'azure-code': {
    hourOfDay: [
      0.779, 0.758, 0.703, 0.595, 0.482, 0.394, 0.336, 0.274, 0.247, 0.252, 0.266, 0.386, 0.688, 1.15, 1.61, 1.74, 1.67,
      1.91, 2.1, 2.14, 2.0, 1.51, 1.14, 0.884,
    ],
    dayOfWeek: [0.394, 1.23, 1.33, 1.32, 1.28, 1.03, 0.412],
  },
  // BurstGPT (a campus; CC BY 4.0), mean requests by hour of the local day over 61 days.
  'burstgpt-campus': {
    hourOfDay: [
      940.3, 892.6, 571.6, 513, 368.2, 341.5, 193.8, 153.3, 177.7, 415.9, 878.8, 1286.5, 1744.3, 1501.1, 1795.9, 1401.1,
      1475.5, 1355.8, 1181.2, 1567.6, 1352.8, 1175, 1129, 1025.8,
    ],
    dayOfWeek: EVERY_DAY,
  },
  // ServeGen, DeepSeek-R1, one day (Alibaba; Apache-2.0); hours of the file, whose origin is not told.
  'servegen-reasoning': {
    hourOfDay: [
      1.21, 1.39, 2.03, 1.79, 1.06, 0.908, 0.749, 0.577, 0.596, 0.664, 0.81, 0.83, 0.447, 0.545, 0.684, 0.704, 0.878,
      0.553, 0.749, 0.587, 1.24, 1.62, 2.19, 1.18,
    ],
    dayOfWeek: EVERY_DAY,
  },
} as const satisfies Readonly<Record<string, WeekShape>>;

export const WEEK_SHAPE_NAMES = Object.keys(WEEK_SHAPES) as (keyof typeof WEEK_SHAPES)[];

const MS_PER_MINUTE = 60_000;
const MS_PER_HOUR = 60 * MS_PER_MINUTE;
const MS_PER_DAY = 24 * MS_PER_HOUR;
const MS_PER_WEEK = 7 * MS_PER_DAY;
/** 1 January 1970 was a Thursday. */
const FIRST_DAY_FROM_SUNDAY = 4;

/** Factors of the 168 hours of a week from Sunday, of mean 1. */
export function weekFactors({ hourOfDay, dayOfWeek }: WeekShape): number[] {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const scale = 1 / (mean(hourOfDay) * mean(dayOfWeek));
  return dayOfWeek.flatMap((day) => hourOfDay.map((hour) => day * hour * scale));
}

/**
 * Where a run begins in a week whose clock is `utcOffsetHours` ahead of UTC: ns since the Sunday before, at midnight.
 *
 * @param start ISO 8601 with offset
 */
export function nsIntoWeek(start: string, utcOffsetHours: number): Ns {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?(?:Z|([+-])(\d\d):(\d\d))$/.exec(start);
  if (match === null) throw new Error(`a run starts at "${start}", which is no date and time with offset`);
  const part = (k: number) => Number(match[k] ?? 0);
  const offsetMs = (match[7] === '-' ? -1 : 1) * (part(8) * MS_PER_HOUR + part(9) * MS_PER_MINUTE);
  const utcMs = Date.UTC(part(1), part(2) - 1, part(3), part(4), part(5)) + Math.round(1_000 * part(6)) - offsetMs;
  const localMs = utcMs + utcOffsetHours * MS_PER_HOUR + FIRST_DAY_FROM_SUNDAY * MS_PER_DAY;
  // The remainder of a negative number is negative.
  return (((localMs % MS_PER_WEEK) + MS_PER_WEEK) % MS_PER_WEEK) * NS_PER_MS;
}
