import { z } from 'zod';
import {
  DRAFT_KINDS,
  type DraftModel,
  type DraftKind,
  draftLayout,
  eagleDraft,
  modelDraft,
  mtpDraft,
} from '../sim/draft-model.ts';
import type { SpeculationPlan } from '../sim/plan.ts';
import { layoutProblems } from '../sim/serving-layout.ts';
import type { Catalogue } from './catalogue-types.ts';
import type { Choices } from './deployment.ts';
import { finding } from './draft.ts';
import type { Finding } from './explain.ts';
import { flag, known } from './fields.ts';
import { modelName, type ModelOf } from './model-files.ts';

const MOST_TOKENS = 64;
const MOST_LAYERS = 64;
/** Models of one family round their vocabularies up differently; a larger difference is another tokenizer. */
const VOCABULARY_PADDING = 0.02;

interface Usual {
  readonly draftTokens: number;
  /** Undefined where it is a matter of the prompts more than of the method. */
  readonly acceptance: number | undefined;
}

/** Where a scenario says nothing. An acceptance a that a source gives as t tokens a step solves 1 + a + … + a^k = t. */
const USUAL: Readonly<Record<DraftKind, Usual>> = {
  // DeepSeek-V3 Technical Report (2024), section 5.4.3: one extra layer, the second token right in 85 to 90 % of cases.
  mtp: { draftTokens: 1, acceptance: 0.85 },
  // vLLM pull request 24344 (2025), EAGLE on edits of code: 3 guesses, 2.46 tokens a step.
  eagle: { draftTokens: 3, acceptance: 0.68 },
  // Y. Leviathan et al., "Fast inference from transformers via speculative decoding" (2023), table 2: T5-small guesses
  // 5 tokens of summaries by T5-XXL, temperature 0.
  model: { draftTokens: 5, acceptance: 0.65 },
  ngram: { draftTokens: 5, acceptance: undefined },
};

/** How tokens are guessed. */
export function speculationSchema(catalogue: Catalogue) {
  return z
    .strictObject({
      kind: known(
        'way to guess',
        DRAFT_KINDS,
        'what guesses: layers that were trained with the model (`mtp`), a head that was trained for it (`eagle`), another model (`model`), or text that has occurred before (`ngram`)',
      ),
      model: modelName(catalogue, 'the model that guesses, of `kind: model`').optional(),
      draftLayers: z
        .int()
        .min(1)
        .max(MOST_LAYERS)
        .optional()
        .describe('layers that guess, of mtp and eagle (default: 1)'),
      draftTokens: z
        .int()
        .min(0)
        .max(MOST_TOKENS)
        .optional()
        .describe('tokens guessed per sequence and step; 0 guesses none (default: mtp 1, eagle 3, model 5, ngram 5)'),
      acceptance: z
        .number()
        .min(0)
        .max(1)
        .optional()
        .describe(
          'chance that a guess is right when those before it were, in [0, 1] (default: mtp 0.85, eagle 0.68, model 0.65; ngram has none)',
        ),
      random: flag("draw each request's number of steps; without, it is the expected one (default: false)"),
    })
    .describe('guess tokens and verify them in one step (default: none)');
}

/** What a pool guesses with. */
export interface Speculation {
  readonly draftTokens: number;
  /** Undefined in a prefill pool: there the draft only reads the prompts. */
  readonly plan: SpeculationPlan | undefined;
  /** Undefined where guessing costs the accelerators nothing. */
  readonly draft: DraftModel | undefined;
}

/** How the decoding requests of a pool guess; undefined if they do not. */
export function speculationOf(
  choices: Choices,
  modelOf: ModelOf,
  catalogue: Catalogue,
): Speculation | { readonly findings: Finding[] } | undefined {
  const written = choices.engine?.speculation;
  if (written === undefined || written.draftTokens === 0) return undefined;
  const usual = USUAL[written.kind];
  const acceptance = written.acceptance ?? usual.acceptance;
  const findings = unfitKeys(choices);
  if (acceptance === undefined) {
    const sentence = '`acceptance` is missing: how often such guesses are right is a matter of how much of an answer';
    const remedy = 'write it, such as 0.7 where code is edited';
    findings.push(finding(choices.at('engine', 'speculation'), `${sentence} has been in its prompt — ${remedy}`));
  }
  const draft = draftOf(choices, modelOf, catalogue);
  if (draft !== undefined && 'findings' in draft) findings.push(...draft.findings);
  if (findings.length > 0 || acceptance === undefined || (draft !== undefined && 'findings' in draft)) {
    return { findings };
  }
  const { draftTokens = usual.draftTokens, random = false } = written;
  const guesses = choices.entry.value.role !== 'prefill';
  return { draftTokens, plan: guesses ? { draftTokens, acceptance, random } : undefined, draft };
}

/** Keys that say something of another kind. */
function unfitKeys({ engine, at }: Choices): Finding[] {
  const { kind, model, draftLayers } = engine!.speculation!;
  const findings: Finding[] = [];
  if (model !== undefined && kind !== 'model') {
    const sentence = `${kind} guesses without a model of its own — remove it, or write kind: model`;
    findings.push(finding(at('engine', 'speculation', 'model'), sentence));
  }
  if (draftLayers !== undefined && (kind === 'model' || kind === 'ngram')) {
    const sentence = `only mtp and eagle have a number of layers to choose — remove it`;
    findings.push(finding(at('engine', 'speculation', 'draftLayers'), sentence));
  }
  return findings;
}

function draftOf(
  choices: Choices,
  modelOf: ModelOf,
  catalogue: Catalogue,
): DraftModel | { readonly findings: Finding[] } | undefined {
  const { profiles, engine } = choices;
  const { kind, draftLayers = 1 } = engine!.speculation!;
  const shape = profiles.model.numbers;
  switch (kind) {
    case 'ngram':
      return undefined;
    case 'mtp':
      return ownLayers(choices, draftLayers, catalogue);
    case 'eagle':
      return eagleDraft(shape, draftLayers);
    case 'model':
      return otherModel(choices, modelOf);
  }
}

/** Layers that the published checkpoint has; of a user's own config.json those that it names. */
function ownLayers(
  { model, profiles, serving, at }: Choices,
  draftLayers: number,
  catalogue: Catalogue,
): DraftModel | { readonly findings: Finding[] } {
  const { mtpLayers = 0 } = profiles.model.numbers;
  if (draftLayers <= mtpLayers) return mtpDraft(profiles.model.numbers, draftLayers, serving.weights);
  if (mtpLayers > 0) {
    const sentence = `layers for multi-token prediction: ${model} has ${mtpLayers}, not ${draftLayers} — write at most ${mtpLayers}`;
    return { findings: [finding(at('engine', 'speculation', 'draftLayers'), sentence)] };
  }
  const known = catalogue.models.includes(model)
    ? `no public source tells of any in ${model}`
    : `${model} names none (num_nextn_predict_layers or mtp_num_hidden_layers)`;
  const having = catalogue.models.filter((name) => (catalogue.model(name).numbers.mtpLayers ?? 0) > 0);
  const remedy = `write kind: eagle, model or ngram, which work with any model, or a model that has such layers: ${having.join(', ')}`;
  const sentence = `mtp guesses with layers that were trained with the model, and ${known} — ${remedy}`;
  return { findings: [finding(at('engine', 'speculation', 'kind'), sentence)] };
}

function otherModel(choices: Choices, modelOf: ModelOf): DraftModel | { readonly findings: Finding[] } {
  const { accelerator, model, profiles, serving, engine, at } = choices;
  const name = engine!.speculation!.model;
  const because = (sentences: readonly string[], key = 'model') => ({
    findings: sentences.map((sentence) => finding(at('engine', 'speculation', key), sentence)),
  });
  if (name === undefined) {
    const sentence = '`model` is missing — write a small model of the same family';
    return { findings: [finding(at('engine', 'speculation'), sentence)] };
  }
  const reading = modelOf(name);
  if ('sentences' in reading) return because(reading.sentences);
  const shape = reading.profile.numbers;
  const { vocab } = profiles.model.numbers;
  if (Math.abs(shape.vocab / vocab - 1) > VOCABULARY_PADDING) {
    const sentence = `${name} has a vocabulary of ${shape.vocab} and ${model} one of ${vocab}, so it would guess other tokens`;
    return because([`${sentence} — write a model of the same family`]);
  }
  const draft = modelDraft(shape);
  const layout = draftLayout(profiles.accelerator.numbers, draft, serving);
  const problems = layoutProblems(profiles.accelerator.numbers, shape, layout, { accelerator, model: name });
  return problems.length === 0 ? draft : because(problems.map(({ sentence }) => sentence));
}
