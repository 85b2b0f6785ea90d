import { z } from 'zod';
import type { ModelRoutingContext } from '../../sim/module.ts';
import type { ModelRoutingPolicy } from '../../sim/ports.ts';
import { NS_PER_MS } from '../../sim/units.ts';
import type { ModelRoutingModule } from './model-routing-module.ts';

const share = z.number().min(0).max(1);

const options = z
  .strictObject({
    models: z.array(z.string()).min(1).describe('in the order in which they are asked, the cheapest first'),
    accuracy: z.array(share).min(1).describe('of each, the share of all requests that it answers rightly, in [0, 1]'),
    recall: share.describe('share of the wrong answers that the judge notices, in [0, 1]'),
    falseAlarm: share.default(0).describe('share of the right answers that the judge takes for wrong, in [0, 1]'),
    judgeMs: z
      .number()
      .min(0)
      .default(0)
      .describe('how long the judge takes for an answer of any but the last model, ms'),
    judgeUsdPerAnswer: z.number().min(0).default(0).describe('what the judge takes for it, USD'),
  })
  .superRefine(({ models, accuracy }, context) => {
    const wrong = (message: string, path: string) => context.addIssue({ code: 'custom', message, path: [path] });
    if (new Set(models).size < models.length) wrong('names a model twice — each is asked once', 'models');
    if (accuracy.length !== models.length)
      wrong(`has ${accuracy.length} values for ${models.length} models — write one for each`, 'accuracy');
  });

type Options = z.infer<typeof options>;

/**
 * The cheapest model answers first, a judge looks at the answer, and the next one is asked where it is not content (Chen,
 * Zaharia and Zou, FrugalGPT, 2023). A request of difficulty d is answered rightly by every model whose accuracy is above d:
 * what a small model can do, a more accurate one can, too.
 */
export const cascade: ModelRoutingModule<ModelRoutingPolicy, Options, ModelRoutingContext> = {
  name: 'cascade',
  summary: 'the first model answers; where a judge finds the answer wrong, the next model is asked',
  options,
  namesIn: ({ models }) => models.map((name, index) => ({ path: ['models', index], noun: 'model' as const, name })),
  shares,
  create({ models: names, accuracy, recall, falseAlarm, judgeMs }, { models }) {
    const order = names.map((name) => models.indexOf(name));
    const isRight = (model: number, difficulty: number) => difficulty < (accuracy[order.indexOf(model)] ?? 1);
    return {
      firstModel: () => order[0]!,
      nextModel(model, difficulty, draw) {
        const place = order.indexOf(model);
        const isFinal = place < 0 || place === order.length - 1;
        const objects = draw < (isRight(model, difficulty) ? falseAlarm : recall);
        return objects && !isFinal ? order[place + 1]! : model;
      },
      isRight,
      judgeNs(model) {
        const place = order.indexOf(model);
        return place < 0 || place === order.length - 1 ? undefined : Math.round(judgeMs * NS_PER_MS);
      },
    };
  },
};

/** Between two accuracies all requests are alike: whoever is below fails all of them. */
function shares({ models, accuracy, recall, falseAlarm }: Options): Record<string, number> {
  const knots = [...new Set([0, ...accuracy, 1])].sort((a, b) => a - b);
  const reached = models.map(() => 0);
  for (let k = 1; k < knots.length; k++) {
    let left = knots[k]! - knots[k - 1]!;
    for (let place = 0; place < models.length; place++) {
      reached[place]! += left;
      left *= accuracy[place]! >= knots[k]! ? falseAlarm : recall;
    }
  }
  return Object.fromEntries(models.map((name, place) => [name, reached[place]!]));
}
