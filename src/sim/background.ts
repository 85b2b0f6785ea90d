import type { BackgroundTimes } from './background-plan.ts';
import type { TimelineColumns } from './records.ts';
import type { InstanceIndex, Ns, PoolIndex } from './units.ts';

const NOT_LENT = -1;

/** Where a job is so long after it got an instance: all its work so far, what of it is not saved, and a save in progress. */
export interface JobState {
  readonly workNs: Ns;
  readonly unsavedNs: Ns;
  /** Until the save in progress is done; 0 if there is none. */
  readonly savingNs: Ns;
}

/** It restores, then works and saves in turn: whole ns in, whole ns out. */
export function jobStateAfter(ageNs: Ns, { restoreNs, checkpointEveryNs, checkpointNs }: BackgroundTimes): JobState {
  const sinceNs = Math.max(0, ageNs - restoreNs);
  const cycleNs = checkpointEveryNs + checkpointNs;
  const cycles = Math.floor(sinceNs / cycleNs);
  const withinNs = sinceNs - cycles * cycleNs;
  const unsavedNs = Math.min(withinNs, checkpointEveryNs);
  const isSaving = withinNs >= checkpointEveryNs;
  return {
    workNs: cycles * checkpointEveryNs + unsavedNs,
    unsavedNs,
    savingNs: isSaving ? cycleNs - withinNs : 0,
  };
}

/** What of a pool decides what is lent. */
interface LendingPool {
  readonly instances: number;
  readonly scaling?: { readonly background?: BackgroundTimes };
}

/** What background work has had of one pool and not yet been asked about. */
interface Account {
  lentNs: Ns;
  usefulNs: Ns;
  recalls: number;
}

/**
 * Instances that background work has on loan. A loan is known by when it began; what came of it follows whenever somebody
 * looks, so background work has no events.
 */
export class Background {
  readonly #jobs: readonly (BackgroundTimes | undefined)[];
  readonly #poolOf: readonly PoolIndex[];
  readonly #accounts: readonly Account[];
  /** Per instance: since when it is lent, … */
  readonly #fromNs: Float64Array;
  /** … and until when the loan is credited to its account. */
  readonly #creditedNs: Float64Array;

  constructor(pools: readonly LendingPool[]) {
    this.#jobs = pools.map(({ scaling }) => scaling?.background);
    this.#poolOf = pools.flatMap(({ instances }, pool) => Array<PoolIndex>(instances).fill(pool));
    this.#accounts = pools.map(() => ({ lentNs: 0, usefulNs: 0, recalls: 0 }));
    this.#fromNs = new Float64Array(this.#poolOf.length).fill(NOT_LENT);
    this.#creditedNs = new Float64Array(this.#poolOf.length);
  }

  /** The pool does not need an instance any more. */
  lend(instance: InstanceIndex, nowNs: Ns): void {
    if (this.#jobs[this.#poolOf[instance]!] === undefined) return;
    this.#fromNs[instance] = nowNs;
    this.#creditedNs[instance] = nowNs;
  }

  /** The pool needs it back. Answers how long it takes until it can load its model; undefined if it was not lent. */
  recall(instance: InstanceIndex, nowNs: Ns): Ns | undefined {
    const fromNs = this.#fromNs[instance]!;
    if (fromNs === NOT_LENT) return undefined;
    const pool = this.#poolOf[instance]!;
    const job = this.#jobs[pool]!;
    const account = this.#accounts[pool]!;
    this.#credit(instance, nowNs);
    this.#fromNs[instance] = NOT_LENT;
    account.recalls++;
    const { unsavedNs, savingNs } = jobStateAfter(nowNs - fromNs, job);
    if (job.onRecall === 'save') return savingNs > 0 || unsavedNs === 0 ? savingNs : job.checkpointNs;
    account.usefulNs -= unsavedNs;
    return 0;
  }

  /** What the instances of a pool did for the job in the interval that ends now. */
  write(columns: TimelineColumns, row: number, pool: PoolIndex, nowNs: Ns): void {
    const account = this.#accounts[pool]!;
    if (this.#jobs[pool] !== undefined) {
      for (let instance = this.#poolOf.indexOf(pool); this.#poolOf[instance] === pool; instance++) {
        if (this.#fromNs[instance] !== NOT_LENT) this.#credit(instance, nowNs);
      }
    }
    columns.lentNs[row] = account.lentNs;
    columns.usefulNs[row] = account.usefulNs;
    columns.recalls[row] = account.recalls;
    account.lentNs = 0;
    account.usefulNs = 0;
    account.recalls = 0;
  }

  #credit(instance: InstanceIndex, nowNs: Ns): void {
    const pool = this.#poolOf[instance]!;
    const job = this.#jobs[pool]!;
    const account = this.#accounts[pool]!;
    const fromNs = this.#fromNs[instance]!;
    const creditedNs = this.#creditedNs[instance]!;
    const workNs = jobStateAfter(nowNs - fromNs, job).workNs - jobStateAfter(creditedNs - fromNs, job).workNs;
    account.lentNs += nowNs - creditedNs;
    account.usefulNs += workNs;
    this.#creditedNs[instance] = nowNs;
  }
}
