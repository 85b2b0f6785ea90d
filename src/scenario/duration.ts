import { z } from 'zod';
import type { Ns } from '../sim/units.ts';
import { NS_PER_HOUR, NS_PER_MS, NS_PER_S, NS_PER_US } from '../sim/units.ts';

const NS_PER_UNIT: Readonly<Record<string, Ns>> = {
  ns: 1,
  us: NS_PER_US,
  ms: NS_PER_MS,
  s: NS_PER_S,
  min: 60 * NS_PER_S,
  h: NS_PER_HOUR,
  d: 24 * NS_PER_HOUR,
};

/** Event times are exact for 104 days; the rest is for the run to drain. */
const LONGEST_DAYS = 100;
const LONGEST_NS = LONGEST_DAYS * 24 * NS_PER_HOUR;

const UNITS = Object.keys(NS_PER_UNIT).join('|');
const DURATION = `^(\\d+(\\.\\d+)?(${UNITS}))+$`;
const WRITE = 'write a number and its unit, such as 500ms, 30s, 15min, 1h30min or 7d';

/** Whole nanoseconds of `15min`, `1h30min`, `0.5s`; or what is wrong with the text. */
export function parseDuration(text: string): Ns | string {
  const pieces = [...text.matchAll(/(\d+(?:\.\d+)?)([a-zA-Zµ]*)/g)];
  if (pieces.length === 0 || pieces.map(([piece]) => piece).join('') !== text) {
    return `${JSON.stringify(text)} is not a duration — ${WRITE}`;
  }
  let totalNs = 0;
  for (const [, amount, unit] of pieces) {
    if (unit === '') return `${JSON.stringify(text)} has a number without a unit — ${WRITE}`;
    const nsPerUnit = Object.hasOwn(NS_PER_UNIT, unit!) ? NS_PER_UNIT[unit!]! : undefined;
    if (nsPerUnit === undefined) return `unknown unit of time "${unit}" in ${JSON.stringify(text)} — ${WRITE}`;
    totalNs += Number(amount) * nsPerUnit;
  }
  if (totalNs > LONGEST_NS) return `${JSON.stringify(text)} is longer than ${LONGEST_DAYS} days`;
  return Math.round(totalNs);
}

/** A duration as a scenario writes it; the parsed value is whole nanoseconds. */
export function duration(description: string) {
  return z
    .string({ error: ({ input, path }) => (typeof input === 'number' ? withoutUnit(input, path?.at(-1)) : undefined) })
    .meta({ pattern: DURATION })
    .transform((text, context): Ns => {
      const parsed = parseDuration(text);
      if (typeof parsed === 'number') return parsed;
      context.issues.push({ code: 'custom', message: parsed, input: text });
      return z.NEVER;
    })
    .describe(description);
}

function withoutUnit(amount: number, key: PropertyKey | undefined): string {
  const units = key === 'latency' ? ['us', 'ms'] : ['s', 'min', 'h'];
  const written = units.map((unit) => `${amount}${unit}`);
  return `${amount} has no unit — ${amount >= 0 ? `write ${written.slice(0, -1).join(', ')} or ${written.at(-1)}` : WRITE}`;
}
