import { NS_PER_S } from '../sim/units.ts';

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const DOT = 0x2e;
const PLUS = 0x2b;
const MINUS = 0x2d;
const COLON = 0x3a;
const SPACE = 0x20;
const UPPER_T = 0x54;
const UPPER_Z = 0x5a;

const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;
/** Nanoseconds are exact in a double for 104 days. */
export const MAX_SPAN_S = 104 * DAY_S;

/** Reads a moment out of ASCII bytes, exactly: whole seconds and nanoseconds, each a whole number. */
export class TimestampParser {
  seconds = 0;
  nanoseconds = 0;
  #at = 0;

  /**
   * `2023-11-16 18:15:46.6805900`, with a blank or a T, any number of decimals (those beyond the ninth are dropped)
   * and `Z`, `+00:00` or no zone at the end. Seconds count from 1970; no zone means UTC.
   * @returns whether it is one; if not, the fields mean nothing
   */
  parseDateTime(bytes: Uint8Array, start: number, end: number): boolean {
    const separator = bytes[start + 10];
    if (end - start < 19 || bytes[start + 4] !== MINUS || bytes[start + 7] !== MINUS) return false;
    if (separator !== SPACE && separator !== UPPER_T) return false;
    const year = digits(bytes, start, start + 4);
    const month = digits(bytes, start + 5, start + 7);
    const day = digits(bytes, start + 8, start + 10);
    const timeOfDayS = clockSeconds(bytes, start + 11);
    if (year < 0 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month) || timeOfDayS < 0)
      return false;
    this.#at = start + 19;
    if (!this.#parseFraction(bytes, end)) return false;
    const offsetS = zoneOffsetSeconds(bytes, this.#at, end);
    if (offsetS === undefined) return false;
    this.seconds = daysSince1970(year, month, day) * DAY_S + timeOfDayS - offsetS;
    return true;
  }

  /** `4.314579`: seconds since some moment, with any number of decimals (those beyond the ninth are dropped). */
  parseSeconds(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start;
    while (at < end && isDigit(bytes[at]!)) at++;
    const seconds = digits(bytes, start, at);
    this.#at = at;
    if (at === start || at - start > 15 || !this.#parseFraction(bytes, end) || this.#at !== end) return false;
    this.seconds = seconds;
    return true;
  }

  /** From a dot, if there is one, to the last digit behind it. */
  #parseFraction(bytes: Uint8Array, end: number): boolean {
    this.nanoseconds = 0;
    if (this.#at >= end || bytes[this.#at] !== DOT) return true;
    const first = this.#at + 1;
    let at = first;
    let unitNs = NS_PER_S / 10;
    while (at < end && isDigit(bytes[at]!)) {
      if (at - first < 9) this.nanoseconds += (bytes[at]! - DIGIT_0) * unitNs;
      unitNs /= 10;
      at++;
    }
    this.#at = at;
    return at > first;
  }
}

function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_9;
}

/** The whole number written there, or −1 if anything but digits is. */
function digits(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (!isDigit(byte)) return -1;
    value = value * 10 + (byte - DIGIT_0);
  }
  return value;
}

/** Seconds of `18:15:46`, or −1. */
function clockSeconds(bytes: Uint8Array, start: number): number {
  const hours = digits(bytes, start, start + 2);
  const minutes = digits(bytes, start + 3, start + 5);
  const seconds = digits(bytes, start + 6, start + 8);
  if (bytes[start + 2] !== COLON || bytes[start + 5] !== COLON) return -1;
  if (hours < 0 || minutes < 0 || seconds < 0 || hours > 23 || minutes > 59 || seconds > 59) return -1;
  return hours * HOUR_S + minutes * MINUTE_S + seconds;
}

/** What `Z`, `+02:00`, `+0200` or nothing says, or undefined. */
function zoneOffsetSeconds(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (start === end) return 0;
  const sign = bytes[start];
  if (sign === UPPER_Z) return end === start + 1 ? 0 : undefined;
  if (sign !== PLUS && sign !== MINUS) return undefined;
  const minutesAt = bytes[start + 3] === COLON ? start + 4 : start + 3;
  const hours = digits(bytes, start + 1, start + 3);
  const minutes = digits(bytes, minutesAt, minutesAt + 2);
  if (end !== minutesAt + 2 || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return undefined;
  const offsetS = hours * HOUR_S + minutes * MINUTE_S;
  return sign === PLUS ? offsetS : -offsetS;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days of the Gregorian calendar; a year is taken to begin in March, so that a leap day is its last day. */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const monthsSinceMarch = (month + 9) % 12;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + Math.floor((153 * monthsSinceMarch + 2) / 5) + day - 719_469;
}
