import { grownFloats, grownIntegers } from './columns.ts';
import { DEFAULT_OUTPUT_PREDICTION, OutputPrediction } from './output-prediction.ts';
import type { PromptView, QueuedRequestView } from './ports.ts';
import type { PromptPaths } from './prompt-paths.ts';
import type { SimulationPlan } from './run-parts.ts';
import type { ModelIndex, Ns, RequestIndex, SegmentIndex } from './units.ts';

/** No row: the end of a list. */
export const NONE = -1;

/** A request's time that has not come yet. */
export const NOT_YET = -1;

/**
 * The requests in flight, one row each, as columns. A row is reused as soon as its request has left, so the table is as
 * long as the largest number of requests that were ever in flight together.
 */
export class RequestTable {
  /** Running number in order of arrival; set when the request arrives. */
  id = new Float64Array(0);
  session = new Float64Array(0);
  workload = new Int32Array(0);
  /** The one that answers it, or that answers it next. */
  model = new Int32Array(0);
  /** How many models have begun with it. */
  attempts = new Int32Array(0);
  /** 1 when the answer was wrong. */
  wrong = new Int32Array(0);
  /** When it was sent to its first instance; NOT_YET before. */
  sentNs = new Float64Array(0);
  promptTokens = new Int32Array(0);
  cachedTokens = new Int32Array(0);
  loadedTokens = new Int32Array(0);
  outputTokens = new Int32Array(0);
  reasoningTokens = new Int32Array(0);
  arrivalNs = new Float64Array(0);
  /** Infinity when there is none. */
  deadlineNs = new Float64Array(0);
  enqueuedNs = new Float64Array(0);
  scheduledNs = new Float64Array(0);
  firstTokenNs = new Float64Array(0);
  preemptions = new Int32Array(0);
  /** First segment of its prompt's path, or NONE. */
  path = new Int32Array(0);

  /** Output tokens generated: up to date while waiting or prefilling; of a decoding request, at its decodeFromStep. */
  generated = new Int32Array(0);
  /** Tokens in the KV cache while prefilling. */
  computed = new Int32Array(0);
  /** Tokens to compute before it decodes: prompt, plus what was generated before a preemption; then at decodeFromStep. */
  target = new Int32Array(0);
  /** Steps its instance had completed when it began to decode at this growth, and will have when it finishes. */
  decodeFromStep = new Float64Array(0);
  finishStep = new Float64Array(0);
  /** Tokens it generates in a step while it decodes; once in its life they can become one more. */
  growth = new Int32Array(0);
  /** Number of its latest admission: the order of the running list. */
  admission = new Float64Array(0);
  /** Leading blocks of its prompt that are the prefix cache's. */
  sharedBlocks = new Int32Array(0);
  /** Where the last of them lie in that cache, most probably: it looks whether that is so. */
  sharedPiece = new Int32Array(0);
  /** When what it reads from KV tiers is there, and the tokens it has blocks for since; 0 when it holds none. */
  loadEndNs = new Float64Array(0);
  loadedUntil = new Int32Array(0);
  /** The instance that computed its prompt and handed it over, or NO_INSTANCE; the rest is only of such requests. */
  prefillInstance = new Int32Array(0);
  decodeInstance = new Int32Array(0);
  handOverNs = new Float64Array(0);
  /** NOT_YET until the transfer of its KV is requested. */
  transferEndNs = new Float64Array(0);
  transferTokens = new Int32Array(0);
  /** `sharedBlocks` in the instance that handed it over. */
  prefillSharedBlocks = new Int32Array(0);
  /** Its place in the cycle in which decoding sequences take new KV blocks. */
  kvPhase = new Int32Array(0);
  /** Neighbours in the one list it is in: waiting, running, on a link, arrived from there, or free. */
  next = new Int32Array(0);
  previous = new Int32Array(0);

  #free = NONE;
  #capacity = 0;

  take(): RequestIndex {
    if (this.#free === NONE) this.#grow(Math.max(1_024, 2 * this.#capacity));
    const request = this.#free;
    this.#free = this.next[request]!;
    return request;
  }

  release(request: RequestIndex): void {
    this.next[request] = this.#free;
    this.#free = request;
  }

  #grow(capacity: number): void {
    this.id = grownFloats(this.id, capacity);
    this.session = grownFloats(this.session, capacity);
    this.workload = grownIntegers(this.workload, capacity);
    this.model = grownIntegers(this.model, capacity);
    this.attempts = grownIntegers(this.attempts, capacity);
    this.wrong = grownIntegers(this.wrong, capacity);
    this.sentNs = grownFloats(this.sentNs, capacity);
    this.promptTokens = grownIntegers(this.promptTokens, capacity);
    this.loadedTokens = grownIntegers(this.loadedTokens, capacity);
    this.cachedTokens = grownIntegers(this.cachedTokens, capacity);
    this.outputTokens = grownIntegers(this.outputTokens, capacity);
    this.reasoningTokens = grownIntegers(this.reasoningTokens, capacity);
    this.arrivalNs = grownFloats(this.arrivalNs, capacity);
    this.deadlineNs = grownFloats(this.deadlineNs, capacity);
    this.enqueuedNs = grownFloats(this.enqueuedNs, capacity);
    this.scheduledNs = grownFloats(this.scheduledNs, capacity);
    this.firstTokenNs = grownFloats(this.firstTokenNs, capacity);
    this.preemptions = grownIntegers(this.preemptions, capacity);
    this.path = grownIntegers(this.path, capacity);
    this.sharedBlocks = grownIntegers(this.sharedBlocks, capacity);
    this.sharedPiece = grownIntegers(this.sharedPiece, capacity);
    this.generated = grownIntegers(this.generated, capacity);
    this.computed = grownIntegers(this.computed, capacity);
    this.target = grownIntegers(this.target, capacity);
    this.decodeFromStep = grownFloats(this.decodeFromStep, capacity);
    this.finishStep = grownFloats(this.finishStep, capacity);
    this.growth = grownIntegers(this.growth, capacity);
    this.admission = grownFloats(this.admission, capacity);
    this.loadEndNs = grownFloats(this.loadEndNs, capacity);
    this.loadedUntil = grownIntegers(this.loadedUntil, capacity);
    this.prefillInstance = grownIntegers(this.prefillInstance, capacity);
    this.decodeInstance = grownIntegers(this.decodeInstance, capacity);
    this.handOverNs = grownFloats(this.handOverNs, capacity);
    this.transferEndNs = grownFloats(this.transferEndNs, capacity);
    this.transferTokens = grownIntegers(this.transferTokens, capacity);
    this.prefillSharedBlocks = grownIntegers(this.prefillSharedBlocks, capacity);
    this.kvPhase = grownIntegers(this.kvPhase, capacity);
    this.next = grownIntegers(this.next, capacity);
    this.previous = grownIntegers(this.previous, capacity);
    for (let request = capacity - 1; request >= this.#capacity; request--) this.release(request);
    this.#capacity = capacity;
  }
}

/** What policies and workloads see of the table. */
export class RequestTableView implements QueuedRequestView, PromptView {
  readonly #table: RequestTable;
  readonly #paths: PromptPaths;
  readonly #priorityOfWorkload: readonly number[];
  readonly #prediction: OutputPrediction;

  constructor(
    table: RequestTable,
    paths: PromptPaths,
    plan: Pick<SimulationPlan, 'seed' | 'workloads' | 'outputPrediction'>,
  ) {
    this.#table = table;
    this.#paths = paths;
    this.#priorityOfWorkload = plan.workloads.map(({ priority = 0 }) => priority);
    this.#prediction = new OutputPrediction(plan.outputPrediction ?? DEFAULT_OUTPUT_PREDICTION, plan.seed);
  }

  arrivalNs(request: RequestIndex): Ns {
    return this.#table.arrivalNs[request]!;
  }

  promptTokens(request: RequestIndex): number {
    return this.#table.promptTokens[request]!;
  }

  session(request: RequestIndex): number {
    return this.#table.session[request]!;
  }

  workload(request: RequestIndex): number {
    return this.#table.workload[request]!;
  }

  model(request: RequestIndex): ModelIndex {
    return this.#table.model[request]!;
  }

  priority(request: RequestIndex): number {
    return this.#priorityOfWorkload[this.#table.workload[request]!]!;
  }

  predictedOutputTokens(request: RequestIndex): number {
    return this.#prediction.tokens(this.#table.id[request]!, this.#table.outputTokens[request]!);
  }

  deadlineNs(request: RequestIndex): Ns {
    return this.#table.deadlineNs[request]!;
  }

  firstSegment(request: RequestIndex): SegmentIndex {
    return this.#table.path[request]!;
  }

  nextSegment(segment: SegmentIndex): SegmentIndex {
    return this.#paths.next[segment]!;
  }

  stream(segment: SegmentIndex): number {
    return this.#paths.stream[segment]!;
  }

  endToken(request: RequestIndex, segment: SegmentIndex): number {
    return Math.min(this.#paths.endToken[segment]!, this.#table.promptTokens[request]!);
  }
}
