import type { ByteSource, Workload } from '../../src/sim/ports.ts';
import { Streams } from '../../src/sim/streams.ts';
import { NS_PER_S } from '../../src/sim/units.ts';
import type { WorkloadContext } from '../../src/workloads/workload-module.ts';

export interface Arrival {
  readonly arrivalNs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly session: number;
  readonly deadlineNs: number;
}

/** Everything a workload sends until it says that there is no more. */
export function pullAll(workload: Workload): Arrival[] {
  const arrivals: Arrival[] = [];
  let deadlineNs = Infinity;
  const sink = {
    share() {},
    due(ns: number) {
      deadlineNs = ns;
    },
    push(arrivalNs: number, promptTokens: number, outputTokens: number, reasoningTokens: number, session: number) {
      arrivals.push({ arrivalNs, promptTokens, outputTokens, reasoningTokens, session, deadlineNs });
      deadlineNs = Infinity;
    },
  };
  while (workload.pull(sink));
  return arrivals;
}

/** A file in memory that gives at most so many bytes per read. */
export function bytesOf(file: string | Uint8Array, atMost = Infinity): ByteSource {
  const bytes = typeof file === 'string' ? new TextEncoder().encode(file) : file;
  let at = 0;
  return {
    read(into) {
      const count = Math.min(into.length, atMost, bytes.length - at);
      into.set(bytes.subarray(at, at + count));
      at += count;
      return count;
    },
    rewind() {
      at = 0;
    },
  };
}

export function contextOf(given: Partial<WorkloadContext> = {}): WorkloadContext {
  return { name: 'support', horizonNs: 3600 * NS_PER_S, streams: new Streams(1), ...given };
}

export function meanOf(sample: readonly number[]): number {
  return sample.reduce((sum, x) => sum + x, 0) / sample.length;
}

export function standardErrorOf(sample: readonly number[]): number {
  const mean = meanOf(sample);
  const squares = sample.reduce((sum, x) => sum + (x - mean) * (x - mean), 0);
  return Math.sqrt(squares / (sample.length - 1) / sample.length);
}

export function gapsOf(arrivals: readonly Arrival[]): number[] {
  return arrivals.map(({ arrivalNs }, i) => arrivalNs - (arrivals[i - 1]?.arrivalNs ?? 0));
}

/** Linear between order statistics. */
export function quantileOf(sample: readonly number[], share: number): number {
  const sorted = sample.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const here = sorted[below]!;
  return here + (at - below) * ((sorted[below + 1] ?? here) - here);
}
