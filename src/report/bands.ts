import { FLEET, NO_BAND } from '../results/summary.ts';
import type { Metric, RunSummary, SummaryEntry } from '../results/summary.ts';
import { figure } from './figures.ts';

/** `±8 %`; as a factor where the band is wider than the figure itself; or why there is none. */
export function bandText(entry: Pick<SummaryEntry, 'band'> | undefined): string {
  if (entry?.band === undefined) return NO_BAND;
  const { halfWidth, basis } = entry.band;
  if (halfWidth === undefined) return basis;
  if (halfWidth > 1) return `×÷ ${figure(1 + halfWidth, 1)}`;
  return `±${figure(100 * halfWidth, 0)} %`;
}

const NAMED: readonly (readonly [metric: Metric, name: string])[] = [
  ['ttft', 'TTFT'],
  ['tpot', 'TPOT'],
  ['e2e', 'E2E'],
  ['output_tokens', 'throughput'],
  ['blended_cost', 'cost'],
];

/** What the bands of the fleet rest on: `TTFT, TPOT: measured on h100-sxm; E2E: announced numbers`. */
export function bandBases(summary: RunSummary): string | undefined {
  const named = new Map<string, Set<string>>();
  for (const [metric, name] of NAMED) {
    for (const { scope, scopeName, metric: found, band } of summary) {
      if (scope !== 'fleet' || scopeName !== FLEET || found !== metric || band?.halfWidth === undefined) continue;
      named.set(band.basis, (named.get(band.basis) ?? new Set()).add(name));
    }
  }
  const texts = [...named].map(([basis, names]) => `${[...names].join(', ')}: ${basis}`);
  return texts.length === 0 ? undefined : texts.join('; ');
}
