import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { NS_PER_S } from '../../src/sim/units.ts';
import { azureTrace } from '../../src/workloads/azure-trace.ts';
import { scanTrace } from '../../src/workloads/trace-summary.ts';
import { measuredFile } from './measured-file.ts';
import { bytesOf, contextOf, pullAll, quantileOf } from './support.ts';

const { path: file, title } = measuredFile('azure_2023_conv.csv');
const HORIZON_NS = 3600 * NS_PER_S;

function bytes(): Uint8Array {
  return file === undefined ? new Uint8Array() : readFileSync(file);
}

test.skipIf(file === undefined)(title('the Azure conversation trace has the published totals'), () => {
  const summary = scanTrace(bytesOf(bytes()));
  const arrivals = pullAll(
    azureTrace.create({ rateScale: 1 }, contextOf({ horizonNs: HORIZON_NS, trace: bytesOf(bytes()) })),
  );

  expect(summary.problemCount).toBe(0);
  expect(summary.rows).toBe(19_366);
  expect(summary.meanPromptTokens).toBeCloseTo(1154.7, 1);
  expect(summary.meanOutputTokens).toBeCloseTo(211.1, 1);
  expect(azureTrace.demand({ rateScale: 1 }, summary).requestsPerS).toBeCloseTo(5.53, 3);
  expect(arrivals.length).toBe(19_366);
  expect(arrivals.at(-1)?.arrivalNs).toBe(3_501_721_937_000);
  expect(
    quantileOf(
      arrivals.map(({ promptTokens }) => promptTokens),
      0.5,
    ),
  ).toBe(1020);
  expect(
    quantileOf(
      arrivals.map(({ outputTokens }) => outputTokens),
      0.5,
    ),
  ).toBe(129);
});

test.skipIf(file === undefined)(title('its original form gives the same arrivals to the microsecond'), () => {
  const secondsForm = new TextDecoder().decode(bytes());
  const create = (text: string) =>
    pullAll(azureTrace.create({ rateScale: 1 }, contextOf({ horizonNs: HORIZON_NS, trace: bytesOf(text, 4096) })));
  const fromSeconds = create(secondsForm);
  const fromOriginal = create(originalForm(secondsForm));

  expect(fromOriginal.length).toBe(fromSeconds.length);
  fromOriginal.forEach((arrival, i) => {
    const twin = fromSeconds[i]!;
    const same = Math.abs(arrival.arrivalNs - twin.arrivalNs) < 1000;
    if (!same) expect.fail(`request ${i}: ${arrival.arrivalNs} ns against ${twin.arrivalNs} ns`);
    expect({ ...arrival, arrivalNs: 0 }).toEqual({ ...twin, arrivalNs: 0 });
  });
});

/** As published: dates, and a seventh decimal, which the seconds form has rounded away. */
function originalForm(secondsForm: string): string {
  const startMs = Date.UTC(2023, 10, 16, 18, 15, 46);
  const [, ...rows] = secondsForm.trimEnd().split('\n');
  const converted = rows.map((row, i) => {
    const [time = '', prompt, output] = row.split(',');
    const ticks = 6_805_900 + Math.round(Number(time) * 10_000_000) + (i === 0 ? 0 : (i % 9) - 4);
    const second = new Date(startMs + Math.floor(ticks / 10_000_000) * 1000)
      .toISOString()
      .slice(0, 19)
      .replace('T', ' ');
    return `${second}.${String(ticks % 10_000_000).padStart(7, '0')},${prompt},${output}`;
  });
  return ['TIMESTAMP,ContextTokens,GeneratedTokens', ...converted].join('\n');
}
