import type { FigureDifference } from '../results/comparison.ts';
import type { SummaryEntry, Unit } from '../results/summary.ts';

type Named = Pick<SummaryEntry, 'scope' | 'scopeName' | 'metric' | 'statistic'>;

const NAMES: Readonly<Record<string, string>> = {
  ttft: 'TTFT',
  tpot: 'TPOT',
  e2e: 'E2E',
  queue: 'queueing time',
  output_tokens: 'output tokens',
  prompt_tokens: 'input tokens',
  cached_tokens: 'cached input',
  blended_cost: 'cost per token',
  slo_attainment: 'attainment',
};
/** Said by the name already. */
const SILENT: readonly string[] = ['rate', 'share', 'fully_loaded'];

/** As a sentence has it: `TTFT p99`, `cost per token`, `attainment of interactive`. */
export function metricName({ scope, scopeName, metric, statistic }: Named): string {
  const name = NAMES[metric] ?? metric.replaceAll('_', ' ');
  const of = scope === 'fleet' ? '' : ` of ${scopeName}`;
  return `${name}${SILENT.includes(statistic) ? '' : ` ${statistic.replaceAll('_', ' ')}`}${of}`;
}

const UNITS: Readonly<Record<Unit, string>> = {
  ms: ', ms',
  s: ', s',
  h: ', h',
  '1/s': ', 1/s',
  '1': '',
  B: ', B',
  W: ', W',
  J: ', J',
  Wh: ', Wh',
  kWh: ', kWh',
  g: ', g',
  Mtok: ', million tokens',
  'tok/USD/W': '',
  USD: ', USD',
  'USD/Mtok': ', USD/Mtok',
};

/** As a row of a table has it, with its unit. */
export function metricLabel(figure: Named & Pick<FigureDifference, 'unit'>): string {
  return metricName(figure) + (UNITS[figure.unit] ?? `, ${figure.unit}`);
}
