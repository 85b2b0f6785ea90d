import type { PoolRole } from '../../src/sim/plan.ts';
import type { FleetView, PoolsView, PromptView } from '../../src/sim/ports.ts';
import { NO_SEGMENT, NO_SESSION } from '../../src/sim/units.ts';
import { columnsOf } from './fleet-columns.ts';

/** What a router can see of one request; left out means the plainest value. */
export interface FakeRequest {
  readonly arrivalNs?: number;
  readonly promptTokens?: number;
  readonly session?: number;
  readonly workload?: number;
  readonly model?: number;
  readonly deadlineNs?: number;
  /** The streams its prompt begins with, and up to which token. */
  readonly path?: readonly (readonly [stream: number, endToken: number])[];
}

/** What a router can see of one instance; left out means eligible, idle, and like all others. */
export interface FakeInstance {
  readonly eligible?: boolean;
  readonly outstanding?: number;
  /** Of these, the ones not in the batch; without, nobody may ask. */
  readonly waiting?: number;
  readonly promptTokens?: number;
  readonly reportedWaiting?: number;
  readonly reportedRunning?: number;
  readonly reportedKvUse?: number;
  /** Of whatever prompt it is asked about. */
  readonly cachedTokens?: number;
  readonly pool?: number;
  readonly role?: PoolRole;
  readonly rentUsdPerHour?: number;
  readonly maxNumSeqs?: number;
  readonly prefillTokensPerS?: number;
  readonly prefillJoulesPerToken?: number;
  /** Of a batch of one; each further sequence adds a hundredth of it. */
  readonly decodeStepNs?: number;
  readonly decodeStepJoules?: number;
}

/** Segments of a fake prompt are numbered by row and place. */
const PLACES = 1_000;

/** Requests 0, 1, 2 … as listed. */
export function requestsOf(...requests: readonly FakeRequest[]): PromptView {
  const path = (request: number) => row(requests, request).path ?? [];
  const segment = (request: number, place: number) =>
    place < path(request).length ? request * PLACES + place : NO_SEGMENT;
  const segmentAt = (index: number) => row(path(Math.floor(index / PLACES)), index % PLACES);
  return {
    arrivalNs: (request) => row(requests, request).arrivalNs ?? 0,
    promptTokens: (request) => row(requests, request).promptTokens ?? 512,
    session: (request) => row(requests, request).session ?? NO_SESSION,
    workload: (request) => row(requests, request).workload ?? 0,
    model: (request) => row(requests, request).model ?? 0,
    deadlineNs: (request) => row(requests, request).deadlineNs ?? Infinity,
    firstSegment: (request) => segment(request, 0),
    nextSegment: (index) => segment(Math.floor(index / PLACES), (index % PLACES) + 1),
    stream: (index) => segmentAt(index)[0],
    endToken: (_request, index) => segmentAt(index)[1],
  };
}

/** Instances 0, 1, 2 … as listed, of which the eligible ones are offered. */
export function fleetOf(...instances: readonly FakeInstance[]): FleetView {
  const eligible = instances.flatMap(({ eligible = true }, instance) => (eligible ? [instance] : []));
  const of = (instance: number) => row(instances, instance);
  return {
    eligibleCount: eligible.length,
    get columns() {
      return columnsOf(this, instances.length);
    },
    eligible: (k) => row(eligible, k),
    isEligible: (instance) => eligible.includes(instance),
    outstandingRequests: (instance) => of(instance).outstanding ?? 0,
    leastOutstanding: () =>
      row(
        eligible.toSorted((a, b) => (of(a).outstanding ?? 0) - (of(b).outstanding ?? 0)),
        0,
      ),
    totalOutstanding: () => eligible.reduce((total, instance) => total + (of(instance).outstanding ?? 0), 0),
    waitingRequests: (instance) => {
      const { waiting } = of(instance);
      if (waiting !== undefined) return waiting;
      throw new Error('a router apart from the engine knows only how many waited in the snapshot it saw');
    },
    outstandingPromptTokens: (instance) => of(instance).promptTokens ?? 0,
    reportedWaitingRequests: (instance) => of(instance).reportedWaiting ?? 0,
    reportedRunningRequests: (instance) => of(instance).reportedRunning ?? 0,
    reportedKvUse: (instance) => of(instance).reportedKvUse ?? 0,
    cachedTokens: (instance) => of(instance).cachedTokens ?? 0,
    pool: (instance) => of(instance).pool ?? 0,
    role: (instance) => of(instance).role ?? 'mixed',
    rentUsdPerHour: (instance) => of(instance).rentUsdPerHour ?? 1,
    blockTokens: () => 16,
    maxNumSeqs: (instance) => of(instance).maxNumSeqs ?? 256,
    prefillTokensPerS: (instance) => of(instance).prefillTokensPerS ?? 10_000,
    prefillJoulesPerToken: (instance) => of(instance).prefillJoulesPerToken ?? 0.1,
    decodeStepJoules: (instance, seqs) => (of(instance).decodeStepJoules ?? 10) * (1 + (seqs - 1) / 100),
    decodeStepNs: (instance, seqs) => (of(instance).decodeStepNs ?? 1e7) * (1 + (seqs - 1) / 100),
  };
}

/** Reading past the end is a fault of the policy under test, not an empty value. */
function row<Row>(rows: readonly Row[], index: number): Row {
  const found = rows[index];
  if (found === undefined) throw new RangeError(`there is no row ${index} among ${rows.length}`);
  return found;
}

/** What a scaling policy can see of the one pool there is; left out means nothing. */
export interface FakePool {
  readonly ready?: number;
  readonly starting?: number;
  readonly outstanding?: number;
  readonly waiting?: number;
  readonly front?: number;
  readonly sent?: number;
}

export function poolOf(pool: FakePool): PoolsView {
  return {
    readyInstances: () => pool.ready ?? 0,
    startingInstances: () => pool.starting ?? 0,
    outstandingRequests: () => pool.outstanding ?? 0,
    waitingRequests: () => pool.waiting ?? 0,
    frontRequests: () => pool.front ?? 0,
    sentRequests: () => pool.sent ?? 0,
  };
}
