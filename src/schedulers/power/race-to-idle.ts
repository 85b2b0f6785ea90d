import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { PowerPolicy } from '../../sim/ports.ts';
import { NS_PER_MS } from '../../sim/units.ts';

const options = z.strictObject({
  sleepAfterMs: z
    .number()
    .min(0)
    .default(1_000)
    .describe('accelerators of an instance that has been idle for so long sleep, ms'),
  wakeMs: z
    .number()
    .min(0)
    .default(2_000)
    .describe(
      'from what they are woken for to the first step, ms (vLLM has published 0.1 to 6 s, by size of the model)',
    ),
});

/** Nothing is slowed: work is done as fast as it can be, and then there is none. */
export const raceToIdle: Module<PowerPolicy, z.infer<typeof options>> = {
  name: 'race-to-idle',
  summary: 'full clock always; idle accelerators sleep after a time, and what comes then waits until they are awake',
  options,
  create: ({ sleepAfterMs, wakeMs }) => ({
    sleep: { afterNs: Math.round(sleepAfterMs * NS_PER_MS), wakeNs: Math.round(wakeMs * NS_PER_MS) },
    decide: () => undefined,
  }),
};
