import type { EnginePlan } from '../../src/sim/plan.ts';
import type { PowerPolicy, RoutingPolicy, Workload } from '../../src/sim/ports.ts';
import type { SimulationPlan } from '../../src/sim/simulate.ts';
import { Streams } from '../../src/sim/streams.ts';
import { NO_SESSION } from '../../src/sim/units.ts';
import { hashOf } from './statistics.ts';

/** An engine in which nothing is in the way: room for everything, no delays. */
export const roomyEngine: EnginePlan = {
  maxNumSeqs: 64,
  maxNumBatchedTokens: 8192,
  maxModelTokens: 1_000_000,
  kvBlocks: 1_000_000,
  blockTokens: 16,
  reserveFullPrompt: true,
  watermarkBlocks: 0,
  kvAllocation: 'paged',
  continuousBatching: true,
  chunkedPrefill: true,
  prefillFirst: false,
  asyncScheduling: false,
  prefixCaching: false,
  prefixIdleNs: 0,
  frontEndNs: 0,
  outputNs: 0,
  firstOutputNs: 0,
  maxSegmentSteps: 1_000_000,
};

export interface TinyPlan {
  readonly seed?: number;
  readonly horizonNs: number;
  readonly warmUpNs?: number;
  readonly timelineIntervalNs?: number;
  readonly instances?: number;
  readonly workloads?: number;
  readonly engine?: Partial<EnginePlan>;
}

/** One pool, one model. */
export function tinyPlan(tiny: TinyPlan): SimulationPlan {
  const { seed = 1, horizonNs, warmUpNs = 0, timelineIntervalNs = horizonNs, instances = 1, workloads = 1 } = tiny;
  return {
    seed,
    horizonNs,
    warmUpNs,
    timelineIntervalNs,
    models: ['model'],
    pools: [{ model: 0, instances, engine: { ...roomyEngine, ...tiny.engine } }],
    workloads: Array.from({ length: workloads }, () => ({ model: 0 })),
  };
}

export interface TinyRequest {
  readonly arrivalNs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** An open loop: these requests, in this order. */
export function openLoop(requests: readonly TinyRequest[]): Workload {
  let next = 0;
  return {
    pull(sink) {
      const request = requests[next];
      if (request === undefined) return false;
      sink.push(request.arrivalNs, request.promptTokens, request.outputTokens, 0, next++);
      return true;
    },
  };
}

export interface ClosedLoop {
  readonly seed: number;
  readonly users: number;
  readonly turnsPerUser: number;
  /** From one user's first request to the next one's. */
  readonly startGapNs: number;
  readonly thinkNs: number;
  readonly maxPromptTokens: number;
  readonly maxOutputTokens: number;
}

/**
 * Users who send, wait for the answer, think and send again. They start one after the other; lengths depend on user and
 * turn only, not on who finishes first.
 */
export function closedLoop(loop: ClosedLoop): Workload {
  const { seed, users, turnsPerUser, startGapNs, thinkNs, maxPromptTokens, maxOutputTokens } = loop;
  let started = 0;
  const turns = Array.from({ length: users }, () => 0);
  const lengths = (user: number, turn: number): [number, number] => [
    1 + (hashOf(seed, 1, user, turn) % maxPromptTokens),
    1 + (hashOf(seed, 2, user, turn) % maxOutputTokens),
  ];
  return {
    pull(sink) {
      if (started === users) return false;
      sink.push(started * startGapNs, ...lengths(started, 0), 0, started);
      started += 1;
      return true;
    },
    onFinish(request, requests, nowNs, sink) {
      const user = requests.session(request);
      const turn = (turns[user]! += 1);
      if (turn < turnsPerUser) {
        const pauseNs = Math.round(thinkNs * (hashOf(seed, 3, user, turn) % 3));
        sink.push(nowNs + pauseNs, ...lengths(user, turn), 0, user);
      }
    },
  };
}

export interface Generated {
  /** Gap to the next arrival in ns; need not be whole. */
  readonly gapNs: () => number;
  readonly promptTokens: () => number;
  readonly outputTokens: () => number;
}

/** An open loop without an end: the horizon ends it. Gaps add up before they are rounded. */
export function endless({ gapNs, promptTokens, outputTokens }: Generated): Workload {
  let arrivalNs = 0;
  return {
    pull(sink) {
      arrivalNs += gapNs();
      sink.push(Math.round(arrivalNs), promptTokens(), outputTokens(), 0, NO_SESSION);
      return true;
    },
  };
}

/** Always the first instance that could serve the request. */
export const firstEligible: RoutingPolicy = { route: (_request, _requests, fleet) => fleet.eligible(0) };

export function inTurn(): RoutingPolicy {
  let turn = 0;
  return { route: (_request, _requests, fleet) => fleet.eligible(turn++ % fleet.eligibleCount) };
}

export function atRandom(seed: number): RoutingPolicy {
  const rng = new Streams(seed).stream('routing');
  return {
    route: (_request, _requests, fleet) => fleet.eligible(Math.floor(rng.uniform() * fleet.eligibleCount)),
  };
}

/** Fewest outstanding, then fewest waiting, then lowest index: reads all that a router may look at. */
export const leastOutstanding: RoutingPolicy = {
  route(_request, _requests, fleet) {
    let best = fleet.eligible(0);
    for (let k = 1; k < fleet.eligibleCount; k++) {
      const other = fleet.eligible(k);
      const fewer = fleet.outstandingRequests(other) - fleet.outstandingRequests(best);
      if (fewer < 0 || (fewer === 0 && fleet.waitingRequests(other) < fleet.waitingRequests(best))) best = other;
    }
    return best;
  },
};

const CLOCKS = [1, 0.9, 0.7, 0.5, 0.25] as const;

/** Sets about half of the clocks and a few caps to something else whenever telemetry comes, by all that it tells. */
export function restlessSettings(seed: number): PowerPolicy {
  const rng = new Streams(seed).stream('power');
  return {
    decide(site, settings, nowNs) {
      for (let instance = 0; instance < site.instanceCount; instance++) {
        const figures = [site.drawWatts(instance), site.stepNs(instance), site.waitingRequests(instance)];
        const seen = hashOf(seed, ...figures.map((figure) => Math.floor(figure) % 2 ** 31));
        const clock = CLOCKS[Math.floor(rng.uniform() * CLOCKS.length + seen) % CLOCKS.length]!;
        if (rng.uniform() < 0.5 || site.clock(instance) > clock) settings.setClock(instance, clock);
        if (rng.uniform() < 0.2) settings.setCap(instance, seen % 3 === 0 ? Infinity : seen % 100);
        const most = 1 + ((seen + site.runningRequests(instance)) % 5);
        if (rng.uniform() < 0.2) settings.setMaxRunning(instance, most > site.maxNumSeqs(instance) ? Infinity : most);
      }
      for (let workload = 0; workload < site.workloadCount; workload++) {
        if (rng.uniform() < 0.1) settings.setTurnedAway(workload, nowNs % 4 === 0 && !site.isTurnedAway(workload));
      }
      for (let domain = 0; domain < site.domainCount; domain++) {
        if (site.domainDrawWatts(domain) <= site.budgetWatts(domain) || site.domainSize(domain) === 0) continue;
        const instance = site.domainInstance(domain, Math.floor(rng.uniform() * site.domainSize(domain)));
        settings.setClock(instance, site.isLowPriority(instance) ? site.leastClock(instance) : 0.5);
        settings.setCap(instance, (site.domainAroundWatts(domain) + site.delayNs + nowNs) % 50);
      }
    },
  };
}
