import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import { catalogue } from '../catalogue.ts';
import { acceleratorText } from '../hardware-profiles/index.ts';
import type { AcceleratorEntry, Catalogue } from '../scenario/catalogue-types.ts';
import { unknownName } from '../scenario/did-you-mean.ts';
import { renderProblems } from '../scenario/problem.ts';
import type { RunPlan } from '../sim/plan.ts';
import { scaled } from '../validation/calibration-coefficients.ts';
import type { Factors } from '../validation/calibration-coefficients.ts';
import { calibrate as fit, tooFew } from '../validation/calibration-fit.ts';
import { readPoints } from '../validation/calibration-formats.ts';
import { caseOf } from '../validation/calibration-points.ts';
import type { MeasuredPoint, ServedBy } from '../validation/calibration-points.ts';
import { profileText } from '../validation/calibration-profile.ts';
import { compileCase } from '../validation/compile-case.ts';
import { figuresOf } from '../validation/figures.ts';
import type { Figures } from '../validation/figures.ts';
import { FileSource } from '../workers/file-source.ts';
import { startMeasurements } from '../workers/measure-pool.ts';
import { parseCalibrateArguments } from './arguments.ts';
import type { CalibrateArguments } from './arguments.ts';
import { calibrationDocument, calibrationReport } from './calibrate-report.ts';
import { EXIT_OK, InputError } from './failure.ts';

/** What the accelerator is called in the cases, whether it is one of the catalogue or a file. */
const UNDER_TEST = 'under-test';

/** `tokenfleet calibrate`: fit a profile to what the user has measured, and write it. */
export async function calibrate(given: unknown): Promise<number> {
  const options = parseCalibrateArguments(given);
  if (existsSync(options.profile)) throw new InputError(`${options.profile} is there already — name another file`);
  const points = readAll(options);
  const few = tooFew(points);
  if (few !== undefined) throw new InputError(few);
  const base = baseOf(options.accelerator);
  const served = servedBy(options);
  const calibration = await fit(points, (sets) => {
    const plans = sets.flatMap((factors) => plansOf(points, served, base.entry, factors));
    return simulateAll(plans, points, options.workers);
  });
  const origin = {
    accelerator: options.accelerator,
    model: options.model,
    files: options.measurements,
    engine: [options.engine ?? catalogue.defaults.engine, options.versionClass].filter(Boolean).join(' '),
    points: points.length,
  };
  const text = profileText(base.content, base.entry.numbers, calibration, origin);
  const reading = catalogue.acceleratorOfText(text, options.profile);
  if ('problems' in reading) throw new Error(`the profile would not be readable: ${reading.problems.join('; ')}`);
  const staging = `${options.profile}.${process.pid}.tmp`;
  writeFileSync(staging, text);
  renameSync(staging, options.profile);
  process.stdout.write(
    options.json
      ? `${JSON.stringify(calibrationDocument(calibration, options.profile), null, 2)}\n`
      : calibrationReport(calibration, options.profile),
  );
  return EXIT_OK;
}

function readAll({ measurements, concurrency, requestRate }: CalibrateArguments): MeasuredPoint[] {
  const readings = measurements.map((file) =>
    readPoints(textOf(file), file, { concurrency, requestsPerS: requestRate }),
  );
  const problems = readings.flatMap((reading) => reading.problems);
  if (problems.length > 0) throw new InputError(problems.join('\n'));
  return readings.flatMap((reading) => reading.points);
}

function baseOf(accelerator: string): { readonly content: unknown; readonly entry: AcceleratorEntry } {
  if (catalogue.accelerators.includes(accelerator)) {
    return { content: parse(acceleratorText(accelerator)), entry: catalogue.accelerator(accelerator) };
  }
  if (!/\.ya?ml$/i.test(accelerator)) {
    throw new InputError(
      `${unknownName('accelerator', accelerator, catalogue.accelerators)}; or the path of a .yaml file`,
    );
  }
  const text = textOf(accelerator);
  const reading = catalogue.acceleratorOfText(text, accelerator);
  if ('problems' in reading) throw new InputError(reading.problems.join('\n'));
  return { content: parse(text), entry: reading.profile };
}

function servedBy(options: CalibrateArguments): ServedBy {
  const { model, weights, kv, tensorParallel, engine: kind, versionClass, maxNumSeqs, maxNumBatchedTokens } = options;
  const engine = Object.entries({ kind, versionClass, maxNumSeqs, maxNumBatchedTokens });
  return {
    model,
    weights,
    kv,
    tensorParallel,
    engine: Object.fromEntries(engine.filter(([, value]) => value !== undefined)),
  };
}

/** One per point, on the accelerator with these factors. */
function plansOf(
  points: readonly MeasuredPoint[],
  served: ServedBy,
  entry: AcceleratorEntry,
  factors: Factors,
): RunPlan[] {
  const changed = { ...entry, numbers: scaled(entry.numbers, factors) };
  const withIt: Catalogue = {
    ...catalogue,
    accelerators: [...catalogue.accelerators, UNDER_TEST],
    accelerator: (name) => (name === UNDER_TEST ? changed : catalogue.accelerator(name)),
  };
  return points.map((point) => {
    const files = { open: (path: string) => new FileSource(path) };
    const compiled = compileCase(caseOf(point, served, UNDER_TEST), withIt, { files });
    if (compiled.kind === 'plan') return compiled.plan;
    const reason = compiled.kind === 'skipped' ? `${point.at}: ${compiled.reason}` : renderProblems(compiled.problems);
    throw new InputError(reason.replaceAll(UNDER_TEST, 'the accelerator'));
  });
}

async function simulateAll(
  plans: readonly RunPlan[],
  points: readonly MeasuredPoint[],
  workers: number | undefined,
): Promise<Figures[][]> {
  const measurements = startMeasurements(plans, workers);
  try {
    const runs = await Promise.all(measurements.runs);
    const figures = runs.map((run, index) => {
      const { at } = points[index % points.length]!;
      if (run.kind === 'failed') throw new Error(`${at}: ${run.message}`);
      if (run.times.rejected > 0) throw new InputError(`${at}: its requests do not fit into the KV cache`);
      return figuresOf(run.times);
    });
    return Array.from({ length: plans.length / points.length }, (_, set) =>
      figures.slice(set * points.length, (set + 1) * points.length),
    );
  } finally {
    await measurements.end();
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
