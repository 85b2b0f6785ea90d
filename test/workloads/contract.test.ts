import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Streams } from '../../src/sim/streams.ts';
import { NO_SESSION, NS_PER_S } from '../../src/sim/units.ts';
import { workloads } from '../../src/workloads/index.ts';
import type { WorkloadContext, WorkloadModule } from '../../src/workloads/workload-module.ts';
import { correlation } from '../sim/uniformity.ts';
import { byUser, reusedTokens, serve, type Sent } from './closed-loop.ts';
import { SAMPLE_TRACES } from './sample-traces.ts';
import { bytesOf, contextOf, gapsOf, meanOf, pullAll, standardErrorOf, type Arrival } from './support.ts';

const EXPECTED_ARRIVALS = 20_000;
const COMPLETE_SESSIONS = 2_000;
const SERVICE_NS = 3 * NS_PER_S;

/** These keep the arrival times of their file, unless an option says otherwise. */
const KEEPS_TIMES = ['trace', 'azure-trace', 'mooncake-trace', 'load-test-trace'];
/** Where no formula has the means, the announced ones come from a sample and are this far off. */
const DEMAND_ERROR: Readonly<Record<string, number>> = { agentic: 0.02, rag: 0.01 };

/** Whose session it is, where several belong to one user. */
const USER_OF: Readonly<Record<string, (session: number) => number>> = {
  'session-trace': (session) => Math.floor(session / 2), // in the sample, each has one helper
  agentic: (session) => session % 2 ** 32,
};

function examplesOf(module: WorkloadModule<unknown>): unknown[] {
  const examples = module.options.meta()?.['examples'];
  if (!Array.isArray(examples) || examples.length === 0) {
    throw new Error(`the options schema of ${module.name} needs .meta({ examples: [...] })`);
  }
  return examples;
}

const cases = workloads.flatMap((module) =>
  examplesOf(module).map((example) => [`${module.name} ${JSON.stringify(example)}`, module, example] as const),
);

test('the names of all workloads differ', () => {
  expect(new Set(workloads.map(({ name }) => name)).size).toBe(workloads.length);
});

describe.each(cases)('%s', (_, module, example) => {
  const options = module.options.parse(example);
  const keepsTimes = KEEPS_TIMES.includes(module.name) && !/keepShare|requestsPerS/.test(JSON.stringify(example));
  const traceText = SAMPLE_TRACES[module.name] ?? '';
  const demand = module.demand(options, module.scanTrace?.(bytesOf(traceText), options));
  const horizonNs = Math.round((EXPECTED_ARRIVALS / demand.requestsPerS) * NS_PER_S);
  const trace = (atMost?: number) => (module.readsTrace ? { trace: bytesOf(traceText, atMost) } : {});
  const create = (given: Partial<WorkloadContext> = {}) =>
    module.create(options, contextOf({ horizonNs, ...trace(), ...given }));
  const sentBy = (given: Partial<WorkloadContext> = {}) => serve(create(given), { serviceNs: SERVICE_NS });
  const sent = sentBy();

  test('sends whole requests in time order, none at or after the horizon', () => {
    let latestNs = 0;
    for (const { arrivalNs, promptTokens, outputTokens, reasoningTokens } of sent) {
      const whole = [arrivalNs, promptTokens, outputTokens, reasoningTokens].every(Number.isSafeInteger);
      const inOrder = arrivalNs >= latestNs && arrivalNs < horizonNs;
      const long = promptTokens >= 1 && outputTokens >= 1 && reasoningTokens >= 0 && reasoningTokens < outputTokens;
      if (!whole || !inOrder || !long) expect.fail(JSON.stringify({ arrivalNs, promptTokens, outputTokens }));
      latestNs = arrivalNs;
    }
    // Sessions begin in an empty system, so those that are long compared with the horizon have hardly begun.
    const begun = Math.max(1 - (demand.meanSessionS * NS_PER_S) / horizonNs, 0.2);
    expect(sent.length).toBeGreaterThan((begun * EXPECTED_ARRIVALS) / 2);
  });

  test('has nothing more to send once it has said so', () => {
    const workload = create();
    serve(workload);

    expect(pullAll(workload)).toEqual([]);
  });

  test('sends a beginning of the same requests when the horizon is nearer', () => {
    const half = sentBy({ horizonNs: Math.floor(horizonNs / 2) });

    expect(half.length).toBeGreaterThan(0);
    expect(withoutPaths(sent.slice(0, half.length))).toEqual(withoutPaths(half));
    expect(sent[half.length]?.arrivalNs).toBeGreaterThanOrEqual(Math.floor(horizonNs / 2));
  });

  test('sends the same requests for the same seed, and others for another unless it replays a file', () => {
    expect(sentBy({ streams: new Streams(1) })).toEqual(sent);

    const others = sentBy({ streams: new Streams(2) });
    if (keepsTimes) expect(others).toEqual(sent);
    else expect(others.slice(0, 100)).not.toEqual(sent.slice(0, 100));
  });

  test('does not notice a stranger who draws from a stream of the same run', () => {
    const streams = new Streams(1);
    const stranger = streams.stream('stranger');
    stranger.uniform();
    const workload = create({ streams });
    stranger.uniform();

    expect(serve(workload, { serviceNs: SERVICE_NS })).toEqual(sent);
  });

  test('is uncorrelated with a workload of another name, session by session, unless it replays a file', () => {
    const firsts = firstOfSessions(sent, module.name);
    const others = firstOfSessions(sentBy({ name: 'another' }), module.name);
    const count = Math.min(others.length, firsts.length);
    const bound = 4 / Math.sqrt(count);
    const columns = [...(keepsTimes ? [] : [gapsOf]), ...(module.readsTrace ? [] : [logPrompts, logOutputs])];
    for (const column of columns) {
      const [one, other] = [column(firsts).slice(0, count), column(others).slice(0, count)];
      // A constant is correlated with nothing.
      const r = standardErrorOf(one) < 1e-9 ? 0 : correlation(one, other);
      expect(Math.abs(r)).toBeLessThan(bound);
    }
  });

  test('sends what its demand announces, in complete sessions', () => {
    const far = create({ horizonNs: 100 * 365 * 86_400 * NS_PER_S });
    const complete = serve(far, demand.meanSessionS > 0 ? { sessions: COMPLETE_SESSIONS } : { horizonNs });
    const alone = complete.every(({ session }) => session === NO_SESSION);
    const sessions = alone ? complete.map((request) => [request]) : sessionsOf(complete, module.name);
    const reused = new Map(reusedTokens(complete).map((tokens, k) => [complete[k], tokens]));
    const within = (measured: number, error: number, announced: number) =>
      expect(Math.abs(measured - announced), `${measured} against ${announced}`).toBeLessThan(
        4 * error + (DEMAND_ERROR[module.name] ?? 1e-4) * announced + 0.01,
      );

    const gaps = gapsOf(
      firstOfSessions(complete, module.name).filter((_first, k) => !alone || k > 0 || !module.readsTrace),
    );
    const perSession = meanOf(sessions.map((session) => session.length));
    const requestsPerS = (perSession / meanOf(gaps)) * NS_PER_S;
    const relativeError = Math.hypot(
      standardErrorOf(gaps) / meanOf(gaps),
      standardErrorOf(sessions.map((session) => session.length)) / perSession,
    );
    within(requestsPerS / demand.requestsPerS, relativeError, 1);
    for (const [column, announced] of [
      [({ promptTokens }: Sent) => promptTokens, demand.meanPromptTokens],
      [({ outputTokens }: Sent) => outputTokens, demand.meanOutputTokens],
      [(request: Sent) => reused.get(request) ?? 0, demand.meanReusedTokens],
    ] as const) {
      const { mean, error } = ratioOf(sessions, column);
      within(mean, error, announced);
    }
    const spans = sessions.map((session) => (session.at(-1)!.arrivalNs - session[0]!.arrivalNs) / NS_PER_S);
    within(meanOf(spans), standardErrorOf(spans), demand.meanSessionS);
  });

  test('does not notice how its file is cut into reads', () => {
    for (const atMost of module.readsTrace ? [1, 7, 65_536] : []) expect(sentBy(trace(atMost))).toEqual(sent);
  });

  test('accepts its accepted options again, unchanged, and refuses a key it does not know', () => {
    expect(module.options.parse(options)).toEqual(options);
    expect(() => module.create({ ...Object(options), requestPerS: 1 }, contextOf(trace()))).toThrow(/requestPerS/);
  });

  test('describes every option, with its unit or range at the end', () => {
    const schema = z.toJSONSchema(module.options, { io: 'input' });
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      expect(property, name).toHaveProperty('description', expect.stringMatching(/, (\S+|in [[(].*)$/));
    }
  });
});

/** Mean over all requests, and its standard error if only sessions are independent of one another. */
function ratioOf(sessions: readonly Sent[][], column: (request: Sent) => number): { mean: number; error: number } {
  const sums = sessions.map((session) => session.reduce((sum, request) => sum + column(request), 0));
  const perSession = meanOf(sessions.map((session) => session.length));
  const mean = meanOf(sums) / perSession;
  return { mean, error: standardErrorOf(sums.map((sum, k) => sum - mean * sessions[k]!.length)) / perSession };
}

/** Requests of one user, helpers included. */
function sessionsOf(requests: readonly Sent[], kind: string): Sent[][] {
  return byUser(requests, USER_OF[kind] ?? ((session) => session));
}

function firstOfSessions(requests: readonly Sent[], kind: string): Sent[] {
  if (requests.every(({ session }) => session === NO_SESSION)) return [...requests];
  return sessionsOf(requests, kind).map((session) => session[0]!);
}

/** Streams are only names, and which is next may depend on who finished first. */
function withoutPaths(requests: readonly Sent[]): Arrival[] {
  return requests.map(({ arrivalNs, promptTokens, outputTokens, reasoningTokens, session, deadlineNs }) => ({
    arrivalNs,
    promptTokens,
    outputTokens,
    reasoningTokens,
    session,
    deadlineNs,
  }));
}

function logPrompts(arrivals: readonly Arrival[]): number[] {
  return arrivals.map(({ promptTokens }) => Math.log(promptTokens));
}

function logOutputs(arrivals: readonly Arrival[]): number[] {
  return arrivals.map(({ outputTokens }) => Math.log(outputTokens));
}
