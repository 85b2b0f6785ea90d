import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogue } from '../dist/catalogue.js';
import { digestFiles } from '../dist/results/fingerprint.js';
import { RequestMetrics } from '../dist/results/request-metrics.js';
import { RequestsFile } from '../dist/results/requests-file.js';
import type { RunPlan } from '../dist/sim/plan.js';
import type { RequestColumns } from '../dist/sim/records.js';
import { simulate } from '../dist/sim/simulate.js';
import { assemble } from '../dist/workers/assemble.js';
import { RunMeters } from '../dist/workers/run-costs.js';
import type { Bench, Figure } from './bench.ts';
import { chatFullOf, chatOf } from './chat-plan.ts';

const REQUESTS = 50_000;
/** How often the same rows go into one file. */
const PASSES = 3;
const REPEATS = 10;

const IDENTITY = {
  tokenfleetVersion: 'bench',
  scenario: 'bench',
  runId: 'bench',
  seeds: [1],
  grade: 'measured',
} as const;

interface Chunk {
  readonly columns: RequestColumns;
  readonly rows: number;
}

interface Sink {
  flush(columns: RequestColumns, rows: number): void;
}

/** What becomes of the rows of requests, without the model: encoding and writing, hash, metrics, meters. */
export const rows: Bench = {
  name: 'rows',
  about: `${PASSES} × ${REQUESTS} rows of chat and of chat_full, recorded before, through each sink of a run; processor time`,
  run: () => [...figuresOf('chat', chatOf(REQUESTS)), ...figuresOf('chat_full', chatFullOf(REQUESTS))],
};

function figuresOf(name: string, plan: RunPlan): Figure[] {
  const chunks = chunksOf(plan);
  const count = PASSES * chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
  const leastNs = new Map<string, number>();
  const time = (part: string, work: () => void) => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    leastNs.set(part, Math.min(leastNs.get(part) ?? Infinity, ((user + system) * 1_000) / count));
  };
  const pass = (sink: Sink) => {
    for (let k = 0; k < PASSES; k++) for (const chunk of chunks) sink.flush(chunk.columns, chunk.rows);
  };
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const directory = mkdtempSync(join(tmpdir(), 'tokenfleet-bench-'));
    const file = new RequestsFile(join(directory, 'requests.arrow'), plan, IDENTITY);
    time('file', () => {
      pass(file);
      file.close();
    });
    time('hash', () => digestFiles(directory));
    time('metrics', () => pass(new RequestMetrics(plan)));
    time('meters', () => pass(new RunMeters(plan).requests));
    rmSync(directory, { recursive: true });
  }
  return [...leastNs].map(([part, value]) => ({ name: `rows.${name}_${part}_ns`, value, unit: 'ns' }));
}

/** The rows of a run; the simulation uses its columns again. */
function chunksOf(plan: RunPlan): Chunk[] {
  const chunks: Chunk[] = [];
  const { parts, close } = assemble(plan, catalogue);
  const flush = (columns: RequestColumns, count: number) => {
    chunks.push({ columns: structuredClone(columns), rows: count });
  };
  simulate(plan, parts, { requests: { flush }, timeline: { flush: () => {} } });
  close();
  return chunks;
}
