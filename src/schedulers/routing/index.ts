import type { Module } from '../../sim/module.ts';
import type { RoutingPolicy } from '../../sim/ports.ts';
import { leastOutstanding } from './least-outstanding.ts';
import { powerOfTwo } from './power-of-two.ts';
import { roundRobin } from './round-robin.ts';

/** Every router a scenario can name. */
export const routingPolicies: readonly Module<RoutingPolicy, unknown>[] = [
  leastOutstanding, //
  powerOfTwo,
  roundRobin,
];
