import type { Ns } from '../sim/units.ts';
import type { ColumnList } from './columns.ts';
import { TableFile } from './table-file.ts';

const CAPACITY = 16_384;

/** Requests that a workload has generated, before anything has served them. */
const SAMPLE_COLUMNS = {
  arrival: { kind: 'timestamp', unit: '', meaning: 'the client sends' },
  workload: { kind: 'name', unit: '', meaning: 'the workload that sent it' },
  session: { kind: 'int64', unit: '', meaning: 'the conversation it belongs to; −1 for none' },
  prompt_tokens: { kind: 'int32', unit: '', meaning: 'input tokens' },
  output_tokens: { kind: 'int32', unit: '', meaning: 'tokens it asks for, hidden reasoning included' },
  reasoning_tokens: { kind: 'int32', unit: '', meaning: 'the hidden share of the output tokens' },
} as const satisfies ColumnList;

interface SampledRequest {
  readonly arrivalNs: Ns;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly session: number;
  readonly workload: number;
}

interface SampleSource {
  readonly title: string;
  readonly names: readonly string[];
  /** ISO 8601: the moment that is 0 ns. */
  readonly start: string;
  readonly seed: number;
}

/** Generated requests as Arrow, in order of arrival. */
export class SampleFile {
  readonly #file: TableFile<typeof SAMPLE_COLUMNS>;
  readonly #names: readonly string[];
  readonly #arrivalsNs = new Float64Array(CAPACITY);
  readonly #sessions = new Float64Array(CAPACITY);
  #rows = 0;

  /** @param path must not exist yet */
  constructor(path: string, { title, names, start, seed }: SampleSource, tokenfleetVersion: string) {
    const identity = { tokenfleetVersion, scenario: title, runId: '', seeds: [seed], grade: 'estimated' } as const;
    this.#names = names;
    this.#file = new TableFile(path, SAMPLE_COLUMNS, { workload: names }, CAPACITY, identity);
    this.#file.buffers.arrival.setOrigin(Date.parse(start));
  }

  add({ arrivalNs, promptTokens, outputTokens, reasoningTokens, session, workload }: SampledRequest): void {
    const row = this.#rows++;
    const { buffers } = this.#file;
    this.#arrivalsNs[row] = arrivalNs;
    this.#sessions[row] = session;
    buffers.workload.set(row, this.#names[workload]!);
    buffers.prompt_tokens.set(row, promptTokens);
    buffers.output_tokens.set(row, outputTokens);
    buffers.reasoning_tokens.set(row, reasoningTokens);
    if (this.#rows === CAPACITY) this.#write();
  }

  close(): void {
    if (this.#rows > 0) this.#write();
    this.#file.close();
  }

  #write(): void {
    this.#file.buffers.arrival.setAll(this.#arrivalsNs, this.#rows);
    this.#file.buffers.session.setAll(this.#sessions, this.#rows);
    this.#file.writeBatch(this.#rows);
    this.#rows = 0;
  }
}
