// docs/validation.md shows what `tokenfleet validate` prints: run it, write the tables between the markers and draw the
// plots. `npm run validate-docs`; needs a build. With `-- --leave-out` the errors of what no coefficient was fitted to are found
// again as well, which takes a quarter of an hour.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { residualPlot, scatterPlot } from './scatter-plot.mjs';

const PAGE = 'docs/validation.md';
const PLOTS = 'docs/validation';
/** Suite and metric of each plot. */
const PLOTTED = [
  ['vllm-h100-stages', 'e2e_mean_ms'],
  ['vllm-h100-stages', 'ttft_mean_ms'],
  ['vllm-h100-stages', 'tpot_mean_ms'],
  ['inferencex', 'tpot_mean_ms'],
  ['inferencex', 'ttft_mean_ms'],
  ['inferencex-disaggregated', 'tpot_mean_ms'],
  ['throughput-references', 'output_tokens_per_s'],
  ['ml-energy', 'watts_per_accelerator'],
  ['ml-energy', 'joules_per_output_token'],
];
/** Suites that are broken down by one or two tags. */
const BROKEN_DOWN = [
  ['inferencex', ['system', 'engine']],
  ['inferencex', ['family']],
  ['inferencex-disaggregated', ['system', 'engine']],
  ['throughput-references', ['system']],
  ['throughput-references', ['family']],
  ['ml-energy', ['system', 'precision']],
  ['ml-energy', ['family']],
];

/** What this version set out to reach: suite, metric, statistic of the APE, at most so many %. */
const AIMS = [
  ['vllm-h100-runs', 'e2e_mean_ms', 'mean', 5],
  ['vllm-h100-runs', 'ttft_mean_ms', 'mean', 10],
  ['vllm-h100-runs', 'tpot_mean_ms', 'mean', 5],
  ['vllm-h100-overload', 'output_tokens_per_s', 'mean', 8],
  ['vllm-h100-load-sweep', 'requests_per_s', 'mean', 8],
  ['inferencex', 'tpot_mean_ms', 'median', 8],
  ['inferencex', 'tpot_mean_ms', 'p90', 22],
  ['inferencex', 'ttft_mean_ms', 'median', 20],
  ['inferencex-disaggregated', 'tpot_mean_ms', 'median', 20],
  ['throughput-references', 'output_tokens_per_s', 'median', 13],
  ['throughput-references', 'output_tokens_per_s', 'p90', 45],
  ['ml-energy', 'watts_per_accelerator', 'median', 6],
  ['ml-energy', 'watts_per_accelerator', 'p90', 15],
  ['ml-energy', 'joules_per_output_token', 'median', 12],
];

const { aggregate, cases } = validated();
const errors = cases.flatMap(({ suite, case: id, tags, metrics }) =>
  metrics.map((metric) => ({ suite, id, tags: tags ?? {}, ...metric })),
);

const blocks = {
  aims: table(
    ['suite', 'metric', 'APE', 'aim %', 'here %', 'reached'],
    AIMS.map(([suite, metric, statistic, aim]) => {
      const row = aggregate.find((found) => found.suite === suite && found.metric === metric);
      const here = row[`${statistic}_ape_pct`];
      return [suite, metric, statistic, aim, oneDecimal(here), here <= aim ? 'yes' : 'no'];
    }),
  ),
  aggregate: table(
    ['suite', 'metric', 'cases', 'mean %', 'median %', 'p90 %', 'bias %'],
    aggregate.map((row) => {
      const alike = errors.filter(({ suite, metric }) => suite === row.suite && metric === row.metric);
      return [
        row.suite,
        row.metric,
        row.cases,
        ...[row.mean_ape_pct, row.median_ape_pct, row.p90_ape_pct].map(oneDecimal),
        signed(mean(alike.map(({ error_pct }) => error_pct))),
      ];
    }),
  ),
  breakdown: BROKEN_DOWN.map(([suite, tags]) => breakdown(suite, tags)).join('\n\n'),
  'left-out': table(['suite', 'cases', 'why'], leftOut()),
  plots: drawPlots(),
  residuals: drawResiduals(),
  ...(process.argv.includes('--leave-out') && { 'left-out-of-fit': leftOutOfFit() }),
};

let page = readFileSync(PAGE, 'utf8');
for (const [name, text] of Object.entries(blocks)) {
  const block = new RegExp(`(<!-- generated:${name} -->)[^]*?(<!-- /generated -->)`);
  page = page.replace(block, (_, open, close) => `${open}\n\n${text}\n\n${close}`);
}
writeFileSync(PAGE, await format(page, { parser: 'markdown', singleQuote: true, printWidth: 120 }));

function breakdown(suite, tags) {
  const rows = groups(
    errors.filter((error) => error.suite === suite),
    (error) => [...tags.map((tag) => error.tags[tag]), error.metric].join(' · '),
  ).map(([name, alike]) => {
    const apes = alike.map(({ error_pct }) => Math.abs(error_pct)).sort((a, b) => a - b);
    const bias = signed(mean(alike.map(({ error_pct }) => error_pct)));
    return [name, alike.length, oneDecimal(quantile(apes, 0.5)), oneDecimal(quantile(apes, 0.9)), bias];
  });
  rows.sort(([one], [other]) => (one < other ? -1 : 1));
  return table([`${suite}, by ${tags.join(' and ')}`, 'cases', 'median %', 'p90 %', 'bias %'], rows);
}

function leftOut() {
  const those = cases.filter(({ status }) => status === 'excluded' || status === 'skipped');
  return groups(those, ({ suite, reason }) => `${suite} ${reason}`).map(([, alike]) => {
    const { suite, status, reason } = alike[0];
    return [suite, alike.length, `${status}: ${reason}`];
  });
}

function drawPlots() {
  mkdirSync(PLOTS, { recursive: true });
  return PLOTTED.map(([suite, metric]) => {
    const points = errors.filter((error) => error.suite === suite && error.metric === metric);
    const file = `${suite}-${metric}.svg`;
    writeFileSync(`${PLOTS}/${file}`, scatterPlot(`${suite}: ${metric}`, points));
    return `![${suite}: ${metric}, simulated over measured](validation/${file})`;
  }).join('\n');
}

/** Of the aims that are missed. */
function drawResiduals() {
  const missed = AIMS.filter(([suite, metric, statistic, aim]) => {
    const row = aggregate.find((found) => found.suite === suite && found.metric === metric);
    return row[`${statistic}_ape_pct`] > aim;
  });
  const plots = new Map(missed.map(([suite, metric]) => [`residual-${suite}-${metric}.svg`, [suite, metric]]));
  for (const file of readdirSync(PLOTS)) {
    if (file.startsWith('residual-') && !plots.has(file)) rmSync(`${PLOTS}/${file}`);
  }
  const drawn = [...plots].map(([file, [suite, metric]]) => {
    const points = errors.filter((error) => error.suite === suite && error.metric === metric);
    writeFileSync(`${PLOTS}/${file}`, residualPlot(`${suite}: ${metric}`, points));
    return `![${suite}: ${metric}, error over measured](validation/${file})`;
  });
  return drawn.length === 0 ? 'All aims are reached.' : drawn.join('\n');
}

/** What `validate --leave-out` prints, a line for each figure. */
function leftOutOfFit() {
  const found = validated('--leave-out', 'family,system');
  const of = (coefficients, { suite, metric }) => {
    const row = found.aggregate.find(
      (each) => each.coefficients === coefficients && each.suite === suite && each.metric === metric,
    );
    if (row === undefined) return '–';
    return [row.mean_ape_pct, row.median_ape_pct, row.p90_ape_pct].map(oneDecimal).join(', ');
  };
  const columns = ['profiles', 'refitted', 'without family', 'without system'];
  const rows = found.aggregate
    .filter(({ coefficients }) => coefficients === 'profiles')
    .map((row) => [row.suite, row.metric, row.cases, ...columns.map((column) => of(column, row))]);
  const head = ['suite', 'metric', 'cases', 'as it is', 'refitted to all', 'family left out', 'system left out'];
  return table(head, rows);
}

function validated(...words) {
  const printed = execFileSync('node', ['bin/tokenfleet.js', 'validate', '--json', ...words], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return JSON.parse(printed);
}

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function groups(items, key) {
  const found = new Map();
  for (const item of items) found.set(key(item), [...(found.get(key(item)) ?? []), item]);
  return [...found];
}

function mean(sample) {
  return sample.reduce((sum, value) => sum + value, 0) / sample.length;
}

function quantile(sorted, share) {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  return sorted[below] + (at - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
}

function oneDecimal(value) {
  return value.toFixed(1);
}

function signed(value) {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;
}
