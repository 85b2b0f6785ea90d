import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue } from '../catalogue.ts';
import { renderProblems } from '../scenario/problem.ts';
import type { Problem } from '../scenario/problem.ts';
import type { RunPlan } from '../sim/plan.ts';
import type { CompileOptions } from '../validation/compile-case.ts';
import { FITTED_SUITES, leaveOut } from '../validation/leave-out.ts';
import type { ValidationCase } from '../validation/read-cases.ts';
import { readCases } from '../validation/read-cases.ts';
import { prepare } from '../validation/validate.ts';
import { FileSource } from '../workers/file-source.ts';
import { startMeasurements } from '../workers/measure-pool.ts';
import type { MeasuredRun } from '../workers/measure-pool.ts';
import { parseValidateArguments } from './arguments.ts';
import type { ValidateArguments } from './arguments.ts';
import { EXIT_OK, EXIT_RUN_FAILED, InputError } from './failure.ts';
import { onInterrupt } from './interrupt.ts';
import { leaveOutDocument, leaveOutReport } from './leave-out-report.ts';
import { showProgress } from './progress.ts';
import { tracesIn } from './trace-folder.ts';
import { validationDocument, validationReport } from './validate-report.ts';

/** Beside src and dist, whichever this runs from. */
const OWN_CASES = join(import.meta.dirname, '..', '..', 'validation');

/** `tokenfleet validate`: simulate what others have measured, and say how far off it is. */
export async function validate(given: unknown): Promise<number> {
  const options = parseValidateArguments(given);
  const cases = readSuites(options.cases ?? OWN_CASES, options.suite);
  const tracePath = options.traces === undefined ? () => undefined : tracesIn(options.traces);
  const files = { open: (path: string) => new FileSource(path) };
  if (options.leaveOut !== undefined) return await validateLeftOut(cases, options, { files, tracePath });
  const prepared = prepare(cases, catalogue, { files, tracePath });
  if (prepared.problems.length > 0) throw new InputError(renderProblems(prepared.problems));
  const runs = await measureAll(prepared.plans, options.workers);
  if (typeof runs === 'number') return runs;
  const validation = prepared.compare(runs);
  process.stdout.write(
    options.json ? `${JSON.stringify(validationDocument(validation), null, 2)}\n` : validationReport(validation),
  );
  return validation.cases.some(({ status }) => status === 'failed') ? EXIT_RUN_FAILED : EXIT_OK;
}

/** `--leave-out`: with coefficients that have not seen a model, or a system. */
async function validateLeftOut(
  all: readonly ValidationCase[],
  { leaveOut: tags = [], cases: folder, suite, json, workers }: ValidateArguments,
  compileOptions: CompileOptions,
): Promise<number> {
  const isOwn = folder === undefined && suite === undefined;
  const cases = isOwn ? all.filter((given) => FITTED_SUITES.includes(given.suite)) : all;
  const unknown = tags.find((tag) => tag !== 'system' && cases.every((given) => given.tags?.[tag] === undefined));
  if (unknown !== undefined) throw new InputError(`no case has the tag "${unknown}"`);
  const interrupted: number[] = [];
  const result = await leaveOut(cases, tags, catalogue, compileOptions, async (plans) => {
    const runs = await measureAll(plans, workers);
    if (typeof runs !== 'number') return runs;
    interrupted.push(runs);
    throw new Error('interrupted');
  }).catch((error: unknown) => {
    if (interrupted.length === 0) throw error;
    return undefined;
  });
  if (result === undefined) return interrupted[0]!;
  process.stdout.write(json ? `${JSON.stringify(leaveOutDocument(result), null, 2)}\n` : leaveOutReport(result));
  return EXIT_OK;
}

/** What the runs gave, or the exit code of whoever interrupted. */
async function measureAll(plans: readonly RunPlan[], workers: number | undefined): Promise<MeasuredRun[] | number> {
  if (plans.length === 0) return [];
  const interrupt = onInterrupt();
  const measurements = startMeasurements(plans, workers);
  const hideProgress = await showProgress(() => measurements.share());
  try {
    return await Promise.race([Promise.all(measurements.runs), interrupt.exitCode]);
  } finally {
    hideProgress();
    await measurements.end();
    interrupt.ignore();
  }
}

/** The cases of every YAML file in a folder, in the order of the file names. */
export function readSuites(folder: string, suite?: string): ValidationCase[] {
  const readings = caseFiles(folder).map((file) => readCases(readFileSync(file, 'utf8'), file));
  const problems: Problem[] = readings.flatMap((reading) => (reading.ok ? [] : reading.problems));
  if (problems.length > 0) throw new InputError(renderProblems(problems));
  const found = readings.flatMap((reading) => (reading.ok ? [reading] : []));
  const suites = found.map((reading) => reading.suite);
  const repeated = suites.find((name, index) => suites.indexOf(name) !== index);
  if (repeated !== undefined) throw new InputError(`two files of ${folder} have the suite "${repeated}"`);
  if (suite !== undefined && !suites.includes(suite)) {
    throw new InputError(`there is no suite "${suite}"; known: ${suites.join(', ')}`);
  }
  return found.flatMap((reading) => (suite === undefined || reading.suite === suite ? reading.cases : []));
}

function caseFiles(folder: string): string[] {
  const names = isFolder(folder) ? readdirSync(folder).filter((name) => /\.ya?ml$/.test(name)) : undefined;
  if (names === undefined) throw new InputError(`there is no folder ${folder}`);
  if (names.length === 0) throw new InputError(`${folder} has no case files (*.yaml)`);
  return names.sort().map((name) => join(folder, name));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
