import { z } from 'zod';
import { WEEK_SHAPE_NAMES } from './week-shapes.ts';

const factor = () => z.number().min(0).max(1_000_000);
const hours = () => z.number().min(0).max(1_000_000);
const someAboveZero = (factors: readonly number[]) => factors.some((value) => value > 0);

const weekFields = z.strictObject({
  hourOfDay: z
    .array(factor())
    .length(24)
    .refine(someAboveZero, 'all hours are zero')
    .describe('rate in each hour from midnight, in any unit, dimensionless'),
  dayOfWeek: z
    .array(factor())
    .length(7)
    .refine(someAboveZero, 'all days are zero')
    .default([1, 1, 1, 1, 1, 1, 1])
    .describe('rate on each day from Sunday, in any unit, dimensionless'),
});

const spike = z.strictObject({
  startH: hours().describe('start of the spike, from the start of the run, h'),
  hours: z.number().positive().max(1_000_000).describe('how long it lasts, h'),
  factor: factor().describe('what it multiplies the rate by, dimensionless'),
});

const ramp = z
  .array(z.tuple([hours(), factor()]))
  .min(1)
  .refine((points) => points.every(([at], k) => k === 0 || at > points[k - 1]![0]), 'hours of a ramp must rise');

/** How the rate of any arrival process changes with time. All of it multiplies the mean rate. */
export const rateFields = {
  week: z
    .union([z.enum(WEEK_SHAPE_NAMES), weekFields])
    .optional()
    .describe('rate by hour of the day and day of the week, of mean 1 over the week, dimensionless'),
  utcOffsetHours: z
    .number()
    .min(-12)
    .max(14)
    .default(0)
    .describe('clock of `week`, ahead of UTC; of named shapes, away from where they were measured, h'),
  ramp: ramp
    .optional()
    .describe('[hour of the run, factor] pairs, straight in between and constant beyond, dimensionless'),
  spikes: z.array(spike).max(1_000).default([]).describe('stretches of another rate, dimensionless'),
  growthPerMonth: z
    .number()
    .gt(-1)
    .max(100)
    .default(0)
    .describe('growth compounded every hour: 0.1 is 10 % in 30.4 days, dimensionless'),
};

const rateOptions = z.strictObject(rateFields);
export type RateOptions = z.infer<typeof rateOptions>;
