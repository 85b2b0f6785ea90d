import type { Background } from './background.ts';
import { firstRoom, movedTo, nextRoom } from './columns.ts';
import type { Instance } from './instance.ts';
import type { InstanceLives } from './instance-lives.ts';
import type { PoolCounters } from './pool-counters.ts';
import { type PoolPower, poolPowers } from './pool-power.ts';
import type { RowSink } from './ports.ts';
import type { PowerSettings } from './power-settings.ts';
import { TimelineColumns } from './records.ts';
import type { SimulationPlan } from './run-parts.ts';
import type { Ns } from './units.ts';

/** Which instances are on, and what those do that are not. */
interface Observed {
  readonly lives: InstanceLives;
  readonly background: Background;
}

/**
 * Observes every pool at the end of every interval: at each multiple of the interval, at the end of the warm-up and at
 * the horizon. It reads segments by their closed forms and never cuts one.
 */
export class Timeline {
  /** End of the current interval. */
  endNs: Ns;
  #startNs: Ns = 0;
  #rows = 0;
  #columns = new TimelineColumns(firstRoom(TimelineColumns.capacity));
  readonly #intervalNs: Ns;
  readonly #marksNs: readonly Ns[];
  readonly #pools: readonly (readonly Instance[])[];
  readonly #counters: readonly PoolCounters[];
  readonly #lives: InstanceLives;
  readonly #background: Background;
  readonly #sink: RowSink<TimelineColumns>;
  /** One per pool; none where energy is not recorded. */
  readonly #powers: readonly PoolPower[];
  readonly #settings: PowerSettings | undefined;

  /** @param power undefined where power is not controlled */
  constructor(
    plan: SimulationPlan,
    instances: readonly Instance[],
    counters: readonly PoolCounters[],
    { lives, background }: Observed,
    sink: RowSink<TimelineColumns>,
    power: { readonly settings: PowerSettings } | undefined,
  ) {
    this.#intervalNs = plan.timelineIntervalNs;
    this.#marksNs = [plan.warmUpNs, plan.horizonNs];
    this.#pools = counters.map((_, pool) => instances.filter((instance) => instance.pool === pool));
    this.#counters = counters;
    this.#lives = lives;
    this.#background = background;
    this.#sink = sink;
    this.#powers = poolPowers(plan);
    this.#settings = power?.settings;
    this.endNs = this.#nextEnd();
  }

  /** Write the rows of the interval that ends now and begin the next. */
  observe(): void {
    for (let pool = 0; pool < this.#pools.length; pool++) this.#observePool(pool);
    this.#startNs = this.endNs;
    this.endNs = this.#nextEnd();
  }

  /** Write the intervals up to the one that ends then or after. */
  observeUntil(timeNs: Ns): void {
    for (let observedNs = 0; observedNs < timeNs;) {
      observedNs = this.endNs;
      this.observe();
    }
  }

  flush(): void {
    if (this.#rows > 0) this.#sink.flush(this.#columns, this.#rows);
    this.#rows = 0;
  }

  #nextEnd(): Ns {
    let endNs = (Math.floor(this.#startNs / this.#intervalNs) + 1) * this.#intervalNs;
    for (const markNs of this.#marksNs) if (markNs > this.#startNs && markNs < endNs) endNs = markNs;
    return endNs;
  }

  #observePool(pool: number): void {
    let waiting = 0;
    let running = 0;
    let kvBlocksUsed = 0;
    for (const instance of this.#pools[pool]!) {
      instance.creditUntil(this.endNs);
      waiting += instance.waitingRequests;
      running += instance.batch.running.size;
      kvBlocksUsed += instance.kvBlocksUsedAt(this.endNs);
    }
    const row = this.#rows++;
    const columns = this.#columns;
    columns.startNs[row] = this.#startNs;
    columns.endNs[row] = this.endNs;
    columns.pool[row] = pool;
    columns.waitingRequests[row] = waiting;
    columns.runningRequests[row] = running;
    columns.kvBlocksUsed[row] = kvBlocksUsed;
    columns.onNs[row] = this.#lives.takeOnNs(pool, this.endNs);
    columns.readyInstances[row] = this.#lives.readyInstances(pool);
    this.#background.write(columns, row, pool, this.endNs);
    this.#powers[pool]?.write(columns, row, this.#counters[pool]!);
    this.#settings?.write(columns, row, this.#pools[pool]!);
    this.#writeCounters(row, this.#counters[pool]!);
    if (this.#rows === columns.startNs.length) this.#makeRoom();
  }

  /** For the next row: in roomier columns, or by passing on the rows there are. */
  #makeRoom(): void {
    const room = this.#rows;
    if (room === TimelineColumns.capacity) this.flush();
    else this.#columns = movedTo(new TimelineColumns(nextRoom(room)), this.#columns);
  }

  #writeCounters(row: number, counters: PoolCounters): void {
    const columns = this.#columns;
    columns.arrivedRequests[row] = counters.arrivedRequests;
    columns.finishedRequests[row] = counters.finishedRequests;
    columns.escalatedRequests[row] = counters.escalatedRequests;
    columns.preemptions[row] = counters.preemptions;
    columns.steps[row] = counters.steps;
    columns.prefillTokens[row] = counters.prefillTokens;
    columns.promptTokens[row] = counters.promptTokens;
    columns.cachedTokens[row] = counters.cachedTokens;
    columns.loadedTokens[row] = counters.loadedTokens;
    columns.outputTokens[row] = counters.outputTokens;
    columns.decodeSeqSteps[row] = counters.decodeSeqSteps;
    columns.kvTokenSteps[row] = counters.kvTokenSteps;
    columns.prefillPairs[row] = counters.prefillPairs;
    columns.prefillContextTokens[row] = counters.prefillContextTokens;
    columns.kvTransferTokens[row] = counters.kvTransferTokens;
    columns.dramReadBlocks[row] = counters.dramReadBlocks;
    columns.dramWrittenBlocks[row] = counters.dramWrittenBlocks;
    columns.ssdReadBlocks[row] = counters.ssdReadBlocks;
    columns.ssdWrittenBlocks[row] = counters.ssdWrittenBlocks;
    columns.remoteReadBlocks[row] = counters.remoteReadBlocks;
    columns.remoteWrittenBlocks[row] = counters.remoteWrittenBlocks;
    columns.busyNs[row] = counters.busyNs;
    columns.prefillNs[row] = counters.prefillNs;
    counters.reset();
  }
}
