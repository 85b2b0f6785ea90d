import type { FleetView, PrefillBatch, PromptView } from '../../src/sim/ports.ts';
import type { RunParts, SimulationPlan } from '../../src/sim/simulate.ts';
import { NO_SEGMENT } from '../../src/sim/units.ts';
import { columnsOf } from '../support/fleet-columns.ts';
import type { ReferenceInstance } from './reference-instance.ts';
import type { ReferenceRequest } from './reference-request.ts';
import type { ReferenceTelemetry } from './reference-telemetry.ts';

type Requests = ReadonlyMap<number, ReferenceRequest>;

/** More segments than any prompt has: a segment's number is that of its request times this, and its place. */
const PLACES = 10_000;
const NS_PER_S = 1e9;
/** Numbers of requests may be below 0. */
const placeOf = (segment: number) => segment - PLACES * Math.floor(segment / PLACES);

/** What a router sees of requests. */
export function promptViewOf(requests: Requests, workloads: number): PromptView {
  const of = (request: number) => requests.get(request)!;
  const requestOf = (segment: number) => of(Math.floor(segment / PLACES));
  const segmentAt = (request: number, place: number) =>
    place < of(request).path.length ? request * PLACES + place : NO_SEGMENT;
  return {
    arrivalNs: (request) => of(request).arrivalNs,
    promptTokens: (request) => of(request).promptTokens,
    session: (request) => of(request).session,
    workload: (request) => of(request).workload,
    model: (request) => of(request).model,
    deadlineNs: (request) => of(request).deadlineNs ?? Infinity,
    firstSegment: (request) => segmentAt(request, 0),
    nextSegment: (segment) => segmentAt(Math.floor(segment / PLACES), placeOf(segment) + 1),
    stream: (segment) => {
      const { path, workload } = requestOf(segment);
      return path[placeOf(segment)]!.stream * workloads + workload;
    },
    endToken: (_request, segment) => {
      const { path } = requestOf(segment);
      return path.slice(0, placeOf(segment) + 1).reduce((sum, { tokens }) => sum + tokens, 0);
    },
  };
}

interface Fleet {
  readonly plan: SimulationPlan;
  readonly parts: RunParts;
  readonly instances: readonly ReferenceInstance[];
  readonly requests: Requests;
  readonly telemetry: ReferenceTelemetry;
  /** Where contexts of before the run have been placed, while that goes on: they count as outstanding. */
  readonly placed: readonly number[];
}

/** What a router sees of the instances that are eligible. */
export function fleetViewOf(fleet: Fleet, eligible: readonly ReferenceInstance[], nowNs: number): FleetView {
  const { plan, parts, instances, requests, telemetry, placed } = fleet;
  const at = (index: number) => instances[index]!;
  const poolOf = (index: number) => plan.pools[at(index).pool]!;
  const costOf = (index: number) => parts.stepCosts[at(index).pool]!;
  const outstandingOf = ({ index, running, waitingRequests }: ReferenceInstance) =>
    running.length + waitingRequests + placed.filter((other) => other === index).length;
  return {
    eligibleCount: eligible.length,
    get columns() {
      return columnsOf(this, instances.length);
    },
    eligible: (k) => eligible[k]!.index,
    isEligible: (index) => eligible.some((instance) => instance.index === index),
    outstandingRequests: (index) => outstandingOf(at(index)),
    leastOutstanding: () => eligible.toSorted((a, b) => outstandingOf(a) - outstandingOf(b))[0]!.index,
    totalOutstanding: () => eligible.reduce((total, instance) => total + outstandingOf(instance), 0),
    waitingRequests: (index) => at(index).waitingRequests,
    outstandingPromptTokens: (index) =>
      [...requests.values()]
        .filter(({ instance, firstTokenNs }) => instance === index && firstTokenNs === undefined)
        .reduce((tokens, { promptTokens }) => tokens + promptTokens, 0),
    reportedWaitingRequests: (index) => telemetry.seen(index, nowNs).waitingRequests,
    reportedRunningRequests: (index) => telemetry.seen(index, nowNs).runningRequests,
    reportedKvUse: (index) => telemetry.seen(index, nowNs).kvUse,
    cachedTokens: (index, request) => at(index).kv.cachedTokens(requests.get(request)!, nowNs),
    pool: (index) => at(index).pool,
    role: (index) => at(index).role,
    rentUsdPerHour: (index) =>
      (poolOf(index).acceleratorsPerInstance ?? 1) * (poolOf(index).rentUsdPerAcceleratorHour ?? 0),
    blockTokens: (index) => at(index).engine.blockTokens,
    maxNumSeqs: (index) => at(index).engine.maxNumSeqs,
    prefillTokensPerS: (index) => {
      const batch = onePrompt(at(index));
      return (batch.prefillTokens * NS_PER_S) / (costOf(index).prefillStepTicks(batch) / 65_536);
    },
    prefillJoulesPerToken: (index) => {
      const batch = onePrompt(at(index));
      return costOf(index).prefillStepQuanta(batch) / 67_108_864 / batch.prefillTokens;
    },
    decodeStepJoules: (index, seqs) => {
      const counted = Math.min(Math.max(1, seqs), at(index).engine.maxNumSeqs);
      const piece = costOf(index).decodePiece(counted, counted * 1_024, 1);
      return (piece.fixedQuanta + piece.quantaPerKvToken * counted * 1_024) / 67_108_864;
    },
    decodeStepNs: (index, seqs) => {
      const counted = Math.min(Math.max(1, seqs), at(index).engine.maxNumSeqs);
      const piece = costOf(index).decodePiece(counted, counted * 1_024, 1);
      return (piece.fixedTicks + piece.ticksPerKvToken * counted * 1_024) / 65_536;
    },
  };
}

/** The step by which the speed of prefill is estimated. */
function onePrompt({ engine }: ReferenceInstance): PrefillBatch {
  const tokens = Math.min(2_048, engine.maxNumBatchedTokens);
  return {
    decodeSeqs: 0,
    kvTokens: 0,
    prefillTokens: tokens,
    prefillPairs: (tokens * (tokens + 1)) / 2,
    prefillContextTokens: 0,
    promptsFinished: 1,
    clock: 1,
  };
}
