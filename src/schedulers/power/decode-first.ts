import type { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { PowerPolicy } from '../../sim/ports.ts';
import { throttle, throttleOptions } from './throttle.ts';

export const decodeFirst: Module<PowerPolicy, z.infer<typeof throttleOptions>> = {
  name: 'decode-first',
  summary: 'decode pools are slowed first: decoding waits for memory, so a lower clock costs it less time',
  options: throttleOptions,
  create: (options) => throttle(options, (site, instance) => site.role(instance) === 'decode'),
};
