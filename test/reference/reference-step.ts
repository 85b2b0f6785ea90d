import type { DecodePiece, PrefillBatch, StepCost } from '../../src/sim/ports.ts';
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

/** Of the accelerators of an instance. */
export interface Setting {
  readonly clock: number;
  readonly capWatts: number;
}

export interface Step {
  readonly shares: readonly Share[];
  readonly startTicks: bigint;
  readonly endTicks: bigint;
  readonly batch: PrefillBatch;
  readonly quanta: bigint;
  readonly decodeOnly: DecodeOnly;
}

/** The step of the same decoding requests without a prompt: nothing at all without any. */
interface DecodeOnly {
  readonly piece: DecodePiece | undefined;
  readonly ticks: bigint;
  readonly quanta: bigint;
}

export function wholeNs(ticks: bigint): number {
  return Number(ticks / TICKS_PER_NS);
}

/** A step that nobody is in. */
function emptyBatch(clock: number, capWatts: number): PrefillBatch {
  return {
    decodeSeqs: 0,
    kvTokens: 0,
    prefillTokens: 0,
    prefillPairs: 0,
    prefillContextTokens: 0,
    promptsFinished: 0,
    clock,
    capWatts,
  };
}

function addChunk(batch: PrefillBatch, tokens: number, computed: number): void {
  batch.prefillTokens += tokens;
  batch.prefillPairs += tokens * computed + (tokens * (tokens + 1)) / 2;
  batch.prefillContextTokens += computed;
}

/** The step of a batch that has been formed, before anything in it is computed. */
export function stepOf(
  shares: readonly Share[],
  startTicks: bigint,
  cost: StepCost,
  { clock, capWatts }: Setting,
): Step {
  const batch = emptyBatch(clock, capWatts);
  for (const { request, tokens, decoding } of shares) {
    if (decoding) {
      batch.decodeSeqs += 1;
      batch.kvTokens += request.computed + 1;
    } else {
      addChunk(batch, tokens, request.computed);
      if (request.computed + tokens === request.target) batch.promptsFinished += 1;
    }
  }
  const decodeOnly = decodeOnlyOf(batch, cost);
  const ticks = batch.prefillTokens > 0 ? BigInt(cost.prefillStepTicks({ ...batch })) : decodeOnly.ticks;
  const quanta = batch.prefillTokens > 0 ? BigInt(cost.prefillStepQuanta({ ...batch })) : decodeOnly.quanta;
  return { shares, startTicks, endTicks: startTicks + ticks, batch, quanta, decodeOnly };
}

function decodeOnlyOf({ decodeSeqs, kvTokens, clock, capWatts = Infinity }: PrefillBatch, cost: StepCost): DecodeOnly {
  if (decodeSeqs === 0) return { piece: undefined, ticks: 0n, quanta: 0n };
  const piece = cost.decodePiece(decodeSeqs, kvTokens, clock, capWatts);
  const onLine = (fixed: number, perKvToken: number) => BigInt(fixed) + BigInt(perKvToken) * BigInt(kvTokens);
  return {
    piece,
    ticks: onLine(piece.fixedTicks, piece.ticksPerKvToken),
    quanta: onLine(piece.fixedQuanta, piece.quantaPerKvToken),
  };
}

/** Whole ns of a step that computes nothing but these tokens of one prompt, and not its last. */
export function chunkNs(tokens: number, computed: number, cost: StepCost, { clock, capWatts }: Setting): number {
  const batch = emptyBatch(clock, capWatts);
  addChunk(batch, tokens, computed);
  return wholeNs(BigInt(cost.prefillStepTicks(batch)));
}

/** Duration of a step, and its energy over it. */
export function stepNsOf({ startTicks, endTicks }: Step): number {
  return Number(endTicks - startTicks) / 65_536;
}

export function stepWattsOf({ startTicks, endTicks, quanta }: Step): number {
  return (Number(quanta) / Number(endTicks - startTicks)) * ((65_536 * 1e9) / 2 ** 26);
}

export function countStep(counters: ReferenceCounters, { startTicks, endTicks, batch, decodeOnly }: Step): void {
  const busyNs = wholeNs(endTicks) - wholeNs(startTicks);
  counters.steps += 1;
  counters.prefillTokens += batch.prefillTokens;
  counters.prefillPairs += batch.prefillPairs;
  counters.prefillContextTokens += batch.prefillContextTokens;
  counters.decodeSeqSteps += batch.decodeSeqs;
  counters.kvTokenSteps += batch.kvTokens;
  counters.busyNs += busyNs;
  if (batch.prefillTokens > 0) counters.prefillNs += Math.max(0, busyNs - wholeNs(decodeOnly.ticks));
}
