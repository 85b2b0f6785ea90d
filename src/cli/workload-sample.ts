import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { extname } from 'node:path';
import { NO_SESSION, NS_PER_MS } from '../sim/units.ts';
import { SampleFile } from '../results/sample-file.ts';
import { InputError, UsageError } from './failure.ts';
import { MooncakeIds } from './mooncake-ids.ts';
import type { RequestSource, TimedRequest } from './workload-requests.ts';
import { version } from './version.ts';

const FLUSH_CHARACTERS = 1 << 18;
const CSV_HEADER = 'timestamp_s,input_tokens,output_tokens,reasoning_tokens,session_id,workload';

/** Where requests go; `close` completes the file. */
interface SampleWriter {
  add(request: TimedRequest): void;
  close(): void;
}

/** Write every request of the source; the end of the name says how. Answers how many there are. */
export function sampleTo(path: string, source: RequestSource): number {
  const aside = `${path}.partial`;
  let requests = 0;
  try {
    rmSync(aside, { force: true });
    const writer = writerOf(path, aside, source);
    try {
      source.each((request) => {
        writer.add(request);
        requests++;
      });
    } finally {
      writer.close();
    }
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { force: true });
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new InputError(`cannot write ${path}: ${error.message}`);
  }
  return requests;
}

function writerOf(path: string, aside: string, source: RequestSource): SampleWriter {
  switch (extname(path)) {
    case '.csv':
      return csvWriter(aside, source.names);
    case '.jsonl':
      return mooncakeWriter(aside);
    case '.arrow':
      return new SampleFile(aside, source, version());
    default:
      throw new UsageError(`--out ${path}: the name should end in .csv, .jsonl (Mooncake) or .arrow`);
  }
}

function csvWriter(path: string, names: readonly string[]): SampleWriter {
  const text = new TextFile(path);
  text.line(CSV_HEADER);
  return {
    add({ arrivalNs, promptTokens, outputTokens, reasoningTokens, session, workload }) {
      // A number names a session within its workload.
      const own = names.length === 1 ? String(session) : `${workload}-${session}`;
      const fields = [secondsText(arrivalNs), promptTokens, outputTokens, reasoningTokens];
      text.line([...fields, session === NO_SESSION ? '' : own, quoted(names[workload]!)].join(','));
    },
    close: () => text.close(),
  };
}

function mooncakeWriter(path: string): SampleWriter {
  const text = new TextFile(path);
  const ids = new MooncakeIds();
  return {
    add(request) {
      const { arrivalNs, promptTokens, outputTokens } = request;
      const timestamp = Math.floor(arrivalNs / NS_PER_MS);
      const row = { timestamp, input_length: promptTokens, output_length: outputTokens, hash_ids: ids.of(request) };
      text.line(JSON.stringify(row));
    },
    close: () => text.close(),
  };
}

/** Whole nanoseconds as seconds, exactly. */
function secondsText(ns: number): string {
  const whole = Math.floor(ns / 1e9);
  return `${whole}.${String(ns - whole * 1e9).padStart(9, '0')}`;
}

function quoted(name: string): string {
  return /[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

/** Lines that go to the file by the many. */
class TextFile {
  readonly #descriptor: number;
  #text = '';

  constructor(path: string) {
    this.#descriptor = openSync(path, 'wx');
  }

  line(line: string): void {
    this.#text += `${line}\n`;
    if (this.#text.length > FLUSH_CHARACTERS) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#descriptor);
  }

  #flush(): void {
    const bytes = Buffer.from(this.#text);
    for (let written = 0; written < bytes.length;) written += writeSync(this.#descriptor, bytes, written);
    this.#text = '';
  }
}
