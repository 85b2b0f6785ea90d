import { Fleet } from './fleet.ts';
import type { Instance } from './instance.ts';
import { PoolFacts } from './pool-facts.ts';
import type { PromptView, RoutingPolicy } from './ports.ts';
import type { RunParts, SimulationPlan } from './run-parts.ts';
import { Telemetry } from './telemetry.ts';
import type { InstanceIndex, Ns, RequestIndex } from './units.ts';

/** The router of a run and all that it sees: the fleet, what instances report, and its own books of what it has sent where. */
export class Dispatch {
  readonly fleet: Fleet;
  readonly telemetry: Telemetry;
  readonly #routing: RoutingPolicy;
  readonly #requests: PromptView;

  constructor(plan: SimulationPlan, parts: RunParts, instances: readonly Instance[], requests: PromptView) {
    this.telemetry = new Telemetry(instances, parts.routing.telemetry);
    const modelOfPool = plan.pools.map((pool) => pool.model);
    const facts = new PoolFacts(plan, parts.stepCosts);
    this.fleet = new Fleet(instances, modelOfPool, plan.models.length, this.telemetry, facts);
    this.#routing = parts.routing;
    this.#requests = requests;
  }

  /** The router's answer, among the instances that are selected in the fleet. */
  route(request: RequestIndex, nowNs: Ns): InstanceIndex {
    this.fleet.lookAt(nowNs);
    return this.#routing.route(request, this.#requests, this.fleet, nowNs);
  }

  /** A client's request goes there. */
  sent(request: RequestIndex, to: InstanceIndex): void {
    this.fleet.outstanding[to]!++;
    this.fleet.promptTokens[to]! += this.#requests.promptTokens(request);
  }

  firstToken(request: RequestIndex, instance: InstanceIndex): void {
    this.fleet.promptTokens[instance]! -= this.#requests.promptTokens(request);
  }
}
