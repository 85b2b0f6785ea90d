import type { ValidationCase } from '../../src/validation/read-cases.ts';
import { readCases } from '../../src/validation/read-cases.ts';

/** One closed loop that takes a moment: four users, twelve requests. */
export const SMALL = `suite: small
about: for tests
shared:
  accelerator: h100-sxm
  model: llama-3.1-8b
  source: nobody
  engine: { kind: vllm, maxNumSeqs: 8 }
  workload: { stages: [{ requests: 12 }], concurrency: 4, promptTokens: 100, outputTokens: 20 }
groups:
  - points:
      - { id: a, measured: { tpotMeanMs: 7 } }
      - { id: b, measured: { e2eMeanMs: 150, requestsPerS: 20 }, windowS: [0, 1] }
  - shared: { exclude: measured twice }
    columns: [id, layout.tensorParallel, measured.tpotMeanMs]
    rows:
      - [c, 2, 5]
`;

/** The small suite with some of its text replaced; every replaced text must be there. */
export function changed(...changes: readonly (readonly [from: string, to: string])[]): string {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the text has no ${JSON.stringify(from)}`);
    return text.replace(from, to);
  }, SMALL);
}

export function casesOf(text: string): readonly ValidationCase[] {
  const reading = readCases(text, 'small.yaml');
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems, null, 2));
  return reading.cases;
}

/** Problems as a user reads them, without the hints. */
export function problemsOf(text: string): string[] {
  const reading = readCases(text, 'small.yaml');
  return reading.ok ? [] : reading.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}
