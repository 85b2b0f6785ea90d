import type { RequestRow } from '../support/collect.ts';
import type { Block, BlockHolder, Segment } from './reference-kv.ts';

/** A push of a workload that has not happened yet. */
export interface Arrival {
  readonly workload: number;
  readonly path: readonly Segment[];
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly session: number;
  readonly deadlineNs: number | undefined;
}

export interface ReferenceRequest extends Arrival {
  readonly request: number;
  model: number;
  /** How many models have begun with it. */
  attempts: number;
  /** 1 when its answer is wrong. */
  wrong: number;
  /** To its first instance. */
  sentNs: number | undefined;
  readonly arrivalNs: number;
  instance: number;
  /** In the waiting queue of the first instance. */
  enqueuedNs: number;
  /** In the waiting queue of the present one. */
  queuedNs: number;
  scheduledNs: number | undefined;
  firstTokenNs: number | undefined;
  finishNs: number | undefined;
  preemptions: number;
  /** Output tokens so far. */
  generated: number;
  /** Prefill ends when `computed` gets here. */
  target: number;
  /** Tokens that its first admission found in memory or in a store. */
  cachedTokens: number | undefined;
  /** Of these, the ones from a store. */
  loadedTokens: number;
  /** Its shares of the time of steps. */
  prefillTicks: bigint;
  decodeTicks: bigint;
  /** Tokens, blocks and known blocks in its instance. */
  computed: number;
  blocks: Block[];
  shared: number;
  /** While it decodes. */
  pace: Pace | undefined;
  /** While its KV comes from a store, and until it runs. */
  load: Load | undefined;
  /** Where its prompt was computed, if that is not where it ends. */
  handOver: HandOver | undefined;
}

/** How the tokens to come are spread over the steps of a decoding request. */
interface Pace {
  readonly tokens: number;
  readonly steps: number;
  stepsTaken: number;
}

interface Load {
  readonly endNs: number;
  /** What it has computed then. */
  readonly tokens: number;
}

interface HandOver {
  readonly prefillInstance: number;
  readonly prefillEndNs: number;
  /** What it holds in the prefill instance until it has been transferred. */
  readonly leftBehind: BlockHolder;
  transferEndNs: number | undefined;
}

export function newRequest(arrival: Arrival, request: number, model: number, arrivalNs: number): ReferenceRequest {
  return {
    ...arrival,
    request,
    model,
    arrivalNs,
    attempts: 0,
    wrong: 0,
    sentNs: undefined,
    instance: -1,
    enqueuedNs: arrivalNs,
    queuedNs: arrivalNs,
    scheduledNs: undefined,
    firstTokenNs: undefined,
    finishNs: undefined,
    preemptions: 0,
    generated: 0,
    target: 0,
    cachedTokens: undefined,
    loadedTokens: 0,
    prefillTicks: 0n,
    decodeTicks: 0n,
    computed: 0,
    blocks: [],
    shared: 0,
    pace: undefined,
    load: undefined,
    handOver: undefined,
  };
}

/** Nothing has been done for the next model, but preemptions and shares of time count on. */
export function asItArrived(request: ReferenceRequest): void {
  const { workload, path, promptTokens, outputTokens, reasoningTokens, session, deadlineNs, arrivalNs } = request;
  const arrival = { workload, path, promptTokens, outputTokens, reasoningTokens, session, deadlineNs };
  const { request: id, model, attempts, sentNs, preemptions, prefillTicks, decodeTicks } = request;
  const kept = { attempts, sentNs, preemptions, prefillTicks, decodeTicks };
  Object.assign(request, newRequest(arrival, id, model, arrivalNs), kept);
}

export function isPrefilling({ computed, target }: ReferenceRequest): boolean {
  return computed < target;
}

/** The earlier steps have the fewer tokens. */
export function tokensOfNextStep({ tokens, steps, stepsTaken }: Pace): number {
  const atLeast = Math.floor(tokens / steps);
  return stepsTaken < steps - (tokens % steps) ? atLeast : atLeast + 1;
}

/** Its blocks stay where they are, and it goes without any. */
export function leaveBehind(request: ReferenceRequest, prefillEndNs: number): void {
  const { instance: prefillInstance, workload, promptTokens, path, computed, blocks, shared } = request;
  const leftBehind = { workload, promptTokens, path, computed, blocks, shared };
  request.handOver = { prefillInstance, prefillEndNs, leftBehind, transferEndNs: undefined };
  request.computed = 0;
  request.blocks = [];
  request.shared = 0;
}

/** It has been handed over, and its KV has not been asked for. */
export function awaitsTransfer({ handOver, blocks }: ReferenceRequest): boolean {
  return handOver !== undefined && handOver.transferEndNs === undefined && blocks.length === 0;
}

/** Of a request that has left. */
export function rowOf(request: ReferenceRequest, status: number): RequestRow {
  const { handOver } = request;
  return {
    request: request.request,
    session: request.session,
    workload: request.workload,
    instance: request.instance,
    prefillInstance: handOver?.prefillInstance ?? -1,
    status,
    promptTokens: request.promptTokens,
    cachedTokens: request.cachedTokens ?? 0,
    loadedTokens: request.loadedTokens,
    outputTokens: request.outputTokens,
    reasoningTokens: request.reasoningTokens,
    preemptions: request.preemptions,
    arrivalNs: request.arrivalNs,
    deadlineNs: request.deadlineNs ?? 0,
    enqueuedNs: request.enqueuedNs,
    scheduledNs: request.scheduledNs!,
    firstTokenNs: request.firstTokenNs!,
    transferNs: handOver === undefined ? 0 : handOver.transferEndNs! - handOver.prefillEndNs,
    finishNs: request.finishNs!,
    prefillTicks: Number(request.prefillTicks),
    decodeTicks: Number(request.decodeTicks),
    sentNs: status === 0 ? request.sentNs! : request.finishNs!,
    model: request.model,
    attempts: request.attempts,
    wrong: request.wrong,
  };
}
