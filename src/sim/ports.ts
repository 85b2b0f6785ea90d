import type { InstanceIndex, ModelIndex, Ns, PoolIndex, RequestIndex, Ticks } from './units.ts';

/**
 * What plugs into the model. Arguments are row numbers and read-only views, answers are numbers: a decision allocates
 * nothing and changes nothing. The views cannot name what a real scheduler could not know (the true output length).
 */

// ---------------------------------------------------------------------------------------------- demand

/** Where a workload puts its requests. Times may not lie before the latest arrival the same workload has seen. */
export interface ArrivalSink {
  /**
   * The prompt of the request that is pushed next goes on with the first `tokens` tokens of a stream. A stream is named by
   * a whole number ≥ 0 of the workload's choice and names its whole past: prompts that share a stream agree on every token
   * up to where the shorter one leaves it. Prompt tokens after the last of these segments are the request's own; if the
   * segments cover the whole prompt, the output continues the last stream.
   */
  share(stream: number, tokens: number): void;
  /**
   * @param arrivalNs when the client sends
   * @param outputTokens all generated tokens, hidden reasoning included; at least 1
   * @param reasoningTokens the hidden share of outputTokens
   * @param session the conversation it belongs to, or NO_SESSION
   */
  push(arrivalNs: Ns, promptTokens: number, outputTokens: number, reasoningTokens: number, session: number): void;
}

/** A source of requests. It is pulled one request ahead, so a month of traffic needs no memory. */
export interface Workload {
  /** Push the next request in time order; answer false when there is none. */
  pull(sink: ArrivalSink): boolean;
  /** A request of this workload has left the fleet (served or rejected); a closed loop pushes its successor here. */
  onFinish?(request: RequestIndex, requests: RequestView, nowNs: Ns, sink: ArrivalSink): void;
}

/** A stream of bytes, read from the start; how a trace reaches a workload without the model knowing files. */
export interface ByteSource {
  /** Fill `into` from its start and answer how many bytes were read; 0 at the end. */
  read(into: Uint8Array): number;
  /** Begin again at the start, where that is possible. */
  rewind?(): void;
}

// ---------------------------------------------------------------------------------------------- decisions

/** What a scheduler may know of a request. */
export interface RequestView {
  arrivalNs(request: RequestIndex): Ns;
  promptTokens(request: RequestIndex): number;
  session(request: RequestIndex): number;
  workload(request: RequestIndex): number;
  model(request: RequestIndex): ModelIndex;
}

/**
 * The instances that may take a request (they hold its model and can ever fit it): those that begin with requests, or,
 * when a prefill instance hands it over, those that go on with them. All figures are constant within a segment, so looking
 * never changes what is looked at.
 */
export interface FleetView {
  /** How many instances are eligible; at least 1 when a router is asked. */
  readonly eligibleCount: number;
  /** The k-th eligible instance, 0 ≤ k < eligibleCount, in ascending order. */
  eligible(k: number): InstanceIndex;
  /** Requests sent there, or handed over to it, and not yet finished or handed over to another. */
  outstandingRequests(instance: InstanceIndex): number;
  /** Of these, the ones not in the running batch. */
  waitingRequests(instance: InstanceIndex): number;
  pool(instance: InstanceIndex): PoolIndex;
}

export interface RoutingPolicy {
  /** One of the eligible instances. Asked on arrival, and once more if a prefill instance hands the request over. */
  route(request: RequestIndex, requests: RequestView, fleet: FleetView, nowNs: Ns): InstanceIndex;
}

/** What an admission policy answers, as a number that `sim/verdicts.ts` makes. */
export type Verdict = number;

export interface AdmissionPolicy {
  /**
   * What is to happen with a request. Asked when it arrives, and again when it was deferred until now. The fleet shows the
   * instances that could take it at once; there may be none.
   */
  admit(request: RequestIndex, requests: RequestView, fleet: FleetView, nowNs: Ns): Verdict;
}

/** Pools as their scaling policies see them. All figures are constant within a segment. */
export interface PoolsView {
  /** Instances that take requests. */
  readyInstances(pool: PoolIndex): number;
  /** Instances on their way to that. */
  startingInstances(pool: PoolIndex): number;
  /** Requests at ready instances and not yet finished or handed over, … */
  outstandingRequests(pool: PoolIndex): number;
  /** … of these, the ones not in a running batch. */
  waitingRequests(pool: PoolIndex): number;
  /** Requests that no ready instance of any pool could take, and that this pool could. */
  frontRequests(pool: PoolIndex): number;
  /** Requests sent or handed over to the pool since the start of the run. */
  sentRequests(pool: PoolIndex): number;
}

export interface ScalingPolicy {
  readonly intervalNs: Ns;
  /** Instances that the pool should have, ready or on their way; a whole number, kept within the limits of the pool. */
  targetInstances(pool: PoolIndex, pools: PoolsView, nowNs: Ns): number;
}

/**
 * Which of several models answers a request. A request has a difficulty, uniform in [0, 1): the same for every policy that
 * it meets. A draw is uniform, too, and different for every attempt.
 */
export interface ModelRoutingPolicy {
  /** The model that a request is sent to first. */
  firstModel(difficulty: number, draw: number): ModelIndex;
  /** The model that goes on after an answer of `model`; `model` itself where the answer stands. */
  nextModel(model: ModelIndex, difficulty: number, draw: number): ModelIndex;
  isRight(model: ModelIndex, difficulty: number): boolean;
  /** How long an answer of `model` is judged before the client gets it; undefined if it is streamed as it comes. */
  judgeNs(model: ModelIndex): Ns | undefined;
}

/** Accelerators of a site as its controller sees them. */
export interface SiteView {
  readonly instanceCount: number;
  clock(instance: InstanceIndex): number;
}

/** What a power controller may set. */
export interface ClockSink {
  /** Relative frequency in (0, 1], effective at the next step boundary. */
  setClock(instance: InstanceIndex, clock: number): void;
}

export interface PowerPolicy {
  readonly intervalNs: Ns;
  decide(site: SiteView, clocks: ClockSink, nowNs: Ns): void;
}

// ---------------------------------------------------------------------------------------------- physics

/** One engine step that carries prefill, as the cost model sees it. The engine reuses one object. */
export interface PrefillBatch {
  /** Sequences that generate one token each. */
  decodeSeqs: number;
  /** Tokens those sequences attend to, each its own new token included. */
  kvTokens: number;
  /** Prompt tokens computed in this step, over all chunks. */
  prefillTokens: number;
  /** Query-key pairs of those chunks: a chunk of c tokens after p computed ones has c·p + c(c+1)/2. */
  prefillPairs: number;
  /** Tokens already in the KV cache that the chunks attend to: the sum of p. */
  prefillContextTokens: number;
  /** Prompts whose last token is in this step. */
  promptsFinished: number;
  /** Relative frequency in (0, 1]. */
  clock: number;
}

/**
 * Duration of decode-only steps of one batch size and clock, affine in the tokens attended to over a range:
 * `fixedTicks + ticksPerKvToken × kvTokens` for kvTokens < untilKvTokens. Whole numbers, at least one nanosecond in the
 * range; fixedTicks alone may be negative. Their energy likewise, in whole quanta of 2⁻²⁶ J, at least 0 in the range.
 */
export interface DecodePiece {
  readonly fixedTicks: Ticks;
  readonly ticksPerKvToken: Ticks;
  /** Of all accelerators of the instance together; 0 where energy is not recorded. */
  readonly fixedQuanta: number;
  readonly quantaPerKvToken: number;
  readonly untilKvTokens: number;
}

/** How long an engine step takes: at least one nanosecond. Pure: the same batch always costs the same. */
export interface StepCost {
  /** The piece that holds `kvTokens` (sum over the batch of tokens attended to, the new ones included). */
  decodePiece(decodeSeqs: number, kvTokens: number, clock: number): DecodePiece;
  prefillStepTicks(batch: PrefillBatch): Ticks;
  /** Energy of the same step in whole quanta, of all accelerators of the instance; 0 where energy is not recorded. */
  prefillStepQuanta(batch: PrefillBatch): number;
  /**
   * What a chunk of `tokens` prompt tokens after `contextTokens` computed ones weighs when the chunks of a step share the
   * time that they add to it: its FLOPs, > 0.
   */
  chunkWeight(tokens: number, contextTokens: number): number;
}

// ---------------------------------------------------------------------------------------------- observation

/** Receives rows in column chunks, synchronously; the arrays are reused after the call. */
export interface RowSink<Columns> {
  flush(columns: Columns, rows: number): void;
}
