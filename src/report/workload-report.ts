import type { Histogram } from '../results/histogram.ts';
import {
  CACHE_SIZES_TOKENS,
  IDLE_S,
  type ReuseFigures,
  type SessionFigures,
  type WorkloadFigures,
} from '../results/workload-statistics.ts';
import { NS_PER_S } from '../sim/units.ts';
import { figure, percent } from './figures.ts';
import { sparkline } from './sparkline.ts';
import { alignedRows } from './table.ts';

const QUANTILES: readonly (readonly [name: string, probability: number])[] = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p99', 0.99],
];

/** What a workload asks for, for a person: plain text of at most 100 columns. */
export function workloadReport(name: string, figures: WorkloadFigures): string {
  const { requests, spanNs, promptTokens, outputTokens } = figures;
  if (requests === 0) return `${name}\n  no requests`;
  const spanS = spanNs / NS_PER_S;
  const perS = (tokens: Histogram) => figure((requests * tokens.mean!) / spanS);
  return [
    name,
    ...alignedRows([
      ['requests', figure(requests, 0)],
      ['requests per s', figure(requests / spanS)],
      ['prompt tokens per s', perS(promptTokens)],
      ['output tokens per s', perS(outputTokens)],
      ['of these, hidden reasoning', percent(figures.reasoningShare)],
      [`busiest ${figures.peakOf} / mean`, figure(figures.peakToMean, 2)],
      ['CV of gaps (Poisson: 1)', Number.isFinite(figures.cvOfGaps) ? figure(figures.cvOfGaps, 2) : '–'],
    ]),
    `  rate over time, up to ${figure((Math.max(...figures.parts) * figures.parts.length) / spanS)} per s:`,
    `  ${sparkline(figures.parts)}`,
    ...lengthLines(figures),
    ...shapeLines(figures),
    ...(figures.sessions === undefined ? [] : contextLines(figures.sessions)),
    ...(figures.reuse === undefined ? ['  Prompts share nothing.'] : reuseLines(figures.reuse, requests)),
  ].join('\n');
}

function lengthLines({ promptTokens, outputTokens, sessions }: WorkloadFigures): string[] {
  const row = (name: string, values: Histogram) => [
    name,
    figure(values.mean ?? 0),
    ...QUANTILES.map(([, probability]) => figure(values.quantile(probability) ?? 0, 0)),
    figure(values.max ?? 0, 0),
  ];
  return alignedRows([
    ['', 'mean', ...QUANTILES.map(([name]) => name), 'max'],
    row('prompt tokens', promptTokens),
    row('output tokens', outputTokens),
    ...(sessions === undefined
      ? []
      : [row('requests of a session', sessions.turns), row('tokens of a session, in all', sessions.tokens)]),
  ]);
}

/** One picture for both, on the same axis: every bar stands for √2 times the tokens of the one before. */
function shapeLines({ promptTokens, outputTokens }: WorkloadFigures): string[] {
  const shapes = [promptTokens.halfOctaves(), outputTokens.halfOctaves()];
  const starts = shapes.flat().map(({ from }) => from);
  const first = Math.min(...starts);
  const bars = Math.round(2 * Math.log2(Math.max(...starts) / first)) + 1;
  const picture = (shape: (typeof shapes)[number]) => {
    const counts = Array.from({ length: bars }, () => 0);
    for (const { from, count } of shape) counts[Math.round(2 * Math.log2(from / first))] = count;
    return sparkline(counts);
  };
  return [
    `  how many requests, by tokens from ${figure(first, 0)} on, every bar 1.41 times as many:`,
    ...alignedRows(
      [
        ['prompt', picture(shapes[0]!)],
        ['output', picture(shapes[1]!)],
      ],
      2,
    ),
  ];
}

function contextLines({ count, context }: SessionFigures): string[] {
  return [
    `  ${figure(count, 0)} ${count === 1 ? 'session' : 'sessions'}. Prompts grow in them:`,
    ...alignedRows([
      ['request', ...context.map(({ turn }) => figure(turn, 0))],
      ['mean prompt tokens', ...context.map(({ meanPromptTokens }) => figure(meanPromptTokens, 0))],
      ['sessions that reach it', ...context.map(({ sessions }) => figure(sessions, 0))],
    ]),
  ];
}

function reuseLines({ blockTokens, unlimited, bySize, byIdle, requests }: ReuseFigures, all: number): string[] {
  const counted = requests === all ? '' : `, of the first ${figure(requests, 0)} requests`;
  return [
    `  Prompt tokens that one prefix cache finds (blocks of ${blockTokens}${counted}):`,
    ...alignedRows([
      ['size, tokens', ...CACHE_SIZES_TOKENS.map(amount), 'unlimited'],
      ['found', ...[...bySize, unlimited].map((share) => percent(share))],
    ]),
    ...alignedRows([
      ['forgotten after idle, s', ...IDLE_S.map((idleS) => figure(idleS, 0)), 'never'],
      ['found', ...[...byIdle, unlimited].map((share) => percent(share))],
    ]),
  ];
}

function amount(tokens: number): string {
  return tokens >= 1e6 ? `${tokens / 1e6} M` : `${tokens / 1e3} k`;
}
