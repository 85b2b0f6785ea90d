import type { ByteSource } from '../sim/ports.ts';
import type { Ns } from '../sim/units.ts';
import { CsvTraceReader, type CsvForm } from './csv-trace-reader.ts';
import type { TraceProblem } from './trace-problem.ts';

/** What was generated counts, not what a client re-tokenised. Which prompt of a set it was is told where conversations are elsewhere. */
const FORM: CsvForm = {
  columns: {
    time: ['arrival_s'],
    prompt: ['prompt_tokens_client', 'prompt_tokens', 'input_tokens'],
    output: ['output_tokens_true', 'output_tokens'],
    reasoning: [],
    session: ['prompt_id_mod100', 'prompt_id'],
  },
  needsTimes: true,
  failedAskForAsMuch: true,
};

/** The requests that a benchmark client has recorded, one a line. */
export class LoadTestLogReader {
  readonly #rows: CsvTraceReader;

  constructor(source: ByteSource) {
    this.#rows = new CsvTraceReader(source, FORM);
  }

  /** True for every row; a malformed one has `problem` set and no values. */
  next(): boolean {
    return this.#rows.next();
  }

  get problem(): TraceProblem | undefined {
    return this.#rows.problem;
  }

  /** Since the first row; of a malformed one, of that before it. */
  get arrivalNs(): Ns {
    return this.#rows.latestNs;
  }

  get promptTokens(): number {
    return this.#rows.row?.promptTokens ?? 0;
  }

  get outputTokens(): number {
    return this.#rows.row?.outputTokens ?? 0;
  }

  /** Which prompt of a set it was; −1 where the file does not say. */
  get promptId(): number {
    return this.#rows.row?.session ?? -1;
  }
}
