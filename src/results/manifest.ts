import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunPlan } from '../sim/plan.ts';
import type { RunTotals } from '../sim/simulate.ts';
import { NS_PER_S } from '../sim/units.ts';
import { SCHEMA_VERSION } from './columns.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { WrittenTable } from './table-file.ts';

export const MANIFEST_FILE = 'manifest.json';

/** What the writer of a manifest has to know. */
export interface ManifestFacts {
  readonly tokenfleetVersion: string;
  readonly runId: string;
  readonly plan: RunPlan;
  readonly totals: RunTotals;
  /** The files beside it. */
  readonly tables: readonly WrittenTable[];
  readonly offeredLoads: readonly OfferedLoad[];
  readonly warnings: readonly string[];
  /** The command line that gives the same result again. */
  readonly replayCommand: string;
  readonly host: HostFacts;
}

/** What is asked of a pool next to what it can do, as estimated before the run. */
export interface OfferedLoad {
  readonly pool: string;
  readonly model: string;
  readonly requestsPerS: number;
  readonly capacityRequestsPerS: number;
  readonly load: number;
}

/** True of one execution, not of the result: two executions may differ here and nowhere else. */
export interface HostFacts {
  readonly nodeVersion: string;
  readonly wallS: number;
}

export interface Manifest {
  readonly schema_version: number;
  readonly tokenfleet_version: string;
  readonly scenario: string;
  readonly seed: number;
  readonly run_id: string;
  readonly fingerprint: string;
  readonly files: readonly WrittenTable[];
  readonly totals: {
    readonly arrived_requests: number;
    readonly served_requests: number;
    readonly rejected_requests: number;
    readonly events: number;
    readonly segments: number;
    readonly steps: number;
    readonly end_s: number;
    readonly completed: boolean;
  };
  readonly offered_loads: readonly {
    readonly pool: string;
    readonly model: string;
    readonly requests_per_s: number;
    readonly capacity_requests_per_s: number;
    readonly load: number;
  }[];
  readonly warnings: readonly string[];
  readonly replay: { readonly command: string };
  /** Everything the run depended on, with every default written out. */
  readonly plan: RunPlan;
  readonly host: { readonly node_version: string; readonly wall_s: number };
}

/** Write manifest.json into the folder of the closed Arrow files that it describes. */
export function writeManifest(dir: string, facts: ManifestFacts): Manifest {
  const manifest = manifestOf(facts);
  writeFileSync(join(dir, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`, { flag: 'wx' });
  return manifest;
}

/** The manifest that `writeManifest` left in a folder. */
export function readManifest(dir: string): Manifest {
  return JSON.parse(readFileSync(join(dir, MANIFEST_FILE), 'utf8')) as Manifest;
}

function manifestOf(facts: ManifestFacts): Manifest {
  const { plan, totals, host } = facts;
  const files = facts.tables.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    schema_version: SCHEMA_VERSION,
    tokenfleet_version: facts.tokenfleetVersion,
    scenario: plan.scenario,
    seed: plan.seed,
    run_id: facts.runId,
    fingerprint: fingerprintOf(files),
    files,
    totals: {
      arrived_requests: totals.arrivedRequests,
      served_requests: totals.servedRequests,
      rejected_requests: totals.rejectedRequests,
      events: totals.events,
      segments: totals.segments,
      steps: totals.steps,
      end_s: totals.endNs / NS_PER_S,
      completed: totals.completed,
    },
    offered_loads: facts.offeredLoads.map(({ pool, model, requestsPerS, capacityRequestsPerS, load }) => {
      return { pool, model, requests_per_s: requestsPerS, capacity_requests_per_s: capacityRequestsPerS, load };
    }),
    warnings: facts.warnings,
    replay: { command: facts.replayCommand },
    plan,
    host: { node_version: host.nodeVersion, wall_s: host.wallS },
  };
}
