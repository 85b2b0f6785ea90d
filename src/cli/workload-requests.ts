import { catalogue } from '../catalogue.ts';
import { renderProblems } from '../scenario/problem.ts';
import type { Workload } from '../sim/ports.ts';
import { Streams } from '../sim/streams.ts';
import { NS_PER_MS, type Ns } from '../sim/units.ts';
import { assemble } from '../workers/assemble.ts';
import { FileSource } from '../workers/file-source.ts';
import { generate, type GeneratedRequest } from '../workloads/generate.ts';
import type { TraceSummary } from '../workloads/trace-summary.ts';
import { InputError } from './failure.ts';
import { readPlans, type Plans } from './read-plans.ts';

/** How long an answer takes where nobody has simulated it: to its first token, and for each. */
const FIRST_TOKEN_MS = 500;
const PER_TOKEN_MS = 25;
/** Of a file without times, and of one of sessions without beginnings. */
const ASSUMED_REQUESTS_PER_S = 1;
const ASSUMED_SESSIONS_PER_HOUR = 1;

const TRACE = catalogue.workloads.find(({ name }) => name === 'trace')!;
const SESSIONS = catalogue.workloads.find(({ name }) => name === 'session-trace')!;

export const ANSWERS = `Answers take ${FIRST_TOKEN_MS / 1_000} s and ${PER_TOKEN_MS} ms a token: nothing is simulated, nobody waits.`;

/** A request, and when its answer would be complete. */
export interface TimedRequest extends GeneratedRequest {
  readonly endNs: Ns;
}

/** What a scenario or a trace asks for. */
export interface RequestSource {
  readonly title: string;
  /** One per workload. */
  readonly names: readonly string[];
  readonly horizonNs: Ns;
  readonly start: string;
  readonly seed: number;
  readonly notes: readonly string[];
  /** Of a scenario. */
  readonly plans: Plans | undefined;
  /** Every request, in order of arrival. */
  each(visit: (request: TimedRequest) => void): void;
}

export interface SourceRequest {
  readonly file: string;
  readonly seed?: readonly number[] | undefined;
  readonly trace?: string | undefined;
  readonly skipBadRows?: boolean;
}

/** A file is a scenario if its name ends as YAML does, and else a trace. */
export function requestSource(request: SourceRequest): RequestSource {
  return /\.ya?ml$/i.test(request.file) ? ofScenario(request) : ofTrace(request);
}

function ofScenario({ file, seed, trace, skipBadRows = false }: SourceRequest): RequestSource {
  const plans = readPlans({ scenario: file, seed, trace, skipBadRows });
  const { plan } = plans.runs[0]!;
  return {
    title: plans.scenario,
    names: plan.workloads.map(({ name }) => name),
    horizonNs: plan.horizonNs,
    start: plan.start,
    seed: plan.seed,
    notes: plans.warnings,
    plans,
    each(visit) {
      const { parts, close } = assemble(plan, catalogue);
      try {
        timed(parts.workloads, plan.horizonNs, visit);
      } finally {
        close();
      }
    },
  };
}

function ofTrace({ file, seed: [seed = 1] = [], skipBadRows = false }: SourceRequest): RequestSource {
  const { kind, options, summary, notes } = readingOf(file, skipBadRows);
  if (summary.problemCount > 0) throw malformed(file, summary);
  if ((summary.skippedRows ?? 0) > 0) notes.push(`${summary.skippedRows} malformed rows are left out`);
  const rows = Math.max(summary.rows, 1);
  const requestsPerS = kind === SESSIONS ? kind.demand(options, summary).requestsPerS : ASSUMED_REQUESTS_PER_S;
  const spanNs = kind === SESSIONS || summary.spanNs === 0 ? (summary.rows / requestsPerS) * 1e9 : summary.spanNs;
  const horizonNs = Math.ceil(spanNs + Math.max(spanNs / rows, 1));
  const start = '1970-01-01T00:00:00Z';
  // To its very end: requests with the last timestamp may be spread over what would follow it. Sessions end with the span.
  const untilNs = kind === SESSIONS ? horizonNs : Infinity;
  return {
    title: file,
    names: [TRACE.name],
    horizonNs,
    start,
    seed,
    notes,
    plans: undefined,
    each(visit) {
      const source = open(file);
      try {
        const context = { name: TRACE.name, horizonNs: untilNs, start, streams: new Streams(seed), trace: source };
        timed([kind.create(options, context)], untilNs, visit);
      } finally {
        source.close();
      }
    },
  };
}

/** Which kind of workload a trace is, and with which options: what the file does not say is assumed, and noted. */
function readingOf(file: string, skipBadRows: boolean) {
  const as = (kind: typeof TRACE, given: object, ...notes: string[]) => {
    const options = kind.options.parse(given);
    return { kind, options, summary: scan(file, kind, options), notes };
  };
  const reading = as(TRACE, { skipBadRows });
  const problem = reading.summary.problems[0]?.message;
  if (problem?.includes('give requestsPerS') === true) {
    const note = `the file has no times; ${ASSUMED_REQUESTS_PER_S} request/s is assumed`;
    return as(TRACE, { skipBadRows, requestsPerS: ASSUMED_REQUESTS_PER_S }, note);
  }
  if (problem?.includes(`kind: ${SESSIONS.name}`) !== true) return reading;
  const note = `the file does not say when its sessions begin; ${ASSUMED_SESSIONS_PER_HOUR} an hour is assumed`;
  return as(SESSIONS, { sessionsPerHour: ASSUMED_SESSIONS_PER_HOUR }, note);
}

function timed(workloads: readonly Workload[], horizonNs: Ns, visit: (request: TimedRequest) => void): void {
  const serviceNs = ({ outputTokens }: GeneratedRequest) => (FIRST_TOKEN_MS + PER_TOKEN_MS * outputTokens) * NS_PER_MS;
  generate(workloads, horizonNs, serviceNs, (request) => {
    visit({ ...request, endNs: request.arrivalNs + serviceNs(request) });
  });
}

function scan(file: string, kind: typeof TRACE, options: unknown): TraceSummary {
  const source = open(file);
  try {
    return kind.scanTrace!(source, options);
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    source.close();
  }
}

function open(file: string): FileSource {
  try {
    return new FileSource(file);
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): InputError {
  return new InputError(`cannot read the trace ${file}: ${error instanceof Error ? error.message : String(error)}`);
}

function malformed(file: string, { problems, problemCount, rows }: TraceSummary): InputError {
  const shown = renderProblems(problems.map((problem) => ({ file, path: '', ...problem })));
  const more = problemCount - problems.length;
  const rest = more === 0 ? '' : `\n${more} more lines are malformed`;
  const remedy = rows > 0 ? '\nTo leave malformed rows out, give --skip-bad-rows.' : '';
  return new InputError(`${shown}${rest}${remedy}`);
}
