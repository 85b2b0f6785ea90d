import { z } from 'zod';
import { RECALLS } from '../sim/background-plan.ts';

const seconds = () => z.number().min(0).max(1e7);

/**
 * A job that asks for nothing: it has the instances that the scaling of a pool releases. How it is simulated is up to
 * src/sim/background.ts.
 */
export const background = {
  name: 'background',
  summary: 'training or evaluation on the instances that scaling has released; gives them back when they are needed',
  options: z
    .strictObject({
      valueUsdPerAcceleratorHour: z
        .number()
        .min(0)
        .describe('what an hour of useful work is worth, USD/h per accelerator'),
      checkpointEveryS: seconds().gt(0).default(1_800).describe('work between two checkpoints, s (default: 1800)'),
      checkpointS: seconds()
        .default(60)
        .describe('how long a checkpoint takes, in which nothing else is done, s (default: 60)'),
      restoreS: seconds()
        .default(300)
        .describe('from getting an instance to the first work: starting, reading the checkpoint, s (default: 300)'),
      onRecall: z
        .enum(RECALLS)
        .default('save')
        .describe(
          '`save`: the pool waits for a checkpoint when it wants an instance back; `drop`: it has it at once, and work since the last one is lost (default: save)',
        ),
      drawShare: z
        .number()
        .min(0)
        .max(1.2)
        .default(0.9)
        .describe('draw of its accelerators, share of the TDP (default: 0.9)'),
    })
    .meta({
      examples: [
        { valueUsdPerAcceleratorHour: 1.2 },
        { valueUsdPerAcceleratorHour: 1.2, checkpointEveryS: 600, checkpointS: 20, onRecall: 'drop' },
      ],
    }),
};
