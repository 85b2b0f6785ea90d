import { z } from 'zod';
import type { ModelRoutingContext } from '../../sim/module.ts';
import type { ModelRoutingPolicy } from '../../sim/ports.ts';
import type { ModelRoutingModule } from './model-routing-module.ts';

const share = z.number().min(0).max(1);

const options = z
  .strictObject({
    models: z.array(z.string()).length(2).describe('the one for easy requests, and the one for hard ones'),
    hardShare: share.describe('share of the requests that are hard: the small model fails them, in [0, 1]'),
    hardToSmall: share.describe('share of the hard requests that are taken for easy ones, in [0, 1]'),
    easyToLarge: share.describe('share of the easy requests that are taken for hard ones, in [0, 1]'),
    largeAccuracy: share.default(1).describe('share of all requests that the large model answers rightly, in [0, 1]'),
  })
  .superRefine(({ models }, context) => {
    if (models[0] !== models[1]) return;
    context.addIssue({ code: 'custom', message: 'names a model twice — there is nothing to choose', path: ['models'] });
  });

type Options = z.infer<typeof options>;

/** A classifier that looks at the prompt sends it to one of two models (Ong et al., RouteLLM, 2024). */
export const classifier: ModelRoutingModule<ModelRoutingPolicy, Options, ModelRoutingContext> = {
  name: 'classifier',
  summary: 'a classifier sends hard requests to a large model and easy ones to a small one, and is wrong about some',
  options,
  namesIn: ({ models }) => models.map((name, index) => ({ path: ['models', index], noun: 'model' as const, name })),
  shares({ models, hardShare, hardToSmall, easyToLarge }) {
    const large = hardShare * (1 - hardToSmall) + (1 - hardShare) * easyToLarge;
    return { [models[0]!]: 1 - large, [models[1]!]: large };
  },
  create({ models: names, hardShare, hardToSmall, easyToLarge, largeAccuracy }, { models }) {
    const [small, large] = names.map((name) => models.indexOf(name));
    const isHard = (difficulty: number) => difficulty >= 1 - hardShare;
    return {
      firstModel(difficulty, draw) {
        const toSmall = isHard(difficulty) ? draw < hardToSmall : draw >= easyToLarge;
        return toSmall ? small! : large!;
      },
      nextModel: (model) => model,
      isRight: (model, difficulty) => (model === small ? !isHard(difficulty) : difficulty < largeAccuracy),
      judgeNs: () => undefined,
    };
  },
};
