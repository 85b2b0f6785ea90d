import type { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { PowerPolicy } from '../../sim/ports.ts';
import { throttle, throttleOptions } from './throttle.ts';

export const priorityAware: Module<PowerPolicy, z.infer<typeof throttleOptions>> = {
  name: 'priority-aware',
  summary: 'low-priority pools are slowed first, the others when those are at their lowest clock',
  options: throttleOptions,
  create: (options) => throttle(options, (site, instance) => site.isLowPriority(instance)),
};
