import { counterUniform, standardNormal, streamSeed } from '../sim/distributions.ts';
import type { ArrivalSink, ContextSink, RequestView, Workload } from '../sim/ports.ts';
import { NO_SESSION, type Ns, type RequestIndex } from '../sim/units.ts';
import { arrivalsOf } from './arrivals.ts';
import { conversationsPerS, meanSessionS } from './conversation-demand.ts';
import type { ConversationOptions } from './conversation-options.ts';
import { LengthSampler } from './lengths.ts';
import { normalShare } from './normal-share.ts';
import { shareSampler, type ShareSampler } from './reasoning-share.ts';
import { SecondsSampler } from './seconds.ts';
import { inProgressAtStart, reachNs, Starts, type InProgress } from './steady-start.ts';
import { TurnSampler } from './turns.ts';
import type { WorkloadContext } from './workload-module.ts';

const SYSTEM_STREAM = 0;

const DRAWS_PER_TURN = 4;
const PROMPT_DRAW = 0;
const OUTPUT_DRAW = 1;
const REASONING_DRAW = 2;
const TURNS_DRAW = 3;

const PAUSES_PER_TURN = 2;
const GAP_DRAW = 0;
const PATIENCE_DRAW = 1;

/** A conversation with turns to come. */
interface Conversation {
  readonly session: number;
  readonly turns: number;
  /** Of the turn in progress, from 0. */
  turn: number;
  promptTokens: number;
  readonly systemTokens: number;
}

/** Users who talk with a model, independent of one another. */
export class Conversations implements Workload {
  readonly #horizonNs: Ns;
  readonly #starts: Starts;
  readonly #seed: number;
  readonly #pauseSeed: number;
  readonly #promptLength: LengthSampler;
  readonly #outputLength: LengthSampler;
  readonly #turnLength: LengthSampler;
  /** Of a first prompt with its answer. */
  readonly #correlation: number;
  readonly #reasoning: ShareSampler | undefined;
  readonly #keepsReasoning: boolean;
  readonly #pause: SecondsSampler;
  /** The pause begins with the answer, not with the turn. */
  readonly #pausesAfterAnswer: boolean;
  readonly #patience: SecondsSampler | undefined;
  readonly #turns: TurnSampler;
  readonly #systemPromptTokens: number;
  readonly #conversations = new Map<number, Conversation>();
  #count = 0;
  #outputTokens = 0;
  #reasoningTokens = 0;

  constructor(options: ConversationOptions, context: WorkloadContext) {
    const { name, horizonNs, streams } = context;
    this.#horizonNs = horizonNs;
    this.#turns = new TurnSampler(options.turns);
    this.#seed = streamSeed(streams.stream(`workload/${name}/lengths`));
    this.#pauseSeed = streamSeed(streams.stream(`workload/${name}/pauses`));
    this.#promptLength = new LengthSampler(options.promptTokens);
    this.#outputLength = new LengthSampler(options.outputTokens);
    this.#correlation = options.lengthCorrelation;
    this.#turnLength = new LengthSampler(options.turnTokens);
    this.#reasoning = options.reasoningShare === 0 ? undefined : shareSampler(options.reasoningShare);
    this.#keepsReasoning = options.historyKeepsReasoning;
    this.#pause = new SecondsSampler(options.thinkS ?? options.turnGapS);
    this.#pausesAfterAnswer = options.thinkS !== undefined;
    this.#patience = options.patienceS === undefined ? undefined : new SecondsSampler(options.patienceS);
    this.#systemPromptTokens = options.systemPromptTokens;
    const perS = conversationsPerS(options);
    const arrivals = arrivalsOf(options.arrivals, perS, context, `workload/${name}/arrivals`);
    this.#starts = new Starts(this.#inProgress(options, perS, context), arrivals);
  }

  /** What was said last in the conversations in progress, whose answers took no time. */
  warm(sink: ContextSink): void {
    for (const { session, request, beforeNs } of this.#starts.inProgress) {
      const conversation = this.#asOf(session, request - 1);
      this.#drawAnswer(session, conversation.turn);
      const answerTokens = this.#dropsAnswer ? 0 : this.#outputTokens - 1;
      this.#share(conversation, sink, answerTokens);
      sink.context(beforeNs, conversation.promptTokens + answerTokens, session);
    }
  }

  pull(sink: ArrivalSink): boolean {
    const arrivalNs = this.#starts.nextNs();
    if (arrivalNs >= this.#horizonNs) return false;
    const { goingOn } = this.#starts;
    if (goingOn !== undefined) {
      this.#send(this.#asOf(goingOn.session, goingOn.request), arrivalNs, sink);
      return true;
    }
    const session = this.#count++;
    if (this.#turns.max > 1) {
      this.#send(this.#begin(session), arrivalNs, sink);
      return true;
    }
    const promptTokens = this.#promptLength.draw(this.#seed, session, PROMPT_DRAW);
    const systemTokens = this.#systemTokensOf(promptTokens);
    if (systemTokens > 0) sink.share(SYSTEM_STREAM, systemTokens);
    this.#drawAnswer(session, 0);
    sink.push(arrivalNs, promptTokens, this.#outputTokens, this.#reasoningTokens, NO_SESSION);
    return true;
  }

  onFinish(request: RequestIndex, requests: RequestView, nowNs: Ns, sink: ArrivalSink): void {
    const conversation = this.#conversations.get(requests.session(request));
    if (conversation === undefined) return;
    const sentNs = requests.arrivalNs(request);
    const gapNs = this.#gapNs(conversation.session, conversation.turn);
    const arrivalNs = this.#pausesAfterAnswer ? nowNs + gapNs : Math.max(sentNs + gapNs, nowNs);
    if (arrivalNs >= this.#horizonNs || this.#isAbandoned(conversation, nowNs - sentNs)) {
      this.#conversations.delete(conversation.session);
      return;
    }
    conversation.turn++;
    this.#proceed(conversation);
    this.#send(conversation, arrivalNs, sink);
  }

  /** The first turn prepared. */
  #begin(session: number): Conversation {
    const promptTokens = this.#promptLength.draw(this.#seed, session, PROMPT_DRAW);
    const systemTokens = this.#systemTokensOf(promptTokens);
    const turns = this.#turns.draw(this.#seed, session, TURNS_DRAW);
    return { session, turns, turn: 0, promptTokens, systemTokens };
  }

  /** The prompt of the turn that has come: what was said before, and something new. */
  #proceed(conversation: Conversation): void {
    const { session, turn } = conversation;
    this.#drawAnswer(session, turn - 1);
    const kept = this.#outputTokens - (this.#keepsReasoning ? 0 : this.#reasoningTokens);
    const added = this.#turnLength.draw(this.#seed, session, DRAWS_PER_TURN * turn + PROMPT_DRAW);
    conversation.promptTokens += kept + added;
  }

  /** At that turn. */
  #asOf(session: number, turn: number): Conversation {
    const conversation = this.#begin(session);
    while (conversation.turn < turn) {
      conversation.turn++;
      this.#proceed(conversation);
    }
    return conversation;
  }

  #send(conversation: Conversation, arrivalNs: Ns, sink: ArrivalSink): void {
    const { session, turn, turns, promptTokens } = conversation;
    if (turn === turns - 1) this.#conversations.delete(session);
    else if (turn === 0 || !this.#conversations.has(session)) this.#conversations.set(session, conversation);
    this.#drawAnswer(session, turn);
    this.#share(conversation, sink, 0);
    sink.push(arrivalNs, promptTokens, this.#outputTokens, this.#reasoningTokens, session);
  }

  /** The prompt of a turn whose answer has been drawn, and so much of the answer. */
  #share({ session, promptTokens, systemTokens }: Conversation, sink: Pick<ArrivalSink, 'share'>, more: number): void {
    if (systemTokens > 0) sink.share(SYSTEM_STREAM, systemTokens);
    // Output continues the conversation's stream only if that covers the whole prompt; without its hidden part it is
    // other content in another place, and the next turn computes what is left of it.
    const shared = promptTokens - systemTokens - (this.#dropsAnswer ? 1 : 0) + more;
    if (shared > 0) sink.share(SYSTEM_STREAM + 1 + session, shared);
  }

  /** Of the answer drawn last: whether the next turn has it without its hidden part. */
  get #dropsAnswer(): boolean {
    return !this.#keepsReasoning && this.#reasoningTokens > 0;
  }

  #systemTokensOf(promptTokens: number): number {
    return promptTokens > this.#systemPromptTokens ? this.#systemPromptTokens : 0;
  }

  /** Into the fields: an answer has two lengths, and an object for each would be garbage. */
  #drawAnswer(session: number, turn: number): void {
    const draws = DRAWS_PER_TURN * turn;
    this.#outputTokens =
      this.#correlation === 0 || turn > 0
        ? this.#outputLength.draw(this.#seed, session, draws + OUTPUT_DRAW)
        : this.#outputLength.of(this.#correlatedUniform(session));
    if (this.#reasoning === undefined) return;
    const share = this.#reasoning.of(counterUniform(this.#seed, session, draws + REASONING_DRAW));
    // The last token is always the user's to see.
    this.#reasoningTokens = Math.min(Math.round(this.#outputTokens * share), this.#outputTokens - 1);
  }

  /** Of a first answer: near that of its prompt, or far from it. */
  #correlatedUniform(session: number): number {
    const rho = this.#correlation;
    const prompt = standardNormal(counterUniform(this.#seed, session, PROMPT_DRAW));
    const own = standardNormal(counterUniform(this.#seed, session, OUTPUT_DRAW));
    return normalShare(rho * prompt + Math.sqrt(1 - rho * rho) * own);
  }

  /** From this turn, or from its answer, to the next. */
  #gapNs(session: number, turn: number): Ns {
    return this.#pause.drawNs(this.#pauseSeed, session, PAUSES_PER_TURN * turn + GAP_DRAW);
  }

  #isAbandoned({ session, turn }: Conversation, answerNs: Ns): boolean {
    if (this.#patience === undefined) return false;
    return answerNs > this.#patience.drawNs(this.#pauseSeed, session, PAUSES_PER_TURN * turn + PATIENCE_DRAW);
  }

  #inProgress(options: ConversationOptions, perS: number, context: WorkloadContext): InProgress[] {
    if (context.startState !== 'steady' || this.#turns.max === 1) return [];
    const fromNs = -reachNs(meanSessionS(options));
    const untilStart = { ...context, horizonNs: 0 };
    const past = arrivalsOf(options.arrivals, perS, untilStart, `workload/${context.name}/past`, fromNs);
    // How long answers took is not known before the run, and little against the pauses.
    return inProgressAtStart(past, {
      gapNs: (session, turn) =>
        turn < this.#turns.draw(this.#seed, session, TURNS_DRAW) ? this.#gapNs(session, turn - 1) : undefined,
    });
  }
}
