import { z } from 'zod';

const ZONED =
  /^(\d{4})-(\d{2})-(\d{2})T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const UNZONED = /^\d{4}-\d{2}-\d{2}(?:[T ][\d:.]*)?$/;
const EXAMPLE = '2026-06-01T08:00-04:00';

/** The moment that is 0 ns. Prices and carbon follow the clock of a place, so a time without its offset means nothing. */
export function zonedStart(description: string) {
  return z
    .string()
    .superRefine((text, context) => {
      const problem = startProblem(text);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    })
    .meta({ pattern: ZONED.source })
    .describe(description);
}

function startProblem(text: string): string | undefined {
  const match = ZONED.exec(text);
  if (match !== null) {
    const [, year, month, day] = match.map(Number);
    return daysIn(year!, month!) >= day! && day! >= 1
      ? undefined
      : `${JSON.stringify(text)} is not a date of the calendar`;
  }
  if (UNZONED.test(text)) {
    return `${JSON.stringify(text)} has no zone — write the offset from UTC with it, such as ${withOffset(text)}`;
  }
  return `${JSON.stringify(text)} is not a date and time — write it such as ${EXAMPLE} or 2026-06-01T12:00Z`;
}

function withOffset(unzoned: string): string {
  const [date, time] = unzoned.split(/[T ]/);
  return `${date}T${time === undefined || time === '' ? '00:00' : time}-04:00`;
}

function daysIn(year: number, month: number): number {
  if (month < 1 || month > 12) return 0;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;
}
