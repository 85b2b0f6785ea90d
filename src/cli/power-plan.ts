import { catalogue } from '../catalogue.ts';
import { figure, percent } from '../report/figures.ts';
import { alignedRows, shortened, wrapped } from '../report/table.ts';
import { TERMINAL_COLUMNS } from '../report/terminal.ts';
import { type DrawnPool, excursionShare, planServers, type PlannedServers } from '../results/oversubscription.ts';
import type { RunPlan } from '../sim/plan.ts';
import type { PowerDomainPlan } from '../sim/power-control-plan.ts';
import { itPart } from '../sim/power-domains.ts';
import { Streams } from '../sim/streams.ts';
import { drawsOfRun, type InstanceDraws } from '../workers/power-draws.ts';
import { parsePowerArguments } from './arguments.ts';
import { EXIT_OK, InputError } from './failure.ts';
import { readPlans } from './read-plans.ts';

interface PlannedDomain extends PlannedServers {
  readonly name: string;
  readonly budgetWatts: number;
  /** What the run itself did, with as many servers as the scenario has. */
  readonly simulatedShare: number;
}

/** `tokenfleet power plan`: how many servers may stand behind each budget of a scenario. */
export function powerPlan(given: unknown): number {
  const { scenario, seed, chance, json } = parsePowerArguments(given);
  const { runs, scenario: name, warnings } = readPlans({ scenario, seed });
  for (const warning of warnings) console.error(`warning: ${warning}`);
  const plans = runs.map(({ plan }) => plan);
  const domains = plans[0]!.power?.domains ?? [];
  if (domains.length === 0) throw new InputError(`${scenario} has no power budget — write power: with a domain`);
  const draws = plans.map((plan) => drawsOfRun(plan, catalogue));
  const planned = domains.map((domain) => plannedDomain(domain, plans, draws, chance));
  process.stdout.write(json ? `${JSON.stringify(document(name, chance, planned), null, 2)}\n` : text(planned, chance));
  return EXIT_OK;
}

/** Seeds are put one after the other: a server is as good as the same one of another seed at its moment. */
function plannedDomain(
  domain: PowerDomainPlan,
  plans: readonly RunPlan[],
  draws: readonly InstanceDraws[],
  chance: number,
): PlannedDomain {
  const { name, instances, counts, budget } = domain;
  const plan = plans[0]!;
  const columns = draws.map((run) => (counts === 'accelerators' ? run.accelerators : run.it));
  const poolOf = plan.pools.flatMap((pool) => Array.from({ length: pool.instances }, () => pool));
  const inDomain = [...new Set(instances.map((instance) => poolOf[instance]!))];
  const pools = inDomain.map((pool): DrawnPool => {
    const own = instances.filter((instance) => poolOf[instance] === pool);
    return {
      draws: own.map((instance) => joined(columns.map((run) => run[instance]!))),
      ratedWatts: pool.acceleratorsPerInstance * pool.power.ratedWatts,
    };
  });
  const { pue } = inDomain[0]!.power;
  const budgetWatts = Math.min(...budget.map(({ watts }) => watts));
  const { brake, telemetryIntervalNs } = plan.power!;
  const limits = {
    budgetWatts: (ratedWatts: number) => itPart(counts, budgetWatts, pue, ratedWatts),
    delayMoments: Math.ceil((brake?.delayNs ?? 0) / telemetryIntervalNs),
    chance,
  };
  const planned = planServers(pools, limits, new Streams(plan.seed).stream(`oversubscription ${name}`));
  return { name, budgetWatts, ...planned, simulatedShare: simulatedShare(pools, limits) };
}

function simulatedShare(pools: readonly DrawnPool[], limits: Parameters<typeof planServers>[1]): number {
  const servers = pools.flatMap(({ draws }) => draws);
  const sum = servers[0]!.map((_, moment) => servers.reduce((watts, draws) => watts + draws[moment]!, 0));
  const rated = pools.reduce((watts, { draws, ratedWatts }) => watts + draws.length * ratedWatts, 0);
  return excursionShare(sum, limits.budgetWatts(rated), limits.delayMoments);
}

function joined(columns: readonly Float64Array[]): Float64Array {
  return Float64Array.from(columns.flatMap((column) => [...column]));
}

function text(domains: readonly PlannedDomain[], chance: number): string {
  const rows = domains.map(({ name, budgetWatts, planned, next, drawn, simulatedShare: simulated }) => [
    shortened(name),
    figure(budgetWatts / 1_000),
    ...[planned, next, drawn].flatMap(({ servers, share }) => [figure(servers, 0), percent(share)]),
    percent(simulated),
  ]);
  const head = ['', 'budget, kW', 'planned', 'over', 'one more', 'over', 'scenario', 'over', 'simulated'];
  const note = `planned: the most instances of which the draw is over the budget, for longer than the brake waits, at no more than ${percent(chance)} of all moments. over: the share of moments, by fleets put together from the instances of the scenario with its load per instance and nothing slowed; simulated: what those of the scenario did.`;
  return `${['Instances behind each budget', ...alignedRows([head, ...rows]), ...wrapped(`  ${note}`, TERMINAL_COLUMNS, 2)].join('\n')}\n`;
}

function document(scenario: string, chance: number, domains: readonly PlannedDomain[]) {
  return {
    scenario,
    chance,
    domains: domains.map(({ name, budgetWatts, planned, next, drawn, simulatedShare: simulated }) => ({
      name,
      budget_watts: budgetWatts,
      planned_instances: planned.servers,
      planned_over_share: planned.share,
      next_instances: next.servers,
      next_over_share: next.share,
      scenario_instances: drawn.servers,
      scenario_over_share: drawn.share,
      simulated_over_share: simulated,
    })),
  };
}
