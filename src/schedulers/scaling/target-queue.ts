import { z } from 'zod';
import type { Module, ScalingContext } from '../../sim/module.ts';
import type { ScalingPolicy } from '../../sim/ports.ts';
import { SlowDescent, followingShape } from './scale-down.ts';

const options = z.strictObject({
  waitingPerInstance: z.number().positive().describe('from so many on, instances are added, count'),
  idleBelow: z
    .number()
    .min(0)
    .default(1)
    .describe('instances are given up while nobody waits and each has fewer requests than this to do, count'),
  scaleDownAfterS: followingShape.scaleDownAfterS,
});

/** A queue says that there is too little, but not that there is too much: for that it looks at who has next to nothing to do. */
export const targetQueue: Module<ScalingPolicy, z.infer<typeof options>, ScalingContext> = {
  name: 'target-queue',
  summary: 'more instances while requests wait, fewer while nobody does and instances have next to nothing to do',
  options,
  create({ waitingPerInstance, idleBelow, scaleDownAfterS }, { intervalNs, startInstances }) {
    const descent = new SlowDescent(scaleDownAfterS, startInstances);
    return {
      intervalNs,
      targetInstances(pool, pools, nowNs) {
        const waiting = pools.waitingRequests(pool) + pools.frontRequests(pool);
        const ready = pools.readyInstances(pool);
        const instances = ready + pools.startingInstances(pool);
        const surplus = waiting / waitingPerInstance - ready;
        const hasLittle = waiting === 0 && pools.outstandingRequests(pool) < idleBelow * ready;
        // Those on their way will take what waits now.
        const more = Math.max(0, Math.ceil(surplus) - pools.startingInstances(pool));
        return descent.settle(hasLittle ? instances - 1 : instances + more, nowNs);
      },
    };
  },
};
