/** Rows the model leaves behind, as columns. Times are whole ns from the start of the run. */

/**
 * How a request left. `rejected`: no instance could ever run it. The others were turned away by an admission policy:
 * `throttled`: its tenant asked for more than its rate; `queueFull`: too many wait; `shed`: it would have come too late.
 */
export const RequestStatus = { served: 0, rejected: 1, throttled: 2, queueFull: 3, shed: 4 } as const;
export const REQUEST_STATUS_NAMES = ['served', 'rejected', 'throttled', 'queue-full', 'shed'] as const;

/** One row per request, in the order in which requests leave. */
export class RequestColumns {
  static readonly capacity = 16_384;
  /** Running number in order of arrival. */
  readonly request = new Float64Array(RequestColumns.capacity);
  readonly session = new Float64Array(RequestColumns.capacity);
  readonly workload = new Int32Array(RequestColumns.capacity);
  /** The one that gave its last token; −1 for a rejected request. */
  readonly instance = new Int32Array(RequestColumns.capacity);
  /** The one that computed its prompt and handed it over; −1 when the same did everything. */
  readonly prefillInstance = new Int32Array(RequestColumns.capacity);
  readonly status = new Uint8Array(RequestColumns.capacity);
  readonly promptTokens = new Int32Array(RequestColumns.capacity);
  /** Found in the prefix cache or in a KV tier … */
  readonly cachedTokens = new Int32Array(RequestColumns.capacity);
  /** … and of these, the ones read from a tier. */
  readonly loadedTokens = new Int32Array(RequestColumns.capacity);
  readonly outputTokens = new Int32Array(RequestColumns.capacity);
  readonly reasoningTokens = new Int32Array(RequestColumns.capacity);
  readonly preemptions = new Int32Array(RequestColumns.capacity);
  readonly arrivalNs = new Float64Array(RequestColumns.capacity);
  /** 0 when there is none. */
  readonly deadlineNs = new Float64Array(RequestColumns.capacity);
  /** In the engine's waiting queue. */
  readonly enqueuedNs = new Float64Array(RequestColumns.capacity);
  /** Start of the first step that computes a token of it. */
  readonly scheduledNs = new Float64Array(RequestColumns.capacity);
  /** As the client sees it: the engine's output delay is included. */
  readonly firstTokenNs = new Float64Array(RequestColumns.capacity);
  /** End of its prefill to the end of its KV transfer, at least 1; 0 when it was not handed over. */
  readonly transferNs = new Float64Array(RequestColumns.capacity);
  /** Last token, as the client sees it. For a rejected request: when it was turned away. */
  readonly finishNs = new Float64Array(RequestColumns.capacity);
  /** Its shares of the ticks of the steps that computed its prompt, and of those in which it decoded; 0 if not recorded. */
  readonly prefillTicks = new Float64Array(RequestColumns.capacity);
  readonly decodeTicks = new Float64Array(RequestColumns.capacity);
  /** When it was sent to an instance for the first time: later than its arrival if it was held back before. */
  readonly sentNs = new Float64Array(RequestColumns.capacity);
  /** The model that gave the answer, or was asked last. Times from `enqueuedNs` on are those of its attempt. */
  readonly model = new Int32Array(RequestColumns.capacity);
  /** How many models have computed an answer. */
  readonly attempts = new Int32Array(RequestColumns.capacity);
  /** 1 when the answer is wrong; known only where models take turns. */
  readonly wrong = new Uint8Array(RequestColumns.capacity);
}

/**
 * One row per time that the work of an instance for a request has come to nothing: its model's answer did not stand, or
 * the instance was taken away.
 */
export class AttemptColumns {
  static readonly capacity = 1_024;
  /** As in its row when it leaves. */
  readonly request = new Float64Array(AttemptColumns.capacity);
  readonly workload = new Int32Array(AttemptColumns.capacity);
  readonly instance = new Int32Array(AttemptColumns.capacity);
  /** The one that computed its prompt and handed it over; −1 when the same did everything. */
  readonly prefillInstance = new Int32Array(AttemptColumns.capacity);
  readonly endNs = new Float64Array(AttemptColumns.capacity);
  /** Its shares of the ticks of steps so far, earlier attempts included; 0 if not recorded. */
  readonly prefillTicks = new Float64Array(AttemptColumns.capacity);
  readonly decodeTicks = new Float64Array(AttemptColumns.capacity);
}

/** One row per interval and instance pool. Counters are of the interval; queue, running and KV are at its end. */
export class TimelineColumns {
  static readonly capacity = 4_096;
  readonly startNs = new Float64Array(TimelineColumns.capacity);
  readonly endNs = new Float64Array(TimelineColumns.capacity);
  readonly pool = new Int32Array(TimelineColumns.capacity);
  readonly arrivedRequests = new Float64Array(TimelineColumns.capacity);
  readonly finishedRequests = new Float64Array(TimelineColumns.capacity);
  readonly preemptions = new Float64Array(TimelineColumns.capacity);
  /** Steps completed. */
  readonly steps = new Float64Array(TimelineColumns.capacity);
  /** Prompt tokens computed, recomputation after preemption included. */
  readonly prefillTokens = new Float64Array(TimelineColumns.capacity);
  /** Prompt tokens of requests whose prefill completed. */
  readonly promptTokens = new Float64Array(TimelineColumns.capacity);
  /** Of these, the ones found in the prefix cache or in a KV tier, … */
  readonly cachedTokens = new Float64Array(TimelineColumns.capacity);
  /** … and of these, the ones read from a tier. */
  readonly loadedTokens = new Float64Array(TimelineColumns.capacity);
  readonly outputTokens = new Float64Array(TimelineColumns.capacity);
  /** Sum over steps and decoding sequences of 1. */
  readonly decodeSeqSteps = new Float64Array(TimelineColumns.capacity);
  /** Sum over steps of the tokens the decoding sequences attend to. */
  readonly kvTokenSteps = new Float64Array(TimelineColumns.capacity);
  /** Sum over steps of query-key pairs of prefill chunks. */
  readonly prefillPairs = new Float64Array(TimelineColumns.capacity);
  /** Sum over steps of cached tokens that prefill chunks attend to. */
  readonly prefillContextTokens = new Float64Array(TimelineColumns.capacity);
  /** Tokens whose KV has been moved over the links of the pool's instances: transfers that ended. */
  readonly kvTransferTokens = new Float64Array(TimelineColumns.capacity);
  /** KV blocks asked of the tiers of each kind, and written to them. */
  readonly dramReadBlocks = new Float64Array(TimelineColumns.capacity);
  readonly dramWrittenBlocks = new Float64Array(TimelineColumns.capacity);
  readonly ssdReadBlocks = new Float64Array(TimelineColumns.capacity);
  readonly ssdWrittenBlocks = new Float64Array(TimelineColumns.capacity);
  readonly remoteReadBlocks = new Float64Array(TimelineColumns.capacity);
  readonly remoteWrittenBlocks = new Float64Array(TimelineColumns.capacity);
  /** Instance time spent in steps (completed ones: a step counts where it ends). */
  readonly busyNs = new Float64Array(TimelineColumns.capacity);
  /** Of this, what prefill added: a mixed step's time beyond that of its decode-only batch. */
  readonly prefillNs = new Float64Array(TimelineColumns.capacity);
  readonly waitingRequests = new Float64Array(TimelineColumns.capacity);
  readonly runningRequests = new Float64Array(TimelineColumns.capacity);
  readonly kvBlocksUsed = new Float64Array(TimelineColumns.capacity);
  /** Of the finished requests, those whose answer was not accepted: another model goes on with them. */
  readonly escalatedRequests = new Float64Array(TimelineColumns.capacity);
  /** Instance time switched on. */
  readonly onNs = new Float64Array(TimelineColumns.capacity);
  readonly readyInstances = new Float64Array(TimelineColumns.capacity);
  /** Accelerators in steps that ended, … */
  readonly busyJoules = new Float64Array(TimelineColumns.capacity);
  /** … of this, what prefill added, … */
  readonly prefillJoules = new Float64Array(TimelineColumns.capacity);
  /** … and while no step was in progress. These and what follows are 0 where energy is not recorded. */
  readonly idleJoules = new Float64Array(TimelineColumns.capacity);
  /** Servers without their accelerators, and the network. */
  readonly hostJoules = new Float64Array(TimelineColumns.capacity);
  /** What cooling and conversion add to all the above. */
  readonly facilityJoules = new Float64Array(TimelineColumns.capacity);
  /** Instance time switched on, without a step in progress: to the nanosecond, while a step counts where it ends. */
  readonly idleNs = new Float64Array(TimelineColumns.capacity);
  /** Of this, while the accelerators slept. */
  readonly sleepNs = new Float64Array(TimelineColumns.capacity);
  /** Instance time that background work had, … */
  readonly lentNs = new Float64Array(TimelineColumns.capacity);
  /** … of this, what it worked, less what was lost: in an interval that loses work of earlier ones it is negative. */
  readonly usefulNs = new Float64Array(TimelineColumns.capacity);
  /** Instances that were called back from it. */
  readonly recalls = new Float64Array(TimelineColumns.capacity);
  /** At the meter of the site, cooling and conversion included; 0 where energy is not recorded. */
  readonly backgroundJoules = new Float64Array(TimelineColumns.capacity);
  /** Mean over instances and time of the clocks and caps that were in effect (a cap above the TDP, or none, is the TDP); 0 where power is not controlled. */
  readonly clockShare = new Float64Array(TimelineColumns.capacity);
  readonly capWatts = new Float64Array(TimelineColumns.capacity);
}
