import type { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { PowerPolicy } from '../../sim/ports.ts';
import { throttle, throttleOptions } from './throttle.ts';

export const prefillFirst: Module<PowerPolicy, z.infer<typeof throttleOptions>> = {
  name: 'prefill-first',
  summary: 'prefill pools are slowed first: first tokens come later, answers go on as before',
  options: throttleOptions,
  create: (options) => throttle(options, (site, instance) => site.role(instance) === 'prefill'),
};
