import type { Verdict } from './ports.ts';
import type { RequestStatus } from './records.ts';
import type { ModelIndex, Ns } from './units.ts';

/** Serve it. */
export const ADMIT: Verdict = 0;

/** Verdicts from this one down name a model. */
const FIRST_MODEL: Verdict = -1_000;

/** Turn it away for good; its row says why. */
export function turnAway(status: Exclude<(typeof RequestStatus)[keyof typeof RequestStatus], 0>): Verdict {
  return -status;
}

/** Ask again then. @param timeNs later than now */
export function deferUntil(timeNs: Ns): Verdict {
  return timeNs;
}

/** Another model answers it. */
export function sendTo(model: ModelIndex): Verdict {
  return FIRST_MODEL - model;
}

/** The model that a verdict names, or −1. */
export function modelOf(verdict: Verdict): ModelIndex {
  return verdict <= FIRST_MODEL ? FIRST_MODEL - verdict : -1;
}
