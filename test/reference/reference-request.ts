import type { Block, BlockHolder, Segment } from './reference-kv.ts';

/** A push of a workload that has not happened yet. */
export interface Arrival {
  readonly workload: number;
  readonly path: readonly Segment[];
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly session: number;
}

export interface ReferenceRequest extends Arrival {
  readonly request: number;
  readonly model: number;
  readonly arrivalNs: number;
  instance: number;
  enqueuedNs: number;
  scheduledNs: number | undefined;
  firstTokenNs: number | undefined;
  finishNs: number | undefined;
  preemptions: number;
  /** Output tokens so far. */
  generated: number;
  /** Prefill ends when `computed` gets here. */
  target: number;
  /** Tokens of its hits at its first admission. */
  cachedTokens: number | undefined;
  /** Tokens, blocks and known blocks in its instance. */
  computed: number;
  blocks: Block[];
  shared: number;
  /** Where its prompt was computed, if that is not where it ends. */
  handOver: HandOver | undefined;
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
    instance: -1,
    enqueuedNs: arrivalNs,
    scheduledNs: undefined,
    firstTokenNs: undefined,
    finishNs: undefined,
    preemptions: 0,
    generated: 0,
    target: 0,
    cachedTokens: undefined,
    computed: 0,
    blocks: [],
    shared: 0,
    handOver: undefined,
  };
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
