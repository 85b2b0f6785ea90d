import { z } from 'zod';
import type { Module, ScalingContext } from '../../sim/module.ts';
import type { ScalingPolicy } from '../../sim/ports.ts';
import { SlowDescent, followingShape, wantedFor } from './scale-down.ts';

const options = z.strictObject({
  outstandingPerInstance: z
    .number()
    .positive()
    .describe('requests that an instance should have to do, running or waiting, on average, count'),
  ...followingShape,
});

export const targetLoad: Module<ScalingPolicy, z.infer<typeof options>, ScalingContext> = {
  name: 'target-load',
  summary: 'as many instances as keep the requests that each has to do at a target',
  options,
  create({ outstandingPerInstance, tolerance, scaleDownAfterS }, { intervalNs, startInstances }) {
    const descent = new SlowDescent(scaleDownAfterS, startInstances);
    return {
      intervalNs,
      targetInstances(pool, pools, nowNs) {
        const total = pools.outstandingRequests(pool) + pools.frontRequests(pool);
        const instances = pools.readyInstances(pool) + pools.startingInstances(pool);
        return descent.settle(wantedFor(total, outstandingPerInstance, instances, tolerance), nowNs);
      },
    };
  },
};
