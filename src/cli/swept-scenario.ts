import { createHash } from 'node:crypto';
import { catalogue } from '../catalogue.ts';
import { readSummary } from '../results/summary-file.ts';
import { worstGrade } from '../results/summary.ts';
import { SWEEP_FILE, sweptPoints, writeSweep } from '../results/sweep-file.ts';
import type { LatencyFigure, SweptPoint } from '../results/sweep-file.ts';
import { canonicalJson } from '../scenario/plan-hash.ts';
import { renderProblems } from '../scenario/problem.ts';
import type { TracesRead } from '../scenario/traces.ts';
import { readSweep } from '../scenario/variants.ts';
import type { Setting } from '../scenario/variants.ts';
import { InputError } from './failure.ts';
import { OutputFolder } from './output-folder.ts';
import { FILES, plansOf, readText } from './read-plans.ts';
import type { Plans } from './read-plans.ts';
import { version } from './version.ts';

/** A scenario with every point of its sweep planned. */
export interface SweptScenario {
  readonly name: string;
  readonly folder: OutputFolder;
  readonly points: readonly PlannedPoint[];
  readonly warnings: readonly string[];
}

export interface PlannedPoint {
  /** From 1. */
  readonly point: number;
  readonly settings: readonly Setting[];
  /** One run per seed. */
  readonly plans: Plans;
}

/** @throws InputError with everything that is wrong with the scenario or its sweep */
export function readSweptScenario(file: string, out: string, trace: string | undefined): SweptScenario {
  const reading = readSweep(readText(file), file, catalogue, FILES);
  if (!reading.ok) throw new InputError(renderProblems(reading.problems));
  const tracesRead: TracesRead = new Map();
  const points = reading.variants.map(({ settings, scenario }, index) => ({
    point: index + 1,
    settings: settings.map(({ path, value }) => ({ path, value })),
    plans: plansOf(scenario, { files: FILES, trace, tracesRead }),
  }));
  const { name } = reading.base;
  return { name, folder: new OutputFolder(out, name), points, warnings: [...reading.warnings, ...warningsOf(points)] };
}

/** A warning that several points share is told once. */
const WARNINGS_SHOWN = 5;
const POINTS_NAMED = 10;

function warningsOf(points: readonly PlannedPoint[]): string[] {
  const warned = points.filter(({ plans }) => plans.warnings.length > 0);
  const shown = warned.slice(0, WARNINGS_SHOWN).flatMap(({ point, plans }) => {
    return plans.warnings.map((warning) => `point ${point}: ${warning}`);
  });
  const more = warned.length - WARNINGS_SHOWN;
  return more > 0
    ? [...shown, `${more} more of the ${points.length} points have warnings; their manifests hold them`]
    : shown;
}

/**
 * Read every run and write the table of the sweep beside them.
 * @throws InputError when runs are missing
 */
export function collectPoints(
  { name, folder, points }: SweptScenario,
  latency: LatencyFigure,
): { readonly points: readonly SweptPoint[]; readonly path: string } {
  const missing = points.filter(({ plans }) => plans.runs.some(({ runId }) => !folder.holds(runId)));
  if (missing.length > 0) {
    const numbers = missing.slice(0, POINTS_NAMED).map(({ point }) => point);
    const list = `${numbers.join(', ')}${missing.length > POINTS_NAMED ? ', …' : ''}`;
    throw new InputError(
      `${missing.length} of the ${points.length} points are not finished in ${folder.shown('')} (points ${list}) — simulate them with \`tokenfleet sweep\` first`,
    );
  }
  const swept = sweptPoints(
    points.map(({ point, settings, plans }) => ({
      point,
      settings,
      summaries: plans.runs.map(({ runId }) => readSummary(folder.of(runId))),
    })),
    latency,
  );
  const path = folder.of(SWEEP_FILE);
  writeSweep(path, swept, {
    tokenfleetVersion: version(),
    scenario: name,
    runId: sweepId(points),
    seeds: points[0]!.plans.runs.map(({ plan }) => plan.seed),
    grade: worstGrade(swept.flatMap(({ summary }) => summary.map(({ grade }) => grade))),
  });
  return { points: swept, path: folder.shown(SWEEP_FILE) };
}

/** Equal for equal runs of equal points. */
function sweepId(points: readonly PlannedPoint[]): string {
  const content = points.map(({ settings, plans }) => ({ settings, runs: plans.runs.map(({ runId }) => runId) }));
  return createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 12);
}
