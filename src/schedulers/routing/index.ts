import type { Module } from '../../sim/module.ts';
import type { RoutingPolicy } from '../../sim/ports.ts';
import { boundedLoad } from './bounded-load.ts';
import { costAware } from './cost-aware.ts';
import { energyAware } from './energy-aware.ts';
import { leastKv } from './least-kv.ts';
import { leastOutstanding } from './least-outstanding.ts';
import { powerOfD } from './power-of-d.ts';
import { powerOfTwo } from './power-of-two.ts';
import { prefixAware } from './prefix-aware.ts';
import { random } from './random.ts';
import { roundRobin } from './round-robin.ts';
import { sessionSticky } from './session-sticky.ts';
import { sloAware } from './slo-aware.ts';
import { weighted } from './weighted.ts';

/** Every router a scenario can name. */
export const routingPolicies: readonly Module<RoutingPolicy, unknown>[] = [
  boundedLoad,
  costAware,
  energyAware,
  leastKv,
  leastOutstanding,
  powerOfD,
  powerOfTwo,
  prefixAware,
  random,
  roundRobin,
  sessionSticky,
  sloAware,
  weighted,
];
