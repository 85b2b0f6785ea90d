import type { RowSink } from '../sim/ports.ts';
import type { RunPlan } from '../sim/plan.ts';
import type { TimelineColumns } from '../sim/records.ts';
import type { WorkCounters } from '../sim/roofline.ts';
import { PowerPeaks } from './power-peaks.ts';
import { WORK_COUNTERS } from './resource-use.ts';

/** What one pool did in the measured window. */
export class PoolTally implements WorkCounters {
  arrivedRequests = 0;
  finishedRequests = 0;
  escalatedRequests = 0;
  preemptions = 0;
  steps = 0;
  prefillTokens = 0;
  prefillPairs = 0;
  prefillContextTokens = 0;
  promptTokens = 0;
  cachedTokens = 0;
  loadedTokens = 0;
  dramReadBlocks = 0;
  dramWrittenBlocks = 0;
  ssdReadBlocks = 0;
  ssdWrittenBlocks = 0;
  remoteReadBlocks = 0;
  remoteWrittenBlocks = 0;
  outputTokens = 0;
  decodeSeqSteps = 0;
  kvTokenSteps = 0;
  busyNs = 0;
  prefillNs = 0;
  busyJoules = 0;
  prefillJoules = 0;
  idleJoules = 0;
  hostJoules = 0;
  facilityJoules = 0;
  onNs = 0;
  idleNs = 0;
  lentNs = 0;
  backgroundJoules = 0;
  /** Sum over intervals of the blocks held at their end × their length. */
  kvBlockNs = 0;
  kvBlocksMax = 0;
  /** At the end of the first and of the last interval of the window. */
  waitingFirst = 0;
  waitingLast = 0;
}

const SUMMED = [
  ...WORK_COUNTERS,
  'promptTokens',
  'cachedTokens',
  'loadedTokens',
  'dramReadBlocks',
  'dramWrittenBlocks',
  'ssdReadBlocks',
  'ssdWrittenBlocks',
  'remoteReadBlocks',
  'remoteWrittenBlocks',
  'outputTokens',
  'arrivedRequests',
  'finishedRequests',
  'escalatedRequests',
  'preemptions',
  'busyNs',
  'prefillNs',
  'busyJoules',
  'prefillJoules',
  'idleJoules',
  'hostJoules',
  'facilityJoules',
  'onNs',
  'idleNs',
  'lentNs',
  'backgroundJoules',
] as const satisfies readonly (keyof PoolTally & keyof TimelineColumns)[];

/** Adds up the timeline over [warmUp, horizon); intervals end exactly at both. */
export class PoolMetrics implements RowSink<TimelineColumns> {
  /** One per plan.pools. */
  readonly tallies: readonly PoolTally[];
  readonly peaks: PowerPeaks;
  readonly #fromNs: number;
  readonly #untilNs: number;

  constructor(plan: Pick<RunPlan, 'warmUpNs' | 'horizonNs' | 'timelineIntervalNs' | 'regions' | 'pools'>) {
    this.#fromNs = plan.warmUpNs;
    this.#untilNs = plan.horizonNs;
    this.tallies = plan.pools.map(() => new PoolTally());
    this.peaks = new PowerPeaks(plan);
  }

  flush(columns: TimelineColumns, rows: number): void {
    for (let row = 0; row < rows; row++) {
      const startNs = columns.startNs[row]!;
      const endNs = columns.endNs[row]!;
      if (endNs <= this.#fromNs || startNs >= this.#untilNs) continue;
      if (startNs < this.#fromNs || endNs > this.#untilNs) {
        throw new Error(`a timeline interval of ${startNs} to ${endNs} ns crosses the edge of the measured window`);
      }
      const tally = this.tallies[columns.pool[row]!]!;
      for (const counter of SUMMED) tally[counter] += columns[counter][row]!;
      if (startNs === this.#fromNs) tally.waitingFirst = columns.waitingRequests[row]!;
      tally.waitingLast = columns.waitingRequests[row]!;
      const acceleratorJoules = columns.busyJoules[row]! + columns.idleJoules[row]!;
      const siteJoules = acceleratorJoules + columns.hostJoules[row]! + columns.facilityJoules[row]!;
      const drawnJoules = siteJoules + columns.backgroundJoules[row]!;
      this.peaks.add(columns.pool[row]!, startNs, endNs - startNs, acceleratorJoules, drawnJoules);
      const kvBlocks = columns.kvBlocksUsed[row]!;
      tally.kvBlockNs += kvBlocks * (endNs - startNs);
      tally.kvBlocksMax = Math.max(tally.kvBlocksMax, kvBlocks);
    }
  }
}
