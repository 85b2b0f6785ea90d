/** Rows the model leaves behind, as columns. Times are whole ns from the start of the run. */

import { Rows } from './columns.ts';

/**
 * How a request left. `rejected`: no instance could ever run it. The others were turned away by an admission policy:
 * `throttled`: its tenant asked for more than its rate; `queueFull`: too many wait; `shed`: it would have come too late.
 */
export const RequestStatus = { served: 0, rejected: 1, throttled: 2, queueFull: 3, shed: 4 } as const;
export const REQUEST_STATUS_NAMES = ['served', 'rejected', 'throttled', 'queue-full', 'shed'] as const;

/** One row per request, in the order in which requests leave. */
export class RequestColumns extends Rows {
  /** Rows that are passed on at once. */
  static readonly capacity = 16_384;
  /** Running number in order of arrival. */
  readonly request = new Float64Array(this.room);
  readonly session = new Float64Array(this.room);
  readonly workload = new Int32Array(this.room);
  /** The one that gave its last token; −1 for a rejected request. */
  readonly instance = new Int32Array(this.room);
  /** The one that computed its prompt and handed it over; −1 when the same did everything. */
  readonly prefillInstance = new Int32Array(this.room);
  readonly status = new Uint8Array(this.room);
  readonly promptTokens = new Int32Array(this.room);
  /** Found in the prefix cache or in a KV tier … */
  readonly cachedTokens = new Int32Array(this.room);
  /** … and of these, the ones read from a tier. */
  readonly loadedTokens = new Int32Array(this.room);
  readonly outputTokens = new Int32Array(this.room);
  readonly reasoningTokens = new Int32Array(this.room);
  readonly preemptions = new Int32Array(this.room);
  readonly arrivalNs = new Float64Array(this.room);
  /** 0 when there is none. */
  readonly deadlineNs = new Float64Array(this.room);
  /** In the engine's waiting queue. */
  readonly enqueuedNs = new Float64Array(this.room);
  /** Start of the first step that computes a token of it. */
  readonly scheduledNs = new Float64Array(this.room);
  /** As the client sees it: the engine's output delay is included. */
  readonly firstTokenNs = new Float64Array(this.room);
  /** End of its prefill to the end of its KV transfer, at least 1; 0 when it was not handed over. */
  readonly transferNs = new Float64Array(this.room);
  /** Last token, as the client sees it. For a rejected request: when it was turned away. */
  readonly finishNs = new Float64Array(this.room);
  /** Its shares of the ticks of the steps that computed its prompt, and of those in which it decoded; 0 if not recorded. */
  readonly prefillTicks = new Float64Array(this.room);
  readonly decodeTicks = new Float64Array(this.room);
  /** When it was sent to an instance for the first time: later than its arrival if it was held back before. */
  readonly sentNs = new Float64Array(this.room);
  /** The model that gave the answer, or was asked last. Times from `enqueuedNs` on are those of its attempt. */
  readonly model = new Int32Array(this.room);
  /** How many models have computed an answer. */
  readonly attempts = new Int32Array(this.room);
  /** 1 when the answer is wrong; known only where models take turns. */
  readonly wrong = new Uint8Array(this.room);
}

/**
 * One row per time that the work of an instance for a request has come to nothing: its model's answer did not stand, or
 * the instance was taken away.
 */
export class AttemptColumns extends Rows {
  /** Rows that are passed on at once. */
  static readonly capacity = 1_024;
  /** As in its row when it leaves. */
  readonly request = new Float64Array(this.room);
  readonly workload = new Int32Array(this.room);
  readonly instance = new Int32Array(this.room);
  /** The one that computed its prompt and handed it over; −1 when the same did everything. */
  readonly prefillInstance = new Int32Array(this.room);
  readonly endNs = new Float64Array(this.room);
  /** Its shares of the ticks of steps so far, earlier attempts included; 0 if not recorded. */
  readonly prefillTicks = new Float64Array(this.room);
  readonly decodeTicks = new Float64Array(this.room);
}

/** One row per interval and instance pool. Counters are of the interval; queue, running and KV are at its end. */
export class TimelineColumns extends Rows {
  /** Rows that are passed on at once. */
  static readonly capacity = 4_096;
  readonly startNs = new Float64Array(this.room);
  readonly endNs = new Float64Array(this.room);
  readonly pool = new Int32Array(this.room);
  readonly arrivedRequests = new Float64Array(this.room);
  readonly finishedRequests = new Float64Array(this.room);
  readonly preemptions = new Float64Array(this.room);
  /** Steps completed. */
  readonly steps = new Float64Array(this.room);
  /** Prompt tokens computed, recomputation after preemption included. */
  readonly prefillTokens = new Float64Array(this.room);
  /** Prompt tokens of requests whose prefill completed. */
  readonly promptTokens = new Float64Array(this.room);
  /** Of these, the ones found in the prefix cache or in a KV tier, … */
  readonly cachedTokens = new Float64Array(this.room);
  /** … and of these, the ones read from a tier. */
  readonly loadedTokens = new Float64Array(this.room);
  readonly outputTokens = new Float64Array(this.room);
  /** Sum over steps and decoding sequences of 1. */
  readonly decodeSeqSteps = new Float64Array(this.room);
  /** Sum over steps of the tokens the decoding sequences attend to. */
  readonly kvTokenSteps = new Float64Array(this.room);
  /** Sum over steps of query-key pairs of prefill chunks. */
  readonly prefillPairs = new Float64Array(this.room);
  /** Sum over steps of cached tokens that prefill chunks attend to. */
  readonly prefillContextTokens = new Float64Array(this.room);
  /** Tokens whose KV has been moved over the links of the pool's instances: transfers that ended. */
  readonly kvTransferTokens = new Float64Array(this.room);
  /** KV blocks asked of the tiers of each kind, and written to them. */
  readonly dramReadBlocks = new Float64Array(this.room);
  readonly dramWrittenBlocks = new Float64Array(this.room);
  readonly ssdReadBlocks = new Float64Array(this.room);
  readonly ssdWrittenBlocks = new Float64Array(this.room);
  readonly remoteReadBlocks = new Float64Array(this.room);
  readonly remoteWrittenBlocks = new Float64Array(this.room);
  /** Instance time spent in steps (completed ones: a step counts where it ends). */
  readonly busyNs = new Float64Array(this.room);
  /** Of this, what prefill added: a mixed step's time beyond that of its decode-only batch. */
  readonly prefillNs = new Float64Array(this.room);
  readonly waitingRequests = new Float64Array(this.room);
  readonly runningRequests = new Float64Array(this.room);
  readonly kvBlocksUsed = new Float64Array(this.room);
  /** Of the finished requests, those whose answer was not accepted: another model goes on with them. */
  readonly escalatedRequests = new Float64Array(this.room);
  /** Instance time switched on. */
  readonly onNs = new Float64Array(this.room);
  readonly readyInstances = new Float64Array(this.room);
  /** Accelerators in steps that ended, … */
  readonly busyJoules = new Float64Array(this.room);
  /** … of this, what prefill added, … */
  readonly prefillJoules = new Float64Array(this.room);
  /** … and while no step was in progress. These and what follows are 0 where energy is not recorded. */
  readonly idleJoules = new Float64Array(this.room);
  /** Servers without their accelerators, and the network. */
  readonly hostJoules = new Float64Array(this.room);
  /** What cooling and conversion add to all the above. */
  readonly facilityJoules = new Float64Array(this.room);
  /** Instance time switched on, without a step in progress: to the nanosecond, while a step counts where it ends. */
  readonly idleNs = new Float64Array(this.room);
  /** Of this, while the accelerators slept. */
  readonly sleepNs = new Float64Array(this.room);
  /** Instance time that background work had, … */
  readonly lentNs = new Float64Array(this.room);
  /** … of this, what it worked, less what was lost: in an interval that loses work of earlier ones it is negative. */
  readonly usefulNs = new Float64Array(this.room);
  /** Instances that were called back from it. */
  readonly recalls = new Float64Array(this.room);
  /** At the meter of the site, cooling and conversion included; 0 where energy is not recorded. */
  readonly backgroundJoules = new Float64Array(this.room);
  /** Mean over instances and time of the clocks and caps that were in effect (a cap above the TDP, or none, is the TDP); 0 where power is not controlled. */
  readonly clockShare = new Float64Array(this.room);
  readonly capWatts = new Float64Array(this.room);
}
