import type { Problem } from '../scenario/problem.ts';
import type { Metric } from './metrics.ts';
import type { ValidationCase } from './read-cases.ts';

/** What one run of a benchmark client sent and what it measured. */
export interface MeasuredPoint {
  /** `results.csv:7`: where it is written. */
  readonly at: string;
  readonly load: ClientLoad;
  readonly measured: Partial<Readonly<Record<Metric, number>>>;
}

export interface ClientLoad {
  /** Users that each wait for their answer; or requests per second; with neither, everything was sent at once. */
  readonly concurrency: number | undefined;
  readonly requestsPerS: number | undefined;
  readonly requests: number | undefined;
  /** Means. */
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly tensorParallel: number | undefined;
}

/** What the points have in common, as the command line says it. */
export interface ServedBy {
  readonly model: string;
  readonly engine: Readonly<Record<string, unknown>>;
  readonly weights: string | undefined;
  readonly kv: string | undefined;
  readonly tensorParallel: number | undefined;
}

/** Enough for steady means; more would only take time. */
const MOST_REQUESTS = 3000;
const UNLIMITED_REQUESTS = 1000;
const FEWEST_REQUESTS = 50;
/** A closed loop is simulated for so many rounds of its users, as benchmark clients usually run it. */
const ROUNDS = 10;
const SPREAD = 0.1;

/** A point as a validation case, so that it is simulated like any other. */
export function caseOf(point: MeasuredPoint, served: ServedBy, accelerator: string): ValidationCase {
  const { load, at, measured } = point;
  const tensorParallel = load.tensorParallel ?? served.tensorParallel ?? 1;
  return {
    id: at,
    suite: 'calibration',
    source: at,
    accelerator,
    model: served.model,
    ...(served.weights !== undefined && { weights: served.weights }),
    ...(served.kv !== undefined && { kv: served.kv }),
    layout: { tensorParallel },
    engine: served.engine,
    workload: workloadOf(load),
    measured,
    problem: (message): Problem => ({ file: at, path: '', message }),
  };
}

/** What makes two points say the same: repeated runs of one load are one point of the fit's design. */
export function designKey({ load }: MeasuredPoint): string {
  const { concurrency, requestsPerS, promptTokens, outputTokens, tensorParallel } = load;
  return JSON.stringify([
    concurrency,
    requestsPerS,
    Math.round(promptTokens),
    Math.round(outputTokens),
    tensorParallel,
  ]);
}

export function loadText({ load }: MeasuredPoint): string {
  const { concurrency, requestsPerS, promptTokens, outputTokens, tensorParallel } = load;
  const asked = [
    ...(concurrency === undefined ? [] : [`${concurrency} users`]),
    ...(requestsPerS === undefined ? [] : [`${requestsPerS}/s`]),
  ];
  const group = tensorParallel === undefined ? '' : `, TP ${tensorParallel}`;
  return `${asked.length === 0 ? 'all at once' : asked.join(', ')}, ${Math.round(promptTokens)} → ${Math.round(outputTokens)}${group}`;
}

function workloadOf(load: ClientLoad): Readonly<Record<string, unknown>> {
  const { concurrency, requestsPerS, promptTokens, outputTokens } = load;
  const rounds = concurrency === undefined ? UNLIMITED_REQUESTS : Math.max(FEWEST_REQUESTS, ROUNDS * concurrency);
  const requests = Math.min(load.requests ?? rounds, Math.max(MOST_REQUESTS, 4 * (concurrency ?? 0)));
  return {
    stages: [{ requests, ...(requestsPerS !== undefined && { requestsPerS }) }],
    ...(concurrency !== undefined && { concurrency }),
    promptTokens: around(promptTokens),
    outputTokens: around(outputTokens),
  };
}

/** Lengths that are all alike would keep the users of a closed loop in step, which the smallest jitter ends. */
function around(mean: number): { readonly uniform: readonly [number, number] } {
  return { uniform: [Math.max(1, Math.round(mean * (1 - SPREAD))), Math.max(1, Math.round(mean * (1 + SPREAD)))] };
}
