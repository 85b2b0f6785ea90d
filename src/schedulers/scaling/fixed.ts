import { z } from 'zod';
import type { Module, ScalingContext } from '../../sim/module.ts';
import type { ScalingPolicy } from '../../sim/ports.ts';

const options = z.strictObject({}).describe('fixed has no options');

export const fixed: Module<ScalingPolicy, z.infer<typeof options>, ScalingContext> = {
  name: 'fixed',
  summary: 'as many instances as at the start',
  options,
  create: (_options, { intervalNs, startInstances }) => ({ intervalNs, targetInstances: () => startInstances }),
};
