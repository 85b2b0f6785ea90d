import { z } from 'zod';
import type { Module, ScalingContext } from '../../sim/module.ts';
import type { ScalingPolicy } from '../../sim/ports.ts';
import { NS_PER_S } from '../../sim/units.ts';
import { hourOfWeek, startHourOfWeek } from '../week-clock.ts';
import { faultsOf, hourText, stretchesOf, windowProblem, windowShape } from '../week-windows.ts';

const entry = z.strictObject({ ...windowShape, instances: z.int().min(0).describe('instances, count') });

const options = z.strictObject({
  hours: z
    .array(entry)
    .min(1)
    .superRefine((entries, context) => {
      const wrong = (message: string, path: (string | number)[]) => context.addIssue({ code: 'custom', message, path });
      const backwards = entries.map(windowProblem);
      backwards.forEach((message, index) => message !== undefined && wrong(message, [index]));
      if (backwards.some((message) => message !== undefined)) return;
      const { gap, overlap } = faultsOf(stretchesOf(entries));
      if (gap !== undefined)
        wrong(`says nothing of the hours from ${hourText(gap)} on — cover the whole week, each hour once`, []);
      if (overlap !== undefined)
        wrong(`covers ${hourText(overlap.fromH)} again — each hour of the week belongs to one entry`, [overlap.window]);
    })
    .describe('how many instances at which hours; together they cover the week, each hour once'),
  leadS: z
    .number()
    .min(0)
    .optional()
    .describe('how long ahead instances are ordered, s (default: as long as they take to be ready)'),
});

export const schedule: Module<ScalingPolicy, z.infer<typeof options>, ScalingContext> = {
  name: 'schedule',
  summary: 'as many instances as are planned for the hour of the week',
  options,
  create({ hours, leadS }, { intervalNs, start, leadNs }) {
    const startHour = startHourOfWeek(start);
    const stretches = stretchesOf(hours);
    const aheadNs = leadS === undefined ? leadNs : leadS * NS_PER_S;
    const instancesAt = (timeNs: number) => {
      const hour = hourOfWeek(startHour, timeNs);
      const found = stretches.findLast(({ fromH }) => fromH <= hour)!;
      return hours[found.window]!.instances;
    };
    return {
      intervalNs,
      // What is needed until the ones that are ordered now could be ready stays.
      targetInstances: (_pool, _pools, nowNs) => Math.max(instancesAt(nowNs), instancesAt(nowNs + aheadNs)),
    };
  },
};
