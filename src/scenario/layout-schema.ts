import { z } from 'zod';

/** No instance has more of anything; a larger number is a mistake that memory and time would pay for. */
const MOST = 4096;

/** How one copy of a model is spread over accelerators. */
export function layoutSchema() {
  return z
    .strictObject({
      tensorParallel: count('accelerators that share each layer (default: 1)').optional(),
      pipelineParallel: count('stages that hold some of the layers each (default: 1)').optional(),
      dataParallel: count(
        'groups of accelerators with sequences of their own that share the experts (default: 1)',
      ).optional(),
      expertParallel: count(
        'parts the experts are divided into (default: 1, or with dataParallel one for each accelerator)',
      ).optional(),
      expertLoadSkew: z
        .number()
        .min(1)
        .optional()
        .describe('tokens of the busiest part of the experts over the mean, at least 1 (default: 1)'),
    })
    .describe(
      'how one copy of the model is spread over tensorParallel × pipelineParallel × dataParallel accelerators (default: one)',
    );
}

const count = (description: string) => z.int().min(1).max(MOST).describe(description);
