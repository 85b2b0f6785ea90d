import { type DraftModel, draftLayout } from './draft-model.ts';
import type { AcceleratorNumbers, EngineNumbers, ServingLayout } from './profiles.ts';
import { rooflineParameters } from './roofline-parameters.ts';
import type { SpeculationCost } from './roofline-types.ts';

/**
 * What guessing adds to the steps of a pool.
 *
 * @param draft undefined where the guesses cost the accelerators nothing
 * @throws if no layout of the draft's weights can be on the accelerators
 */
export function speculationCost(
  accelerator: AcceleratorNumbers,
  engine: EngineNumbers,
  serving: ServingLayout,
  draftTokens: number,
  draft: DraftModel | undefined,
): SpeculationCost {
  const tokensPerSequence = 1 + draftTokens;
  if (draft === undefined) return { tokensPerSequence };
  const layout = draftLayout(accelerator, draft, serving);
  return {
    tokensPerSequence,
    draft: {
      // It takes the likeliest token: sampling is done by the model it guesses for.
      parameters: { ...rooflineParameters(accelerator, draft.shape, engine, layout), sequenceNs: 0 },
      passes: draftTokens,
      copies: serving.dataParallel / layout.dataParallel,
    },
  };
}
