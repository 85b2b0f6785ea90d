import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { planRuns } from '../../src/scenario/plan-runs.ts';
import { readScenario } from '../../src/scenario/read-scenario.ts';
import { bytesOf } from '../workloads/support.ts';

const ROWS = Array.from({ length: 20_000 }, (_, k) => `${k / 10},100,10`);
const TRACE = ['timestamp_s,input_tokens,output_tokens', ...ROWS].join('\n');
const FILES = { open: () => ({ ...bytesOf(TRACE), close() {} }) };

function planned(...workloads: readonly string[]) {
  const text = `name: slices
start: 2026-06-01T08:00Z
horizon: 60s
regions:
  - name: here
    electricityUsdPerKWh: 0.1
    pue: 1.2
    pools: [{ name: small, accelerator: l40s, model: llama-3.1-8b, instances: 2 }]
workloads:
${workloads.map((options, k) => `  - { name: w${k}, kind: trace, model: llama-3.1-8b, file: log.csv, ${options} }`).join('\n')}
`;
  const reading = readScenario(text, 'slices.yaml', catalogue);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const planning = planRuns(reading.scenario, catalogue, { files: FILES });
  if (!planning.ok) throw new Error(JSON.stringify(planning.problems));
  return planning;
}

test('the hash of a trace is of the whole file, whatever part of it is replayed', () => {
  const { plans } = planned('untilS: 5', 'fromS: 30, untilS: 90');
  const sha256 = createHash('sha256').update(TRACE).digest('hex');

  expect(plans[0]!.workloads.map(({ file }) => file?.sha256)).toEqual([sha256, sha256]);
});

test('each part has its own demand', () => {
  const { offeredLoads } = planned('untilS: 60, keepShare: 0.5', 'fromS: 60, untilS: 120, rateScale: 3');

  // 10 requests/s in the file.
  expect(offeredLoads[0]!.requestsPerS).toBeCloseTo(5 + 30, 6);
});

test('a part that ends before the horizon is warned of, a looped one is not', () => {
  const ends = (options: string) => planned(options).warnings.filter((warning) => warning.includes('the trace ends'));

  expect(ends('untilS: 20')).toHaveLength(1);
  expect(ends('untilS: 20, loop: true')).toEqual([]);
});
