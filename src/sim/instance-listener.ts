import type { DecodeSteps } from './decode-steps.ts';
import type { KvTiers } from './kv-tiers.ts';
import type { ResourceTime } from './resource-time.ts';
import type { PoolPlan } from './plan.ts';
import type { SleepRequest } from './ports.ts';
import type { PolicyQueues } from './policy-queues.ts';
import type { InstanceIndex, Ns, RequestIndex } from './units.ts';

/** Who is told what an instance cannot do alone. */
export interface InstanceListener {
  /** The first token of a request has been generated. */
  firstToken(request: RequestIndex, instance: InstanceIndex): void;
  /** A request has its last token and has left. */
  served(request: RequestIndex, instance: InstanceIndex, stepEndNs: Ns): void;
  /** A request has its first token; another instance must go on with it. */
  handedOver(request: RequestIndex, instance: InstanceIndex): void;
  /** A request that was handed over to this instance has found room here; its KV must be brought. */
  transferRequested(request: RequestIndex): void;
}

export type InstancePlan = Pick<PoolPlan, 'engine'> &
  Partial<Pick<PoolPlan, 'role' | 'localPrefillTokens'>> & {
    readonly kvLink?: PoolPlan['kvLink'] | undefined;
    /** Of its pool; undefined where nobody guesses. */
    readonly decodeSteps?: DecodeSteps | undefined;
    /** Its own and those it shares; undefined where there are none. */
    readonly tiers?: KvTiers | undefined;
    /** Of all instances; undefined where nobody asks who caused what. */
    readonly resourceTime?: ResourceTime | undefined;
    /** Of a power policy that lets idle accelerators sleep. */
    readonly sleep?: SleepRequest | undefined;
    /** Count energy and idle time. */
    readonly hasEnergy?: boolean;
    /** Undefined where requests are served in the order in which they come. */
    readonly queues?: PolicyQueues | undefined;
  };
