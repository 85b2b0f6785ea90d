import type { AdmissionPolicy, ModelRoutingPolicy, ScalingPolicy } from '../../src/sim/ports.ts';
import { RequestStatus } from '../../src/sim/records.ts';
import { Streams } from '../../src/sim/streams.ts';
import { ADMIT, deferUntil, sendTo, turnAway } from '../../src/sim/verdicts.ts';

const REFUSALS = [RequestStatus.throttled, RequestStatus.queueFull, RequestStatus.shed] as const;

/** Admits about half, the fewer the more there is to do; defers, turns away and sends to any model as it likes. */
export function fickleAdmission(seed: number, models: number, deferNs: number): AdmissionPolicy {
  const rng = new Streams(seed).stream('admission');
  return {
    admit(request, requests, fleet, nowNs) {
      let busy = requests.promptTokens(request) % 2;
      for (let k = 0; k < fleet.eligibleCount; k++) {
        const instance = fleet.eligible(k);
        busy += fleet.outstandingRequests(instance) + fleet.waitingRequests(instance);
      }
      const u = rng.uniform();
      if (u < 0.6 / (1 + busy / 16)) return ADMIT;
      const v = rng.uniform();
      if (v < 0.3) return turnAway(REFUSALS[Math.floor(v * 10)]!);
      if (v < 0.6) return sendTo(Math.floor(u * models));
      return deferUntil(nowNs + 1 + Math.floor(v * deferNs));
    },
  };
}

/** Goes through models 0, 1, … as long as the draw is below the difficulty; judges the answers of even ones. */
export function fickleModels(models: number, judgeNs: number): ModelRoutingPolicy {
  return {
    firstModel: (difficulty, draw) => (draw < 0.8 ? 0 : Math.floor(difficulty * models)),
    nextModel: (model, difficulty, draw) => (draw < difficulty ? (model + 1) % models : model),
    isRight: (model, difficulty) => difficulty < 0.5 + model / 4,
    judgeNs: (model) => (model % 2 === 0 ? judgeNs : undefined),
  };
}

/** Wants any number up to `most`, more of them when there is much to do. */
export function fickleScaling(seed: number, intervalNs: number, most: number): ScalingPolicy {
  const rng = new Streams(seed).stream('scaling');
  return {
    intervalNs,
    targetInstances(pool, pools) {
      const busy = pools.outstandingRequests(pool) + 3 * pools.waitingRequests(pool) + 5 * pools.frontRequests(pool);
      const others = pools.readyInstances(pool) + pools.startingInstances(pool) + (pools.sentRequests(pool) % 3);
      return Math.floor(rng.uniform() * (most + 2)) + (busy > 4 * others ? 1 : -1);
    },
  };
}
