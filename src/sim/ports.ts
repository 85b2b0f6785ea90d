import type { FleetColumns } from './fleet-columns.ts';
import type { PoolRole } from './plan.ts';
import type { InstanceIndex, ModelIndex, Ns, PoolIndex, RequestIndex, SegmentIndex, Ticks } from './units.ts';

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
  /** The request that is pushed next should be finished by then, which may have passed; without, whenever it is. */
  due(deadlineNs: Ns): void;
  /**
   * @param arrivalNs when the client sends
   * @param outputTokens all generated tokens, hidden reasoning included; at least 1
   * @param reasoningTokens the hidden share of outputTokens
   * @param session the conversation it belongs to, or NO_SESSION
   */
  push(arrivalNs: Ns, promptTokens: number, outputTokens: number, reasoningTokens: number, session: number): void;
}

/** Where a workload says what its sessions had computed before the run: prompts and answers, streams shared as above. */
export interface ContextSink {
  share(stream: number, tokens: number): void;
  /**
   * @param usedNs when it was used last, at most 0
   * @param tokens how long it is, the shared ones included; at least 1
   * @param session whose it is
   */
  context(usedNs: Ns, tokens: number, session: number): void;
}

/** A source of requests. It is pulled one request ahead, so a month of traffic needs no memory. */
export interface Workload {
  /** Push the next request in time order; answer false when there is none. */
  pull(sink: ArrivalSink): boolean;
  /** Asked once, before the first pull, by a model whose caches are to be as they are in the long run. */
  warm?(sink: ContextSink): void;
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
  /** When it should be finished; Infinity if nobody said. */
  deadlineNs(request: RequestIndex): Ns;
}

/** What a router may know of a request: its prompt, too. */
export interface PromptView extends RequestView {
  /**
   * What the prompt begins with, as routers that hash its blocks see it: a list of segments, each a stretch of a stream. The
   * first of them, or NO_SEGMENT. Segments are numbered anew for every request, streams are not: prompts that share a
   * stream agree on every token up to where the shorter one leaves it.
   */
  firstSegment(request: RequestIndex): SegmentIndex;
  nextSegment(segment: SegmentIndex): SegmentIndex;
  stream(segment: SegmentIndex): number;
  /** Prompt tokens up to the end of one of its segments. */
  endToken(request: RequestIndex, segment: SegmentIndex): number;
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
  isEligible(instance: InstanceIndex): boolean;
  /** The figures below that change, for loops over many instances. */
  readonly columns: FleetColumns;
  /** Requests sent there, or handed over to it, and not yet finished or handed over to another. */
  outstandingRequests(instance: InstanceIndex): number;
  /** The eligible instance with the fewest of them; on a tie the lowest index. */
  leastOutstanding(): InstanceIndex;
  /** Of all eligible instances together. */
  totalOutstanding(): number;
  /** Of these, the ones not in the running batch: up to date, so only the engine knows it. Routers read what is reported. */
  waitingRequests(instance: InstanceIndex): number;
  /** Prompt tokens of the requests sent there whose first token has not come. */
  outstandingPromptTokens(instance: InstanceIndex): number;

  /** What the instances said of themselves in the snapshot seen last; all 0 before the first, and without telemetry. */
  reportedWaitingRequests(instance: InstanceIndex): number;
  reportedRunningRequests(instance: InstanceIndex): number;
  /** Share of the KV blocks that requests hold. */
  reportedKvUse(instance: InstanceIndex): number;

  /** Leading tokens of the prompt whose KV is in the memory of an instance: exact, what no router apart from the engine knows. */
  cachedTokens(instance: InstanceIndex, request: RequestIndex): number;

  pool(instance: InstanceIndex): PoolIndex;
  role(instance: InstanceIndex): PoolRole;
  rentUsdPerHour(instance: InstanceIndex): number;
  maxNumSeqs(instance: InstanceIndex): number;
  blockTokens(instance: InstanceIndex): number;
  /** Prompt tokens per second of an instance that computes one prompt and nothing else: an estimate, from its step cost. */
  prefillTokensPerS(instance: InstanceIndex): number;
  /** A step of so many decoding sequences of 1,024 tokens each, at most maxNumSeqs: an estimate, from its step cost. */
  decodeStepNs(instance: InstanceIndex, seqs: number): Ns;
  /** What its accelerators draw in those two batches per prompt token and per step; 0 where energy is not recorded. */
  prefillJoulesPerToken(instance: InstanceIndex): number;
  decodeStepJoules(instance: InstanceIndex, seqs: number): number;
}

/** What a policy wants to be told of the instances: a snapshot at every multiple of the interval, seen after the delay. */
export interface TelemetryRequest {
  /** At least 1. */
  readonly intervalNs: Ns;
  readonly delayNs: Ns;
}

export interface RoutingPolicy {
  /** Without, nothing is reported, and snapshots cost nothing. */
  readonly telemetry?: TelemetryRequest;
  /** One of the eligible instances. Asked on arrival, and once more if a prefill instance hands the request over. */
  route(request: RequestIndex, requests: PromptView, fleet: FleetView, nowNs: Ns): InstanceIndex;
}

/** What an engine may know of a request that waits. */
export interface QueuedRequestView extends RequestView {
  /** Of its workload; lower goes first, where anybody asks. */
  priority(request: RequestIndex): number;
  /** A guess that is wrong by a stated error, always the same for a request; never the true length (unless the error is 0). */
  predictedOutputTokens(request: RequestIndex): number;
}

/** The queues of one instance in which somebody waits, in ascending order of their numbers. */
export interface QueuesView {
  /** At least 1 when a policy is asked which comes next. */
  readonly count: number;
  /** The number of the k-th of them, 0 ≤ k < count. */
  queue(k: number): number;
}

/**
 * The order in which one instance takes waiting requests into its batch, and what it does when room is short. An object
 * belongs to one instance. It changes nothing when it is asked, only when it is told (`on…`), and its answers depend on its
 * arguments and on what it was told; docs/engine.md says when that is.
 */
export interface BatchingPolicy {
  /**
   * A whole number from 0 and small: a class, a tenant. Asked when a request comes to wait.
   * @param level how often it has used up a quantum
   */
  queueOf(request: RequestIndex, requests: QueuedRequestView, level: number): number;
  /**
   * The order within the queue, lowest first; at one rank preempted requests go first, then by arrival.
   * @param generatedTokens output tokens it has already; 0 unless it was preempted or comes from a prefill instance
   */
  rank(request: RequestIndex, requests: QueuedRequestView, generatedTokens: number): number;
  /** One of the queues; the lowest number if left out. */
  nextQueue?(queues: QueuesView): number;
  /** Somebody is about to enter a queue, which may be empty. */
  onEntered?(queue: number, queues: QueuesView): void;
  /** Somebody has left a queue for the batch. @param promptTokens to compute of its prompt, 0 if that was told before */
  onAdmitted?(queue: number, promptTokens: number): void;
  /** What requests of a queue have generated since this was last told. */
  onGenerated?(queue: number, outputTokens: number): void;
  /** Prompt tokens of a step in which so many sequences decode (at least 1); without, as many as fit the step. */
  prefillTokenBudget?(decodeSeqs: number): number;
  /**
   * Tokens that a request generates at that level before it gives way to those who wait in queues with lower numbers than
   * its next one; Infinity: it does not. At least 1.
   */
  quantumTokens?(request: RequestIndex, requests: QueuedRequestView, level: number): number;
  /**
   * When KV blocks are short, the running request with the highest answer is preempted; without, the last one admitted.
   * @param computedTokens of it, which will have to be computed again
   */
  victimRank?(request: RequestIndex, requests: QueuedRequestView, computedTokens: number): number;
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

export type { ModelRoutingPolicy, PoolsView, ScalingPolicy } from './decision-ports.ts';

export type { PowerPolicy, PowerSink, SiteView, SleepRequest } from './power-ports.ts';

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
  /** Most that one accelerator may draw; Infinity, or left out, without a cap. */
  capWatts?: number;
}

/**
 * Duration of decode-only steps of one batch size, clock and cap, affine in the tokens attended to over a range:
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
  /**
   * The piece that holds `kvTokens` (sum over the batch of tokens attended to, the new ones included).
   * @param capWatts see PrefillBatch; none if left out
   */
  decodePiece(decodeSeqs: number, kvTokens: number, clock: number, capWatts?: number): DecodePiece;
  prefillStepTicks(batch: PrefillBatch): Ticks;
  /**
   * Energy of the same step in whole quanta, of all accelerators of the instance; 0 where energy is not recorded.
   *
   * @param ticks what `prefillStepTicks` says of the batch, if that is known already
   */
  prefillStepQuanta(batch: PrefillBatch, ticks?: Ticks): number;
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
