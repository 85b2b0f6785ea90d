import { dirname, isAbsolute, join } from 'node:path';
import type { FilePlan } from '../sim/plan.ts';
import type { ByteSource } from '../sim/ports.ts';
import type { Catalogue, TraceSummary, WorkloadKind } from './catalogue-types.ts';
import type { Files } from './files.ts';
import { HashingSource } from './files.ts';
import type { Problem } from './problem.ts';
import { splitHint } from './problem.ts';
import type { Scenario, ScenarioWorkload } from './read-scenario.ts';

const REST_BYTES = 1 << 16;

/** A trace that has been read to its end and found good. */
export interface Trace {
  readonly file: FilePlan;
  readonly summary: TraceSummary;
}

export type Traces =
  | { readonly ok: true; readonly traces: readonly (Trace | undefined)[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** What has been read already, by kind and path: variants of a scenario replay the same files. */
export type TracesRead = Map<string, Trace | readonly Problem[]>;

/** The trace of every workload that replays one, in the order of the workloads. */
export function readTraces(
  scenario: Scenario,
  catalogue: Catalogue,
  files: Files,
  override: string | undefined,
  read: TracesRead = new Map(),
): Traces {
  const replaying = scenario.workloads.filter(({ kind }) => traceScanner(kind, catalogue) !== undefined);
  if (override !== undefined && replaying.length !== 1) {
    const count = replaying.length === 0 ? 'no workload replays' : `${replaying.length} workloads replay`;
    const remedy =
      replaying.length === 0 ? 'add a workload of kind azure-trace, or leave --trace out' : 'write file: beside each';
    return {
      ok: false,
      problems: [
        { file: scenario.file, path: 'workloads', ...splitHint(`--trace is given, but ${count} a trace — ${remedy}`) },
      ],
    };
  }
  const problems: Problem[] = [];
  const traces = scenario.workloads.map((workload) => {
    const scan = traceScanner(workload.kind, catalogue);
    if (scan === undefined) return undefined;
    const path = override ?? (workload.file === undefined ? undefined : relativeTo(scenario.file, workload.file));
    if (path === undefined) {
      problems.push(
        problemAt(scenario, workload, 'replays a trace, and none is named — write file: here, or give --trace <file>'),
      );
      return undefined;
    }
    // Another kind reads the same file differently, and options choose a part of it.
    const key = `${workload.kind} ${JSON.stringify(workload.options)} ${path}`;
    const known = read.get(key);
    const trace =
      known ??
      readTrace(
        path,
        (source) => scan(source, workload.options),
        files,
        (sentence) =>
          override === undefined
            ? problemAt(scenario, workload, sentence)
            : { file: override, path: '--trace', ...splitHint(sentence) },
      );
    read.set(key, trace);
    if ('file' in trace) return trace;
    if (known === undefined) problems.push(...trace);
    return undefined;
  });
  if (problems.length === 0) return { ok: true, traces };
  // The next one who asks is told, too.
  read.clear();
  return { ok: false, problems };
}

function traceScanner(kind: string, catalogue: Catalogue): WorkloadKind['scanTrace'] {
  return catalogue.workloads.find(({ name }) => name === kind)?.scanTrace;
}

function relativeTo(scenarioFile: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(scenarioFile), path);
}

function problemAt(scenario: Scenario, { place }: ScenarioWorkload, sentence: string): Problem {
  return { file: scenario.file, ...place, ...splitHint(sentence) };
}

function readTrace(
  path: string,
  scan: (source: ByteSource) => TraceSummary,
  files: Files,
  problem: (sentence: string) => Problem,
): Trace | Problem[] {
  let summary: TraceSummary;
  let sha256: string;
  try {
    const opened = files.open(path);
    try {
      const source = new HashingSource(opened);
      summary = scan(source);
      // The hash is of the whole file, of which options may take a part.
      const rest = new Uint8Array(REST_BYTES);
      while (source.read(rest) > 0);
      sha256 = source.sha256();
    } finally {
      opened.close();
    }
  } catch (error) {
    return [problem(unreadable(path, error))];
  }
  if (summary.problemCount === 0) return { file: { path, sha256 }, summary };
  const shownProblems = summary.problems.map(({ line, column, message }) => ({
    file: path,
    line,
    column,
    path: '',
    ...splitHint(message),
  }));
  const more = summary.problemCount - summary.problems.length;
  return more === 0
    ? shownProblems
    : [...shownProblems, { file: path, path: '', message: `${more} more lines are malformed` }];
}

function unreadable(path: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return `there is no trace at ${path} — a path in a scenario is relative to it, a path after --trace to where you are`;
    case 'EISDIR':
      return `${path} is a folder — name the trace file in it`;
    case 'EACCES':
      return `${path} may not be read — change its permissions`;
    default:
      return `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}
