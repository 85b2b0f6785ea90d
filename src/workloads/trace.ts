import type { ArrivalSink, ByteSource, RequestView, Workload } from '../sim/ports.ts';
import type { Rng } from '../sim/streams.ts';
import { NS_PER_MS, NS_PER_S, type Ns, type RequestIndex } from '../sim/units.ts';
import { poissonArrivals, type Arrivals } from './arrivals.ts';
import { GrowingPrompt } from './growing-prompt.ts';
import { MAX_TOKENS } from './lengths.ts';
import { malformedTrace, missingSummary, missingTrace, replayDemand } from './replay.ts';
import { traceOptions, type TraceOptions } from './trace-options.ts';
import { TraceSummer, type TraceSummary } from './trace-summary.ts';
import { TraceUnits, type TraceUnit } from './trace-units.ts';
import type { WorkloadContext, WorkloadModule } from './workload-module.ts';

/** Sessions that a file does not number get numbers from here on. */
const FIRST_SESSION = 4_398_046_511_104;

export const trace: WorkloadModule<TraceOptions> = {
  name: 'trace',
  summary: 'replay of a trace whose format is told by its content, scaled, sliced, looped or thinned',
  options: traceOptions,
  readsTrace: true,
  scanTrace,

  create(options, context) {
    if (context.trace === undefined) throw missingTrace(context.name, trace.name);
    return new TraceReplay(options, context, context.trace);
  },

  demand(options, summary) {
    if (summary === undefined) throw missingSummary(trace.name);
    const { rateScale, keepShare, requestsPerS, loop } = options;
    const replayed = replayDemand(trace.name, rateScale * keepShare, summary);
    const perRow = summary.sessions === 0 ? 1 : summary.rows / summary.sessions;
    return {
      ...replayed,
      requestsPerS: requestsPerS === undefined ? replayed.requestsPerS : requestsPerS * perRow,
      meanSessionS: summary.meanSessionS,
      ...(loop && { repeats: true }),
    };
  },
};

/** A session whose next request waits for an answer. */
interface Waiting {
  readonly unit: TraceUnit;
  readonly prompt: GrowingPrompt;
  /** Which of the requests after the first comes next. */
  next: number;
}

class TraceReplay implements Workload {
  readonly #options: TraceOptions;
  readonly #name: string;
  readonly #horizonNs: Ns;
  readonly #units: TraceUnits;
  readonly #rng: Rng;
  readonly #arrivals: Arrivals | undefined;
  readonly #waiting = new Map<number, Waiting>();
  /** The rows of one timestamp, when they are sent, how many have been, and the first row after them. */
  readonly #tick: TraceUnit[] = [];
  #arrivalsNs = new Float64Array(0);
  readonly #alone = new Float64Array(1);
  #sent = 0;
  #next: TraceUnit | undefined;
  #nextSession = FIRST_SESSION;
  #ownStreams = 0;
  #started = false;
  #ended = false;

  constructor(options: TraceOptions, { name, horizonNs, streams }: WorkloadContext, source: ByteSource) {
    this.#options = options;
    this.#name = name;
    this.#horizonNs = horizonNs;
    this.#units = new TraceUnits(source, options, streams.stream(`workload/${name}/kept`));
    this.#rng = streams.stream(`workload/${name}/spread`);
    const { requestsPerS } = options;
    if (requestsPerS !== undefined) {
      this.#arrivals = poissonArrivals(requestsPerS, streams.stream(`workload/${name}/arrivals`));
    }
  }

  pull(sink: ArrivalSink): boolean {
    if (this.#ended) return false;
    if (this.#sent === this.#tick.length) this.#nextTick();
    const unit = this.#tick[this.#sent];
    const arrivalNs = this.#arrivalsNs[this.#sent]!;
    this.#ended = unit === undefined || arrivalNs >= this.#horizonNs;
    if (unit === undefined || this.#ended) return false;
    this.#sent++;
    this.#send(unit, arrivalNs, sink);
    return true;
  }

  onFinish(request: RequestIndex, requests: RequestView, nowNs: Ns, sink: ArrivalSink): void {
    const number = requests.session(request);
    const session = this.#waiting.get(number);
    if (session === undefined) return;
    const { unit, prompt } = session;
    const { followUps } = unit.row;
    const { gapNs, promptTokens, outputTokens, keptTokens } = followUps[session.next++]!;
    if (session.next === followUps.length) this.#waiting.delete(number);
    const arrivalNs = nowNs + gapNs;
    if (arrivalNs >= this.#horizonNs) {
      this.#waiting.delete(number);
      return;
    }
    if (keptTokens !== undefined) {
      prompt.continueWith(this.#newStream(), Math.floor(keptTokens * this.#options.lengthScale));
    }
    this.#sendTurn(number, prompt, promptTokens, outputTokens, arrivalNs, sink);
  }

  #send(unit: TraceUnit, arrivalNs: Ns, sink: ArrivalSink): void {
    const { row, firstStream } = unit;
    const { streams, ends, promptTokens, outputTokens, reasoningTokens, session, followUps } = row;
    if (followUps.length > 0) {
      const number = this.#nextSession++;
      const prompt = new GrowingPrompt();
      prompt.continueWith(this.#newStream(), 0);
      this.#waiting.set(number, { unit, prompt, next: 0 });
      this.#sendTurn(number, prompt, promptTokens, outputTokens, arrivalNs, sink);
      return;
    }
    const { lengthScale } = this.#options;
    const prompt = scaledTokens(promptTokens, lengthScale);
    const output = scaledTokens(outputTokens, lengthScale);
    let shared = 0;
    for (let k = 0; k < streams.length; k++) {
      // The answer is not the content of the block that comes next, so the segments do not cover the whole prompt.
      const end = Math.min(Math.floor(ends[k]! * lengthScale), prompt - 1);
      if (end > shared) sink.share(2 * (firstStream + streams[k]!), end - shared);
      shared = Math.max(shared, end);
    }
    const reasoning = Math.min(Math.round(reasoningTokens * lengthScale), output - 1);
    sink.push(arrivalNs, prompt, output, reasoning, session);
  }

  /** A session's prompts go on with all that came before in it. */
  #sendTurn(
    number: number,
    prompt: GrowingPrompt,
    promptTokens: number,
    outputTokens: number,
    arrivalNs: Ns,
    sink: ArrivalSink,
  ): void {
    const { lengthScale } = this.#options;
    const tokens = scaledTokens(promptTokens, lengthScale);
    prompt.share(sink, tokens);
    sink.push(arrivalNs, tokens, scaledTokens(outputTokens, lengthScale), 0, number);
  }

  /** Those of rows are even. */
  #newStream(): number {
    return 2 * this.#ownStreams++ + 1;
  }

  #nextTick(): void {
    if (!this.#started) {
      this.#started = true;
      this.#next = this.#read();
    }
    this.#tick.length = 0;
    this.#sent = 0;
    const first = this.#next;
    if (first === undefined) return;
    if (this.#arrivals !== undefined) {
      this.#tick.push(first);
      this.#arrivalsNs = Float64Array.of(this.#arrivals.nextNs());
      this.#next = this.#read();
      return;
    }
    for (; this.#next?.sentNs === first.sentNs; this.#next = this.#read()) this.#tick.push(this.#next);
    if (this.#tick.length === 1) this.#alone[0] = Math.floor(first.sentNs / this.#options.rateScale);
    this.#arrivalsNs = this.#tick.length === 1 ? this.#alone : this.#spread(first.sentNs);
  }

  /** When the rows of one timestamp are sent. */
  #spread(sentNs: Ns): Float64Array<ArrayBuffer> {
    const { spreadMs, rateScale } = this.#options;
    const untilNs = this.#next === undefined ? Infinity : this.#next.sentNs;
    const spreadNs = spreadMs === undefined ? this.#units.gridNs : Math.round(spreadMs * NS_PER_MS);
    const widthNs = Math.min(untilNs - sentNs, spreadNs);
    // In the order of the file: the smallest offset goes to the first row.
    const offsets = Float64Array.from(this.#tick, () => (widthNs === 0 ? 0 : this.#rng.uniform() * widthNs));
    return offsets.sort().map((offsetNs) => Math.floor((sentNs + offsetNs) / rateScale));
  }

  #read(): TraceUnit | undefined {
    const unit = this.#units.next();
    if (this.#units.problem !== undefined) throw malformedTrace(this.#name, this.#units.problem);
    return unit;
  }
}

function scaledTokens(tokens: number, scale: number): number {
  return Math.min(Math.max(1, Math.round(tokens * scale)), MAX_TOKENS);
}

/** Read the slice of a trace that the options take, once and whole, before anything is simulated. */
function scanTrace(source: ByteSource, options: TraceOptions): TraceSummary {
  const { lengthScale } = options;
  const units = new TraceUnits(source, { ...options, loop: false, keepShare: 1 });
  const sums = new TraceSummer();
  let sessions = 0;
  let isClosedLoop = false;
  let gapsNs = 0;
  for (;;) {
    const unit = units.next();
    if (units.problem !== undefined) {
      sums.problem(units.problem);
      if (units.isHopeless) break;
      continue;
    }
    if (unit === undefined) break;
    const { row } = unit;
    sums.row(
      scaledTokens(row.promptTokens, lengthScale),
      scaledTokens(row.outputTokens, lengthScale),
      Math.floor(row.reusedTokens * lengthScale),
    );
    sessions++;
    isClosedLoop ||= row.followUps.length > 0;
    let context = row.promptTokens + row.outputTokens - 1;
    for (const { gapNs, promptTokens, outputTokens, keptTokens } of row.followUps) {
      const reused = Math.min(keptTokens ?? context, context, promptTokens - 1);
      sums.row(
        scaledTokens(promptTokens, lengthScale),
        scaledTokens(outputTokens, lengthScale),
        Math.floor(reused * lengthScale),
      );
      gapsNs += gapNs;
      context = promptTokens + outputTokens - 1;
    }
  }
  const meanSessionS = gapsNs / NS_PER_S / Math.max(sessions, 1);
  return { ...sums.summary(units.spanNs, isClosedLoop ? sessions : 0, meanSessionS), skippedRows: units.skippedRows };
}
