import { workloadJson, type DescribedWorkloads } from '../report/workload-json.ts';
import { workloadReport } from '../report/workload-report.ts';
import { wrapped } from '../report/table.ts';
import { TERMINAL_COLUMNS } from '../report/terminal.ts';
import { WorkloadStatistics } from '../results/workload-statistics.ts';
import { NS_PER_S } from '../sim/units.ts';
import { parseWorkloadArguments } from './arguments.ts';
import { loadRows } from './check.ts';
import { kvRows } from './kv-rows.ts';
import { EXIT_OK, UsageError } from './failure.ts';
import { version } from './version.ts';
import { ANSWERS, requestSource, type RequestSource } from './workload-requests.ts';
import { sampleTo } from './workload-sample.ts';

/** A few requests are enough to choose the blocks of the prefix cache by. */
const FIRST_REQUESTS = 1_000;

/** `tokenfleet workload describe | sample`: what a scenario or a trace asks for, without simulating it. */
export function workload(given: unknown): number {
  const { action, file, out, json, ...options } = parseWorkloadArguments(given);
  if (action === 'sample' && out === undefined) throw new UsageError('Name the file to write: --out requests.csv');
  if (action === 'describe' && out !== undefined) throw new UsageError('--out is an option of `workload sample`.');
  if (action === 'sample' && json) throw new UsageError('--json is an option of `workload describe`.');
  const source = requestSource({ file, ...options });
  for (const note of source.notes) console.error(`warning: ${note}`);
  if (out === undefined) {
    const described = descriptionOf(source);
    process.stdout.write(
      json ? `${JSON.stringify(workloadJson(described), null, 2)}\n` : `${text(described, source)}\n`,
    );
  } else {
    const requests = sampleTo(out, source);
    process.stdout.write(`${requests.toLocaleString('en-US')} requests: ${out}\n`);
  }
  return EXIT_OK;
}

function descriptionOf(source: RequestSource): DescribedWorkloads {
  const { title, names, horizonNs, seed, notes, plans } = source;
  const means = meanPrompts(source);
  const all = new WorkloadStatistics(horizonNs, Math.max(...means));
  const each = names.length === 1 ? [all] : names.map((_, k) => new WorkloadStatistics(horizonNs, means[k]!));
  source.each((request) => {
    if (names.length > 1) all.add(request);
    each[request.workload]!.add(request);
  });
  return {
    tokenfleetVersion: version(),
    title,
    seed,
    notes,
    workloads: each.map((statistics, k) => ({ name: names[k]!, figures: statistics.figures() })),
    all: all.figures(),
    offeredLoads: plans?.offeredLoads ?? [],
  };
}

function text({ title, seed, workloads, all }: DescribedWorkloads, { horizonNs, plans }: RequestSource): string {
  const seconds = (horizonNs / NS_PER_S).toLocaleString('en-US', { maximumFractionDigits: 0 });
  const sections = [
    [...wrapped(`${title}, seed ${seed}: what is asked for in ${seconds} s.`, TERMINAL_COLUMNS, 2), ANSWERS].join('\n'),
    ...workloads.map(({ name, figures }) => workloadReport(name, figures)),
    ...(workloads.length > 1 ? [workloadReport('all workloads', all)] : []),
    ...(plans === undefined
      ? []
      : [
          ['Offered load, as estimated from means', ...loadRows(plans.offeredLoads)].join('\n'),
          ...(all.reuse === undefined ? [] : [kvRows(plans.runs[0]!.plan.pools).join('\n')]),
        ]),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

/** Of the first requests of each workload, about. */
function meanPrompts(source: RequestSource): number[] {
  const sums = source.names.map(() => ({ tokens: 0, requests: 0 }));
  const enough = new Error('enough');
  try {
    source.each(({ workload: index, promptTokens }) => {
      sums[index]!.tokens += promptTokens;
      sums[index]!.requests++;
      if (sums.every(({ requests }) => requests >= FIRST_REQUESTS)) throw enough;
    });
  } catch (error) {
    if (error !== enough) throw error;
  }
  return sums.map(({ tokens, requests }) => tokens / Math.max(requests, 1));
}
