import type { PrefillBatch, StepCost } from '../../src/sim/ports.ts';
import type { ReferenceCounters } from './reference-counters.ts';
import type { ReferenceRequest } from './reference-request.ts';

export const TICKS_PER_NS = 65_536n;

/** A request's part of a step. */
export interface Share {
  readonly request: ReferenceRequest;
  /** Whose KV it computes. */
  readonly tokens: number;
  readonly decoding: boolean;
}

export interface Step {
  readonly shares: readonly Share[];
  readonly startTicks: bigint;
  readonly endTicks: bigint;
  readonly batch: PrefillBatch;
  /** Duration of the decode-only step with the same decoding requests; 0 without any. */
  readonly decodeTicks: bigint;
}

export function wholeNs(ticks: bigint): number {
  return Number(ticks / TICKS_PER_NS);
}

/** A step that nobody is in. */
function emptyBatch(clock: number): PrefillBatch {
  return {
    decodeSeqs: 0,
    kvTokens: 0,
    prefillTokens: 0,
    prefillPairs: 0,
    prefillContextTokens: 0,
    promptsFinished: 0,
    clock,
  };
}

function addChunk(batch: PrefillBatch, tokens: number, computed: number): void {
  batch.prefillTokens += tokens;
  batch.prefillPairs += tokens * computed + (tokens * (tokens + 1)) / 2;
  batch.prefillContextTokens += computed;
}

/** The step of a batch that has been formed, before anything in it is computed. */
export function stepOf(shares: readonly Share[], startTicks: bigint, cost: StepCost, clock: number): Step {
  const batch = emptyBatch(clock);
  for (const { request, tokens, decoding } of shares) {
    if (decoding) {
      batch.decodeSeqs += 1;
      batch.kvTokens += request.computed + 1;
    } else {
      addChunk(batch, tokens, request.computed);
      if (request.computed + tokens === request.target) batch.promptsFinished += 1;
    }
  }
  const decodeTicks = decodeTicksOf(batch, cost);
  const ticks = batch.prefillTokens > 0 ? BigInt(cost.prefillStepTicks({ ...batch })) : decodeTicks;
  return { shares, startTicks, endTicks: startTicks + ticks, batch, decodeTicks };
}

function decodeTicksOf({ decodeSeqs, kvTokens, clock }: PrefillBatch, cost: StepCost): bigint {
  if (decodeSeqs === 0) return 0n;
  const piece = cost.decodePiece(decodeSeqs, kvTokens, clock);
  return BigInt(piece.fixedTicks) + BigInt(piece.ticksPerKvToken) * BigInt(kvTokens);
}

/** Whole ns of a step that computes nothing but these tokens of one prompt, and not its last. */
export function chunkNs(tokens: number, computed: number, cost: StepCost, clock: number): number {
  const batch = emptyBatch(clock);
  addChunk(batch, tokens, computed);
  return wholeNs(BigInt(cost.prefillStepTicks(batch)));
}

export function countStep(counters: ReferenceCounters, { startTicks, endTicks, batch, decodeTicks }: Step): void {
  const busyNs = wholeNs(endTicks) - wholeNs(startTicks);
  counters.steps += 1;
  counters.prefillTokens += batch.prefillTokens;
  counters.prefillPairs += batch.prefillPairs;
  counters.prefillContextTokens += batch.prefillContextTokens;
  counters.decodeSeqSteps += batch.decodeSeqs;
  counters.kvTokenSteps += batch.kvTokens;
  counters.busyNs += busyNs;
  if (batch.prefillTokens > 0) counters.prefillNs += Math.max(0, busyNs - wholeNs(decodeTicks));
}
