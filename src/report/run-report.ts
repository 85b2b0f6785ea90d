import type { OfferedLoad } from '../results/manifest.ts';
import type { MoneyRules } from './money.ts';
import type { RunSummary } from '../results/summary.ts';

/** One scenario over its seeds, as every form of report shows it. */
export interface RunReport {
  readonly scenario: string;
  readonly tokenfleetVersion: string;
  /** From the warm-up to the horizon, in simulated time. */
  readonly windowS: { readonly start: number; readonly end: number };
  /** Offered work ÷ capacity, one per pool, as estimated before simulating. */
  readonly offeredLoads: readonly OfferedLoad[];
  readonly runs: readonly ReportedRun[];
  /** Over all runs. */
  readonly summary: RunSummary;
  /** Absent when the scenario says nothing of money. */
  readonly money?: MoneyRules;
}

export interface ReportedRun {
  readonly seed: number;
  readonly runId: string;
  /** Proves which bytes the files have: `sha256sum *.arrow | sha256sum` in the folder. */
  readonly fingerprint: string;
  /** Where its files are. */
  readonly directory: string;
  /** Not simulated now: an earlier command had left the result. */
  readonly reused: boolean;
}
