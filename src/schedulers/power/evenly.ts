import type { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { PowerPolicy } from '../../sim/ports.ts';
import { throttle, throttleOptions } from './throttle.ts';

export const evenly: Module<PowerPolicy, z.infer<typeof throttleOptions>> = {
  name: 'evenly',
  summary: 'the clocks of all accelerators of a domain fall together while it is over its target',
  options: throttleOptions,
  create: (options) => throttle(options, () => true),
};
