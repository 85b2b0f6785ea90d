import { HOURS_PER_MONTH } from '../economics/bills.ts';
import { ownedUsdPerHour } from '../economics/ownership.ts';
import { figure, given } from '../report/figures.ts';
import { alignedRows, wrapped } from '../report/table.ts';
import { TERMINAL_COLUMNS } from '../report/terminal.ts';
import type { PoolPlan, RunPlan } from '../sim/plan.ts';
import { NS_PER_S } from '../sim/units.ts';
import { parseCheckArguments } from './arguments.ts';
import { checkVariants } from './check-variants.ts';
import type { CheckedVariants } from './check-variants.ts';
import { EXIT_OK } from './failure.ts';
import { readPlans } from './read-plans.ts';
import type { Plans } from './read-plans.ts';

/** `tokenfleet check`: what a scenario and its variants come to, before anything is simulated. */
export function check(given: unknown): number {
  const options = parseCheckArguments(given);
  const plans = readPlans(options);
  const variants = checkVariants(options, plans);
  for (const warning of [...plans.warnings, ...variants.warnings]) console.error(`warning: ${warning}`);
  process.stdout.write(`${planReport(plans, variants)}\n`);
  return EXIT_OK;
}

function planReport({ scenario, runs, offeredLoads }: Plans, { policies, points }: CheckedVariants): string {
  const { plan } = runs[0]!;
  const seeds = runs.map((run) => run.plan.seed).join(', ');
  const sections = [
    [
      ...wrapped(`${scenario}: valid. Seeds ${seeds}.`, TERMINAL_COLUMNS, 2),
      `Arrivals for ${seconds(plan.horizonNs)}, of which the first ${seconds(plan.warmUpNs)} are warm-up.`,
    ],
    ['Pools', ...poolRows(plan)],
    ['Workloads', ...workloadRows(plan)],
    ['Offered load, as estimated from means', ...loadRows(offeredLoads)],
    ...(policies.length === 0
      ? []
      : [['Policies, all valid', ...wrapped(`  ${policies.join(', ')}`, TERMINAL_COLUMNS, 2)]]),
    ...(points === 0
      ? []
      : [['Sweep', `  ${figure(points, 0)} points, all valid: ${figure(points * runs.length, 0)} runs`]]),
  ];
  return sections.map((lines) => lines.join('\n')).join('\n\n');
}

function seconds(ns: number): string {
  return `${given(ns / NS_PER_S)} s`;
}

function poolRows(plan: RunPlan): string[] {
  const head = ['', '', '', 'instances', 'KV tokens', 'longest request', 'USD/h', 'grade'];
  return [
    ...alignedRows([head, ...plan.pools.map((pool, index) => poolRow(pool, index, plan))], 3),
    '  instances: × accelerators of each. KV tokens: of one instance. longest request: prompt + output.',
    `  USD/h: ${paidFor(plan)}.`,
  ];
}

function poolRow(pool: PoolPlan, index: number, plan: RunPlan): string[] {
  const { engine, instances, acceleratorsPerInstance } = pool;
  return [
    pool.name,
    plan.models[pool.model]!,
    pool.accelerator,
    `${figure(instances, 0)} × ${acceleratorsPerInstance}`,
    figure(engine.kvBlocks * engine.blockTokens, 0),
    figure(engine.maxModelTokens, 0),
    figure(usdPerHour(pool, index, plan), 2),
    pool.grade,
  ];
}

/** Of all accelerators of a pool: their rent, or what is known of owning them before anything draws power. */
function usdPerHour(pool: PoolPlan, index: number, { money }: RunPlan): number {
  const accelerators = pool.instances * pool.acceleratorsPerInstance;
  const procurement = money?.pools[index]?.procurement;
  if (money === undefined || procurement?.kind !== 'own') return accelerators * pool.rentUsdPerAcceleratorHour;
  const { it, building, maintenance, staff } = ownedUsdPerHour(procurement, money.costBasis);
  return accelerators * (it + building + maintenance + staff) + procurement.fixedUsdPerMonth / HOURS_PER_MONTH;
}

function paidFor({ money }: RunPlan): string {
  const isOwned = money?.pools.some(({ procurement }) => procurement.kind === 'own') === true;
  const rent = 'rent of all accelerators of the pool';
  return isOwned ? `${rent}, or owning them (${money.costBasis} basis, no electricity)` : rent;
}

function workloadRows(plan: RunPlan): string[] {
  const asking = plan.workloads.map(({ name, kind, model, file }) => [
    name,
    kind,
    plan.models[model]!,
    file?.path ?? '',
  ]);
  const lent = plan.pools.flatMap(({ name, scaling }) =>
    scaling?.background === undefined ? [] : [[scaling.background.name, 'background', `on what ${name} releases`, '']],
  );
  const rows = [...asking, ...lent];
  return alignedRows(rows, 4);
}

/** One line a pool, and what the columns mean. */
export function loadRows(loads: Plans['offeredLoads']): string[] {
  const rows = loads.map(({ pool, model, requestsPerS, capacityRequestsPerS, load }) => [
    pool,
    model,
    figure(requestsPerS),
    figure(capacityRequestsPerS),
    figure(load, 2),
  ]);
  return [
    ...alignedRows([['', '', 'asked', 'capacity', 'ρ'], ...rows], 2),
    '  asked: requests/s of the model. capacity: of the pool. ρ: asked / capacity of all its pools.',
  ];
}
