import { z } from 'zod';
import { streamSeed } from '../sim/distributions.ts';
import type { ArrivalSink, Workload } from '../sim/ports.ts';
import { NO_SESSION, type Ns } from '../sim/units.ts';
import { arrivalsField } from './arrival-options.ts';
import { arrivalsOf, type Arrivals } from './arrivals.ts';
import { demandFields, exactlyOneDemand, sessionsPerSOf } from './demand-fields.ts';
import { LengthSampler, lengthSchema, MAX_TOKENS, type Length } from './lengths.ts';
import { Documents, DocumentStreams } from './rag-documents.ts';
import type { Demand, WorkloadContext, WorkloadModule } from './workload-module.ts';

// Both lengths: the 2,128 requests of 8,000 tokens and more in the Mooncake synthetic trace (FAST 2025; Apache-2.0), which
// ask LooGLE and L-Eval documents. A document is asked 2.8 times on average, with a slope of 0.7 of its popularity.
/* prettier-ignore */
const mooncakeDocumentTokens: Length = {
  quantiles: [
    [0, 8067], [0.01, 8905], [0.05, 11184], [0.1, 13691], [0.25, 16297], [0.4, 18498], [0.5, 22111], [0.6, 26620],
    [0.75, 36187], [0.9, 47749], [0.95, 55190], [0.99, 76326], [1, 191378],
  ],
};
/* prettier-ignore */
const mooncakeAnswerTokens: Length = {
  quantiles: [
    [0, 2], [0.05, 2], [0.1, 3], [0.25, 6], [0.4, 11], [0.5, 22], [0.6, 54], [0.75, 139], [0.9, 285], [0.95, 348],
    [0.99, 498], [1, 893],
  ],
};

const options = z
  .strictObject({
    ...demandFields,
    arrivals: arrivalsField,
    systemPromptTokens: z
      .int()
      .min(0)
      .max(MAX_TOKENS)
      .default(0)
      .describe('template with which every prompt begins (about 1,000 with instructions: an assumption), tokens'),
    documents: z.int().min(1).max(10_000_000).default(100).describe('how many are in use at a time, documents'),
    zipf: z
      .number()
      .min(0)
      .max(2)
      .default(0.7)
      .describe('the k-th of them is read ∝ 1 / k to this power, dimensionless'),
    newShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.357)
      .describe('share of requests that bring a document nobody has read, in place of another, in [0, 1]'),
    documentTokens: lengthSchema
      .default(mooncakeDocumentTokens)
      .describe('length of a document, or of a retrieved chunk, tokens'),
    retrieved: z.int().min(1).max(200).default(1).describe('different documents or chunks in a prompt, documents'),
    order: z
      .enum(['relevance', 'document'])
      .default('relevance')
      .describe(
        'order of several in a prompt: as found, or always that of the corpus, which prompts share more often, dimensionless',
      ),
    // No public trace separates the question from what it is about: an assumption, a typed message.
    questionTokens: lengthSchema.default({ median: 55, sigma: 1.1 }).describe('what follows the documents, tokens'),
    outputTokens: lengthSchema.default(mooncakeAnswerTokens).describe('answer length, tokens'),
  })
  .superRefine((given, context) => {
    exactlyOneDemand(given, context);
    if (2 * given.retrieved > given.documents + 1) {
      context.addIssue({
        code: 'custom',
        message: 'a prompt may hold at most half of the documents',
        path: ['retrieved'],
      });
    }
  })
  .meta({
    examples: [
      { requestsPerS: 4 },
      { requestsPerS: 10, documents: 30, newShare: 0, documentTokens: 512, systemPromptTokens: 990 },
    ],
  });
type Options = z.infer<typeof options>;

const SYSTEM_STREAM = 0;
const QUESTION_DRAW = 0;
const OUTPUT_DRAW = 1;

class Rag implements Workload {
  readonly #horizonNs: Ns;
  readonly #arrivals: Arrivals;
  readonly #seed: number;
  readonly #documents: Documents;
  readonly #streams = new DocumentStreams(SYSTEM_STREAM + 1);
  readonly #chosen: Float64Array;
  readonly #inOrder: boolean;
  readonly #systemTokens: number;
  readonly #questionLength: LengthSampler;
  readonly #outputLength: LengthSampler;
  #count = 0;

  constructor(options: Options, context: WorkloadContext) {
    const { name, horizonNs, streams } = context;
    this.#horizonNs = horizonNs;
    this.#arrivals = arrivalsOf(options.arrivals, requestsPerSOf(options), context, `workload/${name}/arrivals`);
    this.#seed = streamSeed(streams.stream(`workload/${name}/lengths`));
    this.#documents = new Documents(options, streamSeed(streams.stream(`workload/${name}/documents`)));
    this.#chosen = new Float64Array(options.retrieved);
    this.#inOrder = options.order === 'document';
    this.#systemTokens = options.systemPromptTokens;
    this.#questionLength = new LengthSampler(options.questionTokens);
    this.#outputLength = new LengthSampler(options.outputTokens);
  }

  pull(sink: ArrivalSink): boolean {
    const arrivalNs = this.#arrivals.nextNs();
    if (arrivalNs >= this.#horizonNs) return false;
    const request = this.#count++;
    const chosen = this.#chosen;
    this.#documents.choose(request, chosen);
    if (this.#inOrder) chosen.sort();
    let promptTokens = this.#systemTokens;
    let stream = SYSTEM_STREAM;
    if (promptTokens > 0) sink.share(stream, promptTokens);
    for (const document of chosen) {
      const tokens = this.#documents.tokensOf(document);
      stream = this.#streams.after(stream, document);
      sink.share(stream, tokens);
      promptTokens += tokens;
    }
    promptTokens += this.#questionLength.draw(this.#seed, request, QUESTION_DRAW);
    const outputTokens = this.#outputLength.draw(this.#seed, request, OUTPUT_DRAW);
    sink.push(arrivalNs, promptTokens, outputTokens, 0, NO_SESSION);
    return true;
  }
}

export const rag: WorkloadModule<Options> = {
  name: 'rag',
  summary: 'questions about documents that prompts share: whole ones, or retrieved chunks',
  options,
  readsTrace: false,
  create: (options, context) => new Rag(options, context),
  demand,
};

/** Reuse is that of a corpus that has been in use for long, of template and first document: orders of several vary. */
function demand(options: Options): Demand {
  const { promptTokens, outputTokens, documentTokens } = meansOf(options);
  return {
    requestsPerS: requestsPerSOf(options),
    meanPromptTokens: promptTokens,
    meanOutputTokens: outputTokens,
    meanReusedTokens: options.systemPromptTokens + (1 - options.newShare) * documentTokens,
    meanSessionS: 0,
  };
}

function requestsPerSOf(options: Options): number {
  return sessionsPerSOf(options, {
    requests: () => 1,
    tokens() {
      const { promptTokens, outputTokens } = meansOf(options);
      return promptTokens + outputTokens;
    },
  });
}

function meansOf(options: Options) {
  const documentTokens = new LengthSampler(options.documentTokens).mean();
  const questionTokens = new LengthSampler(options.questionTokens).mean();
  return {
    documentTokens,
    promptTokens: options.systemPromptTokens + options.retrieved * documentTokens + questionTokens,
    outputTokens: new LengthSampler(options.outputTokens).mean(),
  };
}
