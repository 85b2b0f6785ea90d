import type { RowSink } from '../../src/sim/ports.ts';
import type { AttemptColumns, RequestColumns, TimelineColumns } from '../../src/sim/records.ts';
import type { RunParts, RunTotals, SimulationPlan } from '../../src/sim/simulate.ts';
import { simulate } from '../../src/sim/simulate.ts';

/** One row of a table of columns, as an object with the same names. */
export type Row<Columns> = { readonly [Name in keyof Columns]: number };
export type RequestRow = Row<RequestColumns>;
export type TimelineRow = Row<TimelineColumns>;
export type AttemptRow = Row<AttemptColumns>;

export interface Collected {
  readonly requests: readonly RequestRow[];
  readonly timeline: readonly TimelineRow[];
  readonly attempts: readonly AttemptRow[];
  readonly totals: RunTotals;
}

export type Simulate = typeof simulate;

/** Run, and keep every row: for tests of a few thousand requests. */
export function collect(plan: SimulationPlan, parts: RunParts, run: Simulate = simulate): Collected {
  const requests: RequestRow[] = [];
  const timeline: TimelineRow[] = [];
  const attempts: AttemptRow[] = [];
  const totals = run(plan, parts, {
    requests: requestRowsInto(requests),
    timeline: timelineRowsInto(timeline),
    attempts: attemptRowsInto(attempts),
  });
  return { requests, timeline, attempts, totals };
}

/** The sink of somebody who does not look. */
export const noRows: RowSink<unknown> = { flush: () => undefined };

export function requestRowsInto(rows: RequestRow[]): RowSink<RequestColumns> {
  return {
    flush(columns, count) {
      for (let i = 0; i < count; i++) {
        rows.push({
          request: columns.request[i]!,
          session: columns.session[i]!,
          workload: columns.workload[i]!,
          instance: columns.instance[i]!,
          prefillInstance: columns.prefillInstance[i]!,
          status: columns.status[i]!,
          promptTokens: columns.promptTokens[i]!,
          cachedTokens: columns.cachedTokens[i]!,
          loadedTokens: columns.loadedTokens[i]!,
          outputTokens: columns.outputTokens[i]!,
          reasoningTokens: columns.reasoningTokens[i]!,
          preemptions: columns.preemptions[i]!,
          arrivalNs: columns.arrivalNs[i]!,
          deadlineNs: columns.deadlineNs[i]!,
          enqueuedNs: columns.enqueuedNs[i]!,
          scheduledNs: columns.scheduledNs[i]!,
          firstTokenNs: columns.firstTokenNs[i]!,
          transferNs: columns.transferNs[i]!,
          finishNs: columns.finishNs[i]!,
          prefillTicks: columns.prefillTicks[i]!,
          decodeTicks: columns.decodeTicks[i]!,
          sentNs: columns.sentNs[i]!,
          model: columns.model[i]!,
          attempts: columns.attempts[i]!,
          wrong: columns.wrong[i]!,
        });
      }
    },
  };
}

export function attemptRowsInto(rows: AttemptRow[]): RowSink<AttemptColumns> {
  return {
    flush(columns, count) {
      for (let i = 0; i < count; i++) {
        rows.push({
          request: columns.request[i]!,
          workload: columns.workload[i]!,
          instance: columns.instance[i]!,
          prefillInstance: columns.prefillInstance[i]!,
          endNs: columns.endNs[i]!,
          prefillTicks: columns.prefillTicks[i]!,
          decodeTicks: columns.decodeTicks[i]!,
        });
      }
    },
  };
}

export function timelineRowsInto(rows: TimelineRow[]): RowSink<TimelineColumns> {
  return {
    flush(columns, count) {
      for (let i = 0; i < count; i++) {
        rows.push({
          startNs: columns.startNs[i]!,
          endNs: columns.endNs[i]!,
          pool: columns.pool[i]!,
          arrivedRequests: columns.arrivedRequests[i]!,
          finishedRequests: columns.finishedRequests[i]!,
          preemptions: columns.preemptions[i]!,
          steps: columns.steps[i]!,
          prefillTokens: columns.prefillTokens[i]!,
          promptTokens: columns.promptTokens[i]!,
          cachedTokens: columns.cachedTokens[i]!,
          loadedTokens: columns.loadedTokens[i]!,
          outputTokens: columns.outputTokens[i]!,
          decodeSeqSteps: columns.decodeSeqSteps[i]!,
          kvTokenSteps: columns.kvTokenSteps[i]!,
          prefillPairs: columns.prefillPairs[i]!,
          prefillContextTokens: columns.prefillContextTokens[i]!,
          kvTransferTokens: columns.kvTransferTokens[i]!,
          dramReadBlocks: columns.dramReadBlocks[i]!,
          dramWrittenBlocks: columns.dramWrittenBlocks[i]!,
          ssdReadBlocks: columns.ssdReadBlocks[i]!,
          ssdWrittenBlocks: columns.ssdWrittenBlocks[i]!,
          remoteReadBlocks: columns.remoteReadBlocks[i]!,
          remoteWrittenBlocks: columns.remoteWrittenBlocks[i]!,
          busyNs: columns.busyNs[i]!,
          prefillNs: columns.prefillNs[i]!,
          waitingRequests: columns.waitingRequests[i]!,
          runningRequests: columns.runningRequests[i]!,
          kvBlocksUsed: columns.kvBlocksUsed[i]!,
          busyJoules: columns.busyJoules[i]!,
          prefillJoules: columns.prefillJoules[i]!,
          idleJoules: columns.idleJoules[i]!,
          hostJoules: columns.hostJoules[i]!,
          facilityJoules: columns.facilityJoules[i]!,
          idleNs: columns.idleNs[i]!,
          sleepNs: columns.sleepNs[i]!,
          clockShare: columns.clockShare[i]!,
          capWatts: columns.capWatts[i]!,
          escalatedRequests: columns.escalatedRequests[i]!,
          onNs: columns.onNs[i]!,
          readyInstances: columns.readyInstances[i]!,
          lentNs: columns.lentNs[i]!,
          usefulNs: columns.usefulNs[i]!,
          recalls: columns.recalls[i]!,
          backgroundJoules: columns.backgroundJoules[i]!,
        });
      }
    },
  };
}
