import type { FleetView, PoolsView, RequestView } from '../../src/sim/ports.ts';
import { NO_SESSION } from '../../src/sim/units.ts';

/** What a router can see of one request; left out means the plainest value. */
export interface FakeRequest {
  readonly arrivalNs?: number;
  readonly promptTokens?: number;
  readonly session?: number;
  readonly workload?: number;
  readonly model?: number;
}

/** What a router can see of one instance; left out means eligible and idle. */
export interface FakeInstance {
  readonly eligible?: boolean;
  readonly outstanding?: number;
  readonly waiting?: number;
  readonly pool?: number;
}

/** Requests 0, 1, 2 … as listed. */
export function requestsOf(...requests: readonly FakeRequest[]): RequestView {
  return {
    arrivalNs: (request) => row(requests, request).arrivalNs ?? 0,
    promptTokens: (request) => row(requests, request).promptTokens ?? 512,
    session: (request) => row(requests, request).session ?? NO_SESSION,
    workload: (request) => row(requests, request).workload ?? 0,
    model: (request) => row(requests, request).model ?? 0,
  };
}

/** Instances 0, 1, 2 … as listed, of which the eligible ones are offered. */
export function fleetOf(...instances: readonly FakeInstance[]): FleetView {
  const eligible = instances.flatMap(({ eligible = true }, instance) => (eligible ? [instance] : []));
  return {
    eligibleCount: eligible.length,
    eligible: (k) => row(eligible, k),
    outstandingRequests: (instance) => row(instances, instance).outstanding ?? 0,
    waitingRequests: (instance) => row(instances, instance).waiting ?? 0,
    pool: (instance) => row(instances, instance).pool ?? 0,
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
