import { z } from 'zod';
import type { ArrivalSink, ByteSource, Workload } from '../sim/ports.ts';
import type { Rng } from '../sim/streams.ts';
import { NO_SESSION, NS_PER_MS, type Ns } from '../sim/units.ts';
import { MooncakeReader, type MooncakeRow } from './mooncake-reader.ts';
import { malformedTrace, missingTrace, rateScaleField, replayDemand } from './replay.ts';
import { TraceSummer, type TraceSummary } from './trace-summary.ts';
import type { WorkloadModule } from './workload-module.ts';

const options = z
  .strictObject({
    rateScale: rateScaleField,
    spreadMs: z
      .number()
      .min(0)
      .max(3_600_000)
      .default(3_000)
      .describe(
        'requests with one timestamp are spread evenly at random from it to the next one in the file, but at most over ' +
          'this long (the conversation trace has a grid of 3 s); 0 keeps them together, ms',
      ),
  })
  .meta({ examples: [{}, { rateScale: 1.5 }, { spreadMs: 0 }] });
type Options = z.infer<typeof options>;

export const mooncakeTrace: WorkloadModule<Options> = {
  name: 'mooncake-trace',
  summary:
    'replay of a Mooncake trace (JSON Lines) with the prefixes its prompts share; its first request arrives at 0',
  options,
  readsTrace: true,
  scanTrace,

  create(options, { name, horizonNs, streams, trace }) {
    if (trace === undefined) throw missingTrace(name, mooncakeTrace.name);
    return new MooncakeReplay(options, name, horizonNs, trace, streams.stream(`workload/${name}/spread`));
  },

  demand: ({ rateScale }, trace) => replayDemand(mooncakeTrace.name, rateScale, trace),
};

class MooncakeReplay implements Workload {
  readonly #name: string;
  readonly #rateScale: number;
  readonly #spreadNs: Ns;
  readonly #horizonNs: Ns;
  readonly #reader: MooncakeReader;
  readonly #rng: Rng;
  /** The rows of one timestamp, when they arrive, and how many have. */
  readonly #tick: MooncakeRow[] = [];
  #arrivalsNs = new Float64Array(0);
  #sent = 0;
  /** The first row after them. */
  #next: MooncakeRow | undefined;
  #ended = false;

  constructor({ rateScale, spreadMs }: Options, name: string, horizonNs: Ns, trace: ByteSource, rng: Rng) {
    this.#name = name;
    this.#rateScale = rateScale;
    this.#spreadNs = spreadMs * NS_PER_MS;
    this.#horizonNs = horizonNs;
    this.#reader = new MooncakeReader(trace);
    this.#rng = rng;
    this.#next = this.#read();
  }

  pull(sink: ArrivalSink): boolean {
    if (this.#ended) return false;
    if (this.#sent === this.#tick.length) this.#nextTick();
    const row = this.#tick[this.#sent];
    const arrivalNs = this.#arrivalsNs[this.#sent]!;
    this.#ended = row === undefined || arrivalNs >= this.#horizonNs;
    if (row === undefined || this.#ended) return false;
    this.#sent++;
    const { streams, ends, promptTokens, outputTokens } = row;
    // The answer is not the content of the block that comes next, so the segments do not cover the whole prompt.
    for (let k = 0; k < streams.length; k++) {
      sink.share(streams[k]!, Math.min(ends[k]!, promptTokens - 1) - (k === 0 ? 0 : ends[k - 1]!));
    }
    sink.push(arrivalNs, promptTokens, outputTokens, 0, NO_SESSION);
    return true;
  }

  #nextTick(): void {
    this.#tick.length = 0;
    this.#sent = 0;
    const first = this.#next;
    if (first === undefined) return;
    for (; this.#next?.atNs === first.atNs; this.#next = this.#read()) this.#tick.push(this.#next);
    const rows = this.#tick.length;
    const untilNs = this.#next === undefined ? Infinity : this.#next.atNs;
    const widthNs = rows === 1 ? 0 : Math.min(untilNs - first.atNs, this.#spreadNs);
    // In the order of the file: the smallest offset goes to the first row.
    const offsets = Float64Array.from({ length: rows }, () =>
      widthNs === 0 ? 0 : this.#rng.uniform() * widthNs,
    ).sort();
    this.#arrivalsNs = offsets.map((offsetNs) => Math.floor((first.atNs + offsetNs) / this.#rateScale));
  }

  #read(): MooncakeRow | undefined {
    if (!this.#reader.next()) return undefined;
    if (this.#reader.problem !== undefined) throw malformedTrace(this.#name, this.#reader.problem);
    return this.#reader.row;
  }
}

/** Read a Mooncake trace to its end, before anything is simulated. */
function scanTrace(source: ByteSource): TraceSummary {
  const reader = new MooncakeReader(source);
  const sums = new TraceSummer();
  let spanNs = 0;
  while (reader.next()) {
    const { row, problem } = reader;
    if (problem !== undefined) sums.problem(problem);
    if (row === undefined) continue;
    sums.row(row.promptTokens, row.outputTokens, row.reusedTokens);
    spanNs = row.atNs;
  }
  return sums.summary(spanNs);
}
