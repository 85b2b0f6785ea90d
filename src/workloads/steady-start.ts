import { NS_PER_S, type Ns } from '../sim/units.ts';
import type { Arrivals } from './arrivals.ts';

/** Sessions from before the start are numbered from here, so that those after it have the numbers they always have. */
export const FIRST_PAST_SESSION = 2_147_483_648;

/** Sessions older than so many mean sessions are not looked for. */
const MEAN_SESSIONS_BACK = 40;

/** A session in progress at the start of the run. */
export interface InProgress {
  readonly session: number;
  /** Its next request, from 0; 1 or more. */
  readonly request: number;
  readonly arrivalNs: Ns;
  /** When it sent the request before, at most 0. */
  readonly beforeNs: Ns;
}

/** Whence the past of a session is known, without what it says. */
export interface SessionClock {
  /** Time from request − 1 to the request, or undefined if the session ends there. */
  gapNs(session: number, request: number): Ns | undefined;
  /** Whether the session is over so long after its start, if that is soon known; true is certain, false is not. */
  isOverAfter?(session: number, ageNs: Ns): boolean;
}

/** How far back sessions must have begun to be still in progress. */
export function reachNs(meanSessionS: number): Ns {
  return Math.ceil(MEAN_SESSIONS_BACK * meanSessionS) * NS_PER_S;
}

/**
 * The stationary state of sessions, drawn by letting them begin in the past: those whose next request lies after the start
 * are in progress. Exact for the gaps it is told; in order of their next requests.
 *
 * @param past sessions begin at these times, the last at or after 0
 */
export function inProgressAtStart(past: Arrivals, clock: SessionClock): InProgress[] {
  const found: InProgress[] = [];
  let session = FIRST_PAST_SESSION;
  for (let atNs = past.nextNs(); atNs < 0; atNs = past.nextNs(), session++) {
    if (clock.isOverAfter?.(session, -atNs) === true) continue;
    let arrivalNs = atNs;
    let beforeNs = atNs;
    for (let request = 1; ; request++) {
      const gapNs = clock.gapNs(session, request);
      if (gapNs === undefined) break;
      beforeNs = arrivalNs;
      arrivalNs += gapNs;
      if (arrivalNs < 0) continue;
      found.push({ session, request, arrivalNs, beforeNs });
      break;
    }
  }
  return found.sort((one, other) => one.arrivalNs - other.arrivalNs || one.session - other.session);
}

/** What begins and what goes on, in one order of time. */
export class Starts {
  /** Of the latest answer: a session in progress, or undefined for a new one. */
  goingOn: InProgress | undefined;
  readonly inProgress: readonly InProgress[];
  readonly #arrivals: Arrivals;
  #next = 0;
  #arrivalNs: Ns;

  constructor(inProgress: readonly InProgress[], arrivals: Arrivals) {
    this.inProgress = inProgress;
    this.#arrivals = arrivals;
    this.#arrivalNs = arrivals.nextNs();
  }

  nextNs(): Ns {
    const old = this.inProgress[this.#next];
    this.goingOn = old !== undefined && old.arrivalNs <= this.#arrivalNs ? old : undefined;
    if (this.goingOn !== undefined) {
      this.#next++;
      return this.goingOn.arrivalNs;
    }
    const arrivalNs = this.#arrivalNs;
    this.#arrivalNs = this.#arrivals.nextNs();
    return arrivalNs;
  }
}
