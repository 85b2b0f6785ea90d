import type { RunSummary, Scope, SummaryEntry } from '../results/summary.ts';
import { FLEET, jsonKey, scopeNames, worstGrade } from '../results/summary.ts';
import type { Grade } from '../sim/plan.ts';
import type { ReportedRun, RunReport } from './run-report.ts';

/** Raised when a key is renamed, removed or changes its meaning; new keys do not raise it. */
export const JSON_SCHEMA_VERSION = 1;

/** Figures by key, units in the keys. */
export type Figures = Readonly<Record<string, number>>;

/** The figures of one scope; those with a spread over seeds appear in `half_width_95` too, under the same key. */
export interface ScopeFigures {
  readonly name: string;
  readonly grade: Grade;
  readonly figures: Figures;
  readonly half_width_95: Figures;
  /** Half-widths of 80 % bands of the model's error, as shares of the figures, and what they rest on. */
  readonly band_80: Figures;
  readonly band_basis: Readonly<Record<string, string>>;
}

export interface JsonDocument {
  readonly json_schema_version: number;
  readonly tokenfleet_version: string;
  readonly scenario: string;
  readonly window_start_s: number;
  readonly window_end_s: number;
  readonly seeds: readonly number[];
  readonly offered_loads: readonly { readonly pool: string; readonly load: number }[];
  readonly runs: readonly JsonRun[];
  readonly grade: Grade;
  /** Absent when the scenario says nothing of money. */
  readonly cost_basis?: string;
  readonly idle_rule?: string;
  readonly fleet: ScopeFigures;
  readonly regions: readonly ScopeFigures[];
  readonly pools: readonly ScopeFigures[];
  readonly workloads: readonly ScopeFigures[];
  readonly classes: readonly ScopeFigures[];
  /** Tenants of background work. */
  readonly background: readonly ScopeFigures[];
  readonly commitments: readonly ScopeFigures[];
  readonly domains: readonly ScopeFigures[];
}

export interface JsonRun {
  readonly seed: number;
  readonly run_id: string;
  readonly fingerprint: string;
  readonly directory: string;
  readonly reused: boolean;
}

/** What a run delivers, for a program; docs/cli.md describes every key. */
export function jsonDocument({
  scenario,
  tokenfleetVersion,
  windowS,
  offeredLoads,
  runs,
  summary,
  money,
}: RunReport): JsonDocument {
  const all = (scope: Scope) => scopeNames(summary, scope).map((name) => scopeFigures(summary, scope, name));
  return {
    json_schema_version: JSON_SCHEMA_VERSION,
    tokenfleet_version: tokenfleetVersion,
    scenario,
    window_start_s: windowS.start,
    window_end_s: windowS.end,
    seeds: runs.map(({ seed }) => seed),
    offered_loads: offeredLoads.map(({ pool, load }) => ({ pool, load })),
    runs: runs.map(jsonRun),
    grade: worstGrade(summary.map((entry) => entry.grade)),
    ...(money !== undefined && { cost_basis: money.costBasis, idle_rule: money.idleRule }),
    fleet: scopeFigures(summary, 'fleet', FLEET),
    regions: all('region'),
    pools: all('pool'),
    workloads: all('workload'),
    classes: all('class'),
    background: all('background'),
    commitments: all('commitment'),
    domains: all('domain'),
  };
}

function jsonRun({ seed, runId, fingerprint, directory, reused }: ReportedRun): JsonRun {
  return { seed, run_id: runId, fingerprint, directory, reused };
}

function scopeFigures(summary: RunSummary, scope: Scope, name: string): ScopeFigures {
  const entries = summary.filter((entry) => entry.scope === scope && entry.scopeName === name);
  return {
    name,
    grade: worstGrade(entries.map((entry) => entry.grade)),
    ...figuresDocument(entries),
  };
}

/** Figures by key, with how sure each is; a key is left out of what is not known of its figure. */
export function figuresDocument(entries: readonly SummaryEntry[]): Omit<ScopeFigures, 'name' | 'grade'> {
  return {
    figures: Object.fromEntries(entries.map((entry) => [jsonKey(entry), entry.value])),
    half_width_95: Object.fromEntries(
      entries.flatMap((entry) => (entry.halfWidth95 === undefined ? [] : [[jsonKey(entry), entry.halfWidth95]])),
    ),
    band_80: Object.fromEntries(
      entries.flatMap((entry) => (entry.band?.halfWidth === undefined ? [] : [[jsonKey(entry), entry.band.halfWidth]])),
    ),
    band_basis: Object.fromEntries(
      entries.flatMap((entry) => (entry.band === undefined ? [] : [[jsonKey(entry), entry.band.basis]])),
    ),
  };
}
