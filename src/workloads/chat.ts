import { z } from 'zod';
import { streamSeed } from '../sim/distributions.ts';
import type { ArrivalSink, RequestView, Workload } from '../sim/ports.ts';
import { NO_SESSION, type Ns, type RequestIndex } from '../sim/units.ts';
import { arrivalFields, independentDemand, RenewalArrivals } from './arrivals.ts';
import { lengthSchema, LengthSampler, MAX_TOKENS, type Length } from './lengths.ts';
import { secondsSchema, SecondsSampler, type Seconds } from './seconds.ts';
import { turnsSchema, TurnSampler } from './turns.ts';
import type { Demand, WorkloadContext, WorkloadModule } from './workload-module.ts';

// Both lengths: Azure LLM inference trace 2023, conversation (Splitwise, ISCA 2024; CC BY 4.0), 19,366 requests. The
// prompts pile up near 400, 1,100 and 4,100 tokens and the outputs near 400, which lognormals smooth away.
/* prettier-ignore */
const azurePromptTokens: Length = {
  quantiles: [
    [0, 2], [0.01, 29], [0.02, 91], [0.05, 181], [0.1, 207], [0.15, 372], [0.3, 403], [0.35, 414], [0.4, 703],
    [0.5, 1020], [0.75, 1189], [0.8, 1315], [0.85, 1876], [0.9, 2734], [0.925, 4075], [0.98, 4098], [0.99, 4142],
    [0.999, 6179], [1, 14050],
  ],
};
/* prettier-ignore */
const azureOutputTokens: Length = {
  quantiles: [
    [0, 7], [0.01, 16], [0.05, 41], [0.1, 54], [0.25, 85], [0.4, 103], [0.5, 129], [0.6, 177], [0.65, 217], [0.7, 384],
    [0.75, 395], [0.9, 424], [0.95, 451], [0.99, 601], [0.999, 954], [1, 1000],
  ],
};

// No public trace tells what the user of a short chat adds per turn: an assumption, a typed message.
const typedMessageTokens: Length = { median: 55, sigma: 1.1 };
// Mooncake conversation trace (FAST 2025; Apache-2.0), follow-up requests found by their shared blocks.
const mooncakeTurnGapS: Seconds = { median: 139.8, sigma: 0.99, min: 6 };

const options = z
  .strictObject({
    ...arrivalFields,
    promptTokens: lengthSchema
      .default(azurePromptTokens)
      .describe('prompt length; with several turns, of the first, tokens'),
    outputTokens: lengthSchema.default(azureOutputTokens).describe('answer length, tokens'),
    systemPromptTokens: z
      .int()
      .min(0)
      .max(MAX_TOKENS)
      .default(0)
      .describe('beginning that all longer prompts share (512 in the Mooncake conversation trace), tokens'),
    turns: turnsSchema.default(1).describe('requests of one conversation, turns'),
    turnTokens: lengthSchema
      .default(typedMessageTokens)
      .describe('what a later turn adds to the conversation so far, tokens'),
    turnGapS: secondsSchema
      .default(mooncakeTurnGapS)
      .describe('start of a turn to start of the next, which never comes before the answer is complete, s'),
  })
  .meta({
    examples: [
      { requestsPerS: 40 },
      { requestsPerS: 40, burstiness: 0.5, promptTokens: 512, outputTokens: 256 },
      { requestsPerS: 40, turns: 'measured', systemPromptTokens: 512 },
      { requestsPerS: 40, turns: { scale: 1.38, shape: 0.72 }, turnGapS: 60 },
    ],
  });
type Options = z.infer<typeof options>;

const SYSTEM_STREAM = 0;

const DRAWS_PER_TURN = 4;
const PROMPT_DRAW = 0;
const OUTPUT_DRAW = 1;
const GAP_DRAW = 2;
const TURNS_DRAW = 3;

/** A conversation with turns to come. */
interface Conversation {
  readonly turns: number;
  /** Of the turn in progress, from 0. */
  turn: number;
  /** What that turn leaves for the next to begin with: its prompt and its answer. */
  contextTokens: number;
  readonly systemTokens: number;
}

class Chat implements Workload {
  readonly #horizonNs: Ns;
  readonly #arrivals: RenewalArrivals;
  readonly #seed: number;
  readonly #promptLength: LengthSampler;
  readonly #outputLength: LengthSampler;
  readonly #turnLength: LengthSampler;
  readonly #turnGap: SecondsSampler;
  readonly #turns: TurnSampler;
  readonly #systemPromptTokens: number;
  readonly #conversations = new Map<number, Conversation>();
  #count = 0;

  constructor(options: Options, { name, horizonNs, streams }: WorkloadContext) {
    this.#horizonNs = horizonNs;
    this.#turns = new TurnSampler(options.turns);
    const { burstiness, requestsPerS } = options;
    const conversationsPerS = requestsPerS / meanTurnsOf(this.#turns);
    const arrivals = streams.stream(`workload/${name}/arrivals`);
    this.#arrivals = new RenewalArrivals({ burstiness, requestsPerS: conversationsPerS }, arrivals);
    this.#seed = streamSeed(streams.stream(`workload/${name}/lengths`));
    this.#promptLength = new LengthSampler(options.promptTokens);
    this.#outputLength = new LengthSampler(options.outputTokens);
    this.#turnLength = new LengthSampler(options.turnTokens);
    this.#turnGap = new SecondsSampler(options.turnGapS);
    this.#systemPromptTokens = options.systemPromptTokens;
  }

  pull(sink: ArrivalSink): boolean {
    const arrivalNs = this.#arrivals.nextNs();
    if (arrivalNs >= this.#horizonNs) return false;
    const session = this.#count++;
    const promptTokens = this.#promptLength.draw(this.#seed, session, PROMPT_DRAW);
    const outputTokens = this.#outputLength.draw(this.#seed, session, OUTPUT_DRAW);
    const systemTokens = promptTokens > this.#systemPromptTokens ? this.#systemPromptTokens : 0;
    if (this.#turns.max === 1) {
      if (systemTokens > 0) sink.share(SYSTEM_STREAM, systemTokens);
      sink.push(arrivalNs, promptTokens, outputTokens, 0, NO_SESSION);
      return true;
    }
    const turns = this.#turns.draw(this.#seed, session, TURNS_DRAW);
    if (turns > 1) {
      this.#conversations.set(session, { turns, turn: 0, contextTokens: promptTokens + outputTokens, systemTokens });
    }
    share(sink, session, systemTokens, promptTokens);
    sink.push(arrivalNs, promptTokens, outputTokens, 0, session);
    return true;
  }

  onFinish(request: RequestIndex, requests: RequestView, nowNs: Ns, sink: ArrivalSink): void {
    const session = requests.session(request);
    const conversation = this.#conversations.get(session);
    if (conversation === undefined) return;
    const gapNs = this.#turnGap.drawNs(this.#seed, session, DRAWS_PER_TURN * conversation.turn + GAP_DRAW);
    const arrivalNs = Math.max(requests.arrivalNs(request) + gapNs, nowNs);
    const draws = DRAWS_PER_TURN * ++conversation.turn;
    if (conversation.turn === conversation.turns - 1 || arrivalNs >= this.#horizonNs) {
      this.#conversations.delete(session);
    }
    if (arrivalNs >= this.#horizonNs) return;
    const newTokens = this.#turnLength.draw(this.#seed, session, draws + PROMPT_DRAW);
    const outputTokens = this.#outputLength.draw(this.#seed, session, draws + OUTPUT_DRAW);
    const promptTokens = conversation.contextTokens + newTokens;
    conversation.contextTokens = promptTokens + outputTokens;
    share(sink, session, conversation.systemTokens, promptTokens);
    sink.push(arrivalNs, promptTokens, outputTokens, 0, session);
  }
}

/** The system prompt, then the conversation's own stream to the end of the prompt: the answer continues it. */
function share(sink: ArrivalSink, session: number, systemTokens: number, promptTokens: number): void {
  if (systemTokens > 0) sink.share(SYSTEM_STREAM, systemTokens);
  sink.share(SYSTEM_STREAM + 1 + session, promptTokens - systemTokens);
}

export const chat: WorkloadModule<Options> = {
  name: 'chat',
  summary: 'chat from many independent users, in single requests or conversations',
  options,
  readsTrace: false,
  create: (options, context) => {
    const workload = new Chat(options, context);
    // Who does not listen to departures is not told of them, which is faster.
    return options.turns === 1 ? { pull: (sink) => workload.pull(sink) } : workload;
  },
  demand: chatDemand,
};

function chatDemand(options: Options): Demand {
  const single = independentDemand(options);
  const turns = new TurnSampler(options.turns);
  const meanTurns = meanTurnsOf(turns);
  const prompts = new LengthSampler(options.promptTokens);
  const systemTokens = options.systemPromptTokens;
  const meanSystemTokens = prompts.mean((tokens) => (tokens > systemTokens ? systemTokens : 0));
  const addedTokens = single.meanOutputTokens + new LengthSampler(options.turnTokens).mean();
  let promptTokens = 0;
  let reusedTokens = meanSystemTokens;
  for (let turn = 1; turn <= turns.max; turn++) {
    const share = turns.survival(turn);
    const prompt = single.meanPromptTokens + (turn - 1) * addedTokens;
    promptTokens += share * prompt;
    if (turn > 1) reusedTokens += share * (prompt - addedTokens + single.meanOutputTokens);
  }
  return {
    ...single,
    meanPromptTokens: promptTokens / meanTurns,
    meanReusedTokens: reusedTokens / meanTurns,
    meanSessionS: (meanTurns - 1) * new SecondsSampler(options.turnGapS).meanS(),
  };
}

function meanTurnsOf(turns: TurnSampler): number {
  let mean = 0;
  for (let turn = 1; turn <= turns.max; turn++) mean += turns.survival(turn);
  return mean;
}
