import { catalogue } from '../../src/catalogue.ts';
import type { Files } from '../../src/scenario/files.ts';
import { renderProblems } from '../../src/scenario/problem.ts';
import type { Scenario } from '../../src/scenario/read-scenario.ts';
import { readScenario } from '../../src/scenario/read-scenario.ts';

/** A scenario with nothing wrong in it. */
export const GOOD = `name: desk
start: 2026-06-01T08:00-04:00
horizon: 15min
templates:
  h100-70b: { accelerator: h100-sxm, model: llama-3.1-70b, weights: fp8, layout: { tensorParallel: 4 } }
regions:
  - name: virginia
    electricityUsdPerKWh: 0.0892
    pue: 1.15
    pools:
      - { name: desk, template: h100-70b, instances: 8 }
workloads:
  - { name: support, kind: chat, model: llama-3.1-70b, requestsPerS: 40 }
slos:
  - { class: interactive, match: { workload: support }, ttftMs: { p95: 500 } }
`;

/** The good scenario with some of its text replaced; every replaced text must be there. */
export function changed(...changes: readonly (readonly [from: string, to: string])[]): string {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the text has no ${JSON.stringify(from)}`);
    return text.replace(from, to);
  }, GOOD);
}

/** What the user reads on the terminal. */
export function told(text: string, file = 'desk.yaml', files = filesOf({})): string {
  const reading = readScenario(text, file, catalogue, files);
  return reading.ok ? 'no problem' : renderProblems(reading.problems);
}

export function scenarioOf(text: string, file = 'desk.yaml', files = filesOf({})): Scenario {
  const reading = readScenario(text, file, catalogue, files);
  if (!reading.ok) throw new Error(renderProblems(reading.problems));
  return reading.scenario;
}

/** Files that exist only here, by path. */
export function filesOf(contents: Readonly<Record<string, string>>): Files {
  return {
    open(path) {
      const content = contents[path];
      if (content === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
      const bytes = new TextEncoder().encode(content);
      let at = 0;
      return {
        read(into) {
          const piece = bytes.subarray(at, at + into.length);
          into.set(piece);
          at += piece.length;
          return piece.length;
        },
        close() {},
      };
    },
  };
}
