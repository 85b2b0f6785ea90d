import type { ClientLoad, MeasuredPoint } from './calibration-points.ts';
import { csvRows, type CsvRow } from './calibration-csv.ts';
import type { Metric } from './metrics.ts';

/** What the files do not say and the command line does. */
export interface GivenLoad {
  readonly concurrency: number | undefined;
  readonly requestsPerS: number | undefined;
}

export interface PointsReading {
  readonly points: readonly MeasuredPoint[];
  /** One sentence each, with `file:line`. */
  readonly problems: readonly string[];
}

/**
 * The points of one file of results: JSON of vLLM `bench serve` (an object, a list of them, or one a line), CSV of
 * genai-perf or AIPerf, or our own CSV. Which it is, its content tells.
 */
export function readPoints(text: string, file: string, given: GivenLoad): PointsReading {
  const start = text.trimStart();
  if (start === '') return { points: [], problems: [`${file}: is empty`] };
  if (start.startsWith('{') || start.startsWith('[')) return readBenchServe(text, file);
  const rows = csvRows(text);
  return rows[0]?.cells[0]?.toLowerCase() === 'metric' ? readExport(rows, file, given) : readTable(rows, file);
}

type Found = Partial<Record<Metric, number>>;

// ------------------------------------------------------------------------------------------ our own CSV

const LOAD_COLUMNS = [
  'concurrency',
  'request_rate',
  'requests',
  'prompt_tokens',
  'output_tokens',
  'tensor_parallel',
] as const;

const MEASURED_COLUMNS: Readonly<Record<string, Metric>> = {
  ttft_mean_ms: 'ttftMeanMs',
  tpot_mean_ms: 'tpotMeanMs',
  e2e_mean_ms: 'e2eMeanMs',
  output_tokens_per_s: 'outputTokensPerS',
  requests_per_s: 'requestsPerS',
};

function readTable(rows: readonly CsvRow[], file: string): PointsReading {
  const { cells: header, line } = rows[0]!;
  const known: readonly string[] = [...LOAD_COLUMNS, ...Object.keys(MEASURED_COLUMNS)];
  const unknown = header.filter((name) => !known.includes(name));
  const missing = ['prompt_tokens', 'output_tokens'].filter((name) => !header.includes(name));
  const unmeasured = !header.some((name) => name in MEASURED_COLUMNS);
  const problems = [
    ...unknown.map((name) => `unknown column "${name}"; known: ${known.join(', ')}`),
    ...missing.map((name) => `the column ${name} is missing`),
    ...(unmeasured ? [`no measured column; known: ${Object.keys(MEASURED_COLUMNS).join(', ')}`] : []),
  ].map((problem) => `${file}:${line} ${problem}`);
  if (problems.length > 0) return { points: [], problems };
  const readings = rows.slice(1).map((row) => tableRow(row, header, file));
  return gathered(readings);
}

type Reading = MeasuredPoint | readonly string[];

function tableRow({ cells, line }: CsvRow, header: readonly string[], file: string): Reading {
  const at = `${file}:${line}`;
  if (cells.length !== header.length) return [`${at} has ${cells.length} cells; the header has ${header.length}`];
  const values = new Map<string, number>();
  const problems: string[] = [];
  for (const [column, name] of header.entries()) {
    const cell = cells[column]!;
    if (cell === '') continue;
    const value = numberOf(cell);
    if (value === undefined || value <= 0) problems.push(`${at} ${name}: "${cell}" is no number above 0`);
    else values.set(name, value);
  }
  const measured: Found = {};
  for (const [name, metric] of Object.entries(MEASURED_COLUMNS)) {
    const value = values.get(name);
    if (value !== undefined) measured[metric] = value;
  }
  const [concurrency, requestsPerS, requests, promptTokens, outputTokens, tensorParallel] = LOAD_COLUMNS.map((name) =>
    values.get(name),
  );
  const load = { concurrency, requestsPerS, requests, tensorParallel };
  if (problems.length > 0) return problems;
  return pointOf(at, { ...load, promptTokens, outputTokens }, measured);
}

// ------------------------------------------------------------------------------------------ vLLM bench serve

const BENCH_SERVE: Readonly<Record<string, Metric>> = {
  mean_ttft_ms: 'ttftMeanMs',
  mean_tpot_ms: 'tpotMeanMs',
  mean_e2el_ms: 'e2eMeanMs',
  output_throughput: 'outputTokensPerS',
};

function readBenchServe(text: string, file: string): PointsReading {
  const whole = parsed(text);
  if (whole !== undefined) {
    const runs: readonly unknown[] = Array.isArray(whole) ? whole : [whole];
    return gathered(runs.map((run, index) => benchRun(run, runs.length === 1 ? file : `${file}, run ${index + 1}`)));
  }
  const lines = text.split('\n').map((line, index) => ({ line: line.trim(), at: `${file}:${index + 1}` }));
  const readings = lines
    .filter(({ line }) => line !== '')
    .map(({ line, at }): Reading => {
      const run = parsed(line);
      return run === undefined ? [`${at} is no JSON`] : benchRun(run, at);
    });
  return gathered(readings);
}

function benchRun(run: unknown, at: string): Reading {
  if (typeof run !== 'object' || run === null) return [`${at} is no result of vLLM bench serve`];
  const keys = new Map<string, unknown>(Object.entries(run));
  const number = (key: string) => {
    const value = keys.get(key);
    return typeof value === 'number' && value > 0 ? value : undefined;
  };
  const completed = number('completed');
  const input = number('total_input_tokens');
  const output = number('total_output_tokens');
  if (completed === undefined || input === undefined || output === undefined) {
    return [`${at} has no completed, total_input_tokens and total_output_tokens: no result of vLLM bench serve`];
  }
  const measured: Found = {};
  for (const [key, metric] of Object.entries(BENCH_SERVE)) {
    const value = number(key);
    if (value !== undefined) measured[metric] = value;
  }
  const load = {
    concurrency: number('max_concurrency'),
    // "inf" where everything is sent at once.
    requestsPerS: number('request_rate'),
    requests: number('num_prompts') ?? completed,
    promptTokens: input / completed,
    outputTokens: output / completed,
    tensorParallel: undefined,
  };
  return pointOf(at, load, measured);
}

// ------------------------------------------------------------------------------------------ genai-perf, AIPerf

/** Names are compared without units, case and blanks; per-request inter-token latency is what TPOT is here. */
const EXPORTED: Readonly<Record<string, Metric | 'promptTokens' | 'outputTokens' | 'requests'>> = {
  timetofirsttoken: 'ttftMeanMs',
  intertokenlatency: 'tpotMeanMs',
  requestlatency: 'e2eMeanMs',
  outputtokenthroughput: 'outputTokensPerS',
  requestthroughput: 'requestsPerS',
  inputsequencelength: 'promptTokens',
  outputsequencelength: 'outputTokens',
  requestcount: 'requests',
};

function readExport(rows: readonly CsvRow[], file: string, given: GivenLoad): PointsReading {
  const measured: Found = {};
  const load: Partial<Record<'promptTokens' | 'outputTokens' | 'requests', number>> = {};
  const problems: string[] = [];
  for (const { cells, line } of rows) {
    const [name = '', text = ''] = cells;
    const key =
      EXPORTED[
        name
          .replace(/\(.*\)/, '')
          .replaceAll(/[^A-Za-z]/g, '')
          .toLowerCase()
      ];
    if (key === undefined) continue;
    const value = numberOf(text);
    if (value === undefined || value <= 0) problems.push(`${file}:${line} ${name}: "${text}" is no number above 0`);
    else if (key === 'promptTokens' || key === 'outputTokens' || key === 'requests') load[key] = value;
    else
      measured[key] = value * (/\(us\)/.test(name) ? 1e-3 : /\(ns\)/.test(name) ? 1e-6 : /\(s\)/.test(name) ? 1e3 : 1);
  }
  if (problems.length > 0) return { points: [], problems };
  // Their CSV does not say what was asked; the folder that genai-perf makes does.
  const concurrency = numberIn(file, /concurrency[-_]?(\d+)/) ?? given.concurrency;
  const requestsPerS = numberIn(file, /request[-_]?rate[-_]?(\d+(?:\.\d+)?)/) ?? given.requestsPerS;
  if (concurrency === undefined && requestsPerS === undefined) {
    const problem = `${file}: does not say how requests were sent — give --concurrency or --request-rate`;
    return { points: [], problems: [problem] };
  }
  const { promptTokens, outputTokens, requests } = load;
  const whole = { concurrency, requestsPerS, requests, promptTokens, outputTokens, tensorParallel: undefined };
  return gathered([pointOf(file, whole, measured)]);
}

// ------------------------------------------------------------------------------------------ common

type MaybeLoad = Omit<ClientLoad, 'promptTokens' | 'outputTokens'> & {
  readonly promptTokens: number | undefined;
  readonly outputTokens: number | undefined;
};

function pointOf(at: string, load: MaybeLoad, measured: Found): Reading {
  const { promptTokens, outputTokens } = load;
  if (promptTokens === undefined || outputTokens === undefined) return [`${at} does not say prompt and output tokens`];
  if (Object.keys(measured).length === 0) return [`${at} has nothing measured`];
  const whole = ['concurrency', 'requests', 'tensorParallel'] as const;
  const broken = whole.filter((key) => load[key] !== undefined && !Number.isInteger(load[key]));
  if (broken.length > 0) return broken.map((key) => `${at} ${key}: ${load[key]} is no whole number`);
  return { at, load: { ...load, promptTokens, outputTokens }, measured };
}

function gathered(readings: readonly Reading[]): PointsReading {
  const isProblem = (reading: Reading): reading is readonly string[] => Array.isArray(reading);
  return {
    points: readings.filter((reading): reading is MeasuredPoint => !isProblem(reading)),
    problems: readings.filter(isProblem).flat(),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** `1,234.5` in quotes is how genai-perf writes it. */
function numberOf(cell: string): number | undefined {
  const value = Number(cell.replaceAll(',', ''));
  return cell.trim() === '' || !Number.isFinite(value) ? undefined : value;
}

function numberIn(file: string, pattern: RegExp): number | undefined {
  const found = pattern.exec(file)?.[1];
  return found === undefined ? undefined : Number(found);
}
