import { z } from 'zod';
import { HOURS_PER_DAY, HOURS_PER_WEEK, WEEKDAYS } from './week-clock.ts';

/** Hours of some days, as a scenario writes them. */
export const windowShape = {
  days: z
    .array(z.enum(WEEKDAYS))
    .min(1)
    .default([...WEEKDAYS])
    .describe('days of the week (default: all)'),
  fromH: z.number().min(0).lt(HOURS_PER_DAY).describe('first hour, by the clock of the scenario’s `start`, h'),
  untilH: z.number().gt(0).max(HOURS_PER_DAY).describe('hour at which it ends, later than fromH, h'),
};

export interface Window {
  readonly days: readonly (typeof WEEKDAYS)[number][];
  readonly fromH: number;
  readonly untilH: number;
}

/** A stretch of the week, in hours since Monday at midnight. */
export interface Stretch {
  readonly fromH: number;
  readonly untilH: number;
  /** Which of the windows it belongs to. */
  readonly window: number;
}

/** What is wrong with a window by itself, if anything. */
export function windowProblem({ fromH, untilH }: Window): string | undefined {
  if (fromH < untilH) return undefined;
  return `ends at ${untilH} h, before it begins at ${fromH} h — write two windows if it passes midnight`;
}

/** The stretches of a week that some windows cover, in the order of the clock. */
export function stretchesOf(windows: readonly Window[]): Stretch[] {
  return windows
    .flatMap(({ days, fromH, untilH }, window) =>
      days.map((day) => {
        const midnight = WEEKDAYS.indexOf(day) * HOURS_PER_DAY;
        return { fromH: midnight + fromH, untilH: midnight + untilH, window };
      }),
    )
    .sort((a, b) => a.fromH - b.fromH || a.untilH - b.untilH);
}

/** The first hour of the week that no stretch covers, and the first that two do. */
export function faultsOf(stretches: readonly Stretch[]): { readonly gap?: number; readonly overlap?: Stretch } {
  let coveredH = 0;
  for (const stretch of stretches) {
    if (stretch.fromH > coveredH) return { gap: coveredH };
    if (stretch.fromH < coveredH) return { overlap: stretch };
    coveredH = stretch.untilH;
  }
  return coveredH < HOURS_PER_WEEK ? { gap: coveredH } : {};
}

/** `tue 08:30` */
export function hourText(hour: number): string {
  const minutes = Math.round((hour % HOURS_PER_DAY) * 60);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${WEEKDAYS[Math.floor(hour / HOURS_PER_DAY)]!} ${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
