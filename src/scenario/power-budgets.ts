import { z } from 'zod';
import type { SeriesPlan } from '../sim/money-plan.ts';
import type { PoolPlan, RegionPlan } from '../sim/plan.ts';
import type { BudgetStep, PowerDomainPlan } from '../sim/power-control-plan.ts';
import { itPart } from '../sim/power-domains.ts';
import { NS_PER_S } from '../sim/units.ts';
import { unknownName } from './did-you-mean.ts';
import { finding } from './draft.ts';
import { duration } from './duration.ts';
import type { Finding } from './explain.ts';
import { known, size } from './fields.ts';
import type { Path } from './problem.ts';

const LEVELS = ['accelerator', 'node', 'rack', 'site'] as const;
const COUNTS = ['accelerators', 'it', 'facility'] as const;
const MOST_SHARE = 10;
const WATTS = { W: 1, kW: 1e3, MW: 1e6 } as const;

const budget = (unit: string) => z.number().positive().optional().describe(`budget of each such domain, ${unit}`);

export const domainSchema = z.strictObject({
  level: known('level', LEVELS, 'what has the budget: each accelerator, node or rack, or the site of a region'),
  region: z.string().optional().describe('the region it is in (default: every region, each with this budget)'),
  accelerators: size('accelerators of a node (default: 8) or of a rack (default: 32)').optional(),
  counts: z
    .enum(COUNTS, { error: ({ input }) => unknownName('way to count', input, COUNTS) })
    .optional()
    .describe(
      'what the budget is of: `accelerators` alone (default of an accelerator), `it` with servers and network (default), `facility` with cooling and conversion, too',
    ),
  W: budget('W'),
  kW: budget('kW'),
  MW: budget('MW'),
  file: z
    .string()
    .min(1)
    .optional()
    .describe(
      'instead of W, kW or MW: a CSV file, relative to the scenario: a column of times and one of watts, kw or mw',
    ),
  windows: z
    .array(
      z.strictObject({
        from: duration('from when on the budget is another, since the start'),
        to: duration('until when'),
        share: z
          .number()
          .positive()
          .max(MOST_SHARE, {
            error: ({ input }) => `must be at most ${MOST_SHARE}, found ${String(input)} — write 0.75 for 75 %`,
          })
          .describe('of the budget, such as 0.75 for a cut of 25 %'),
      }),
    )
    .default([])
    .describe('when the budget is another one: demand response, the shape of solar power'),
});

export type ControlledPool = Pick<PoolPlan, 'name' | 'region' | 'instances' | 'acceleratorsPerInstance' | 'power'>;
export type DomainInput = z.output<typeof domainSchema>;

export function domainFindings(domain: DomainInput, path: Path, regions: readonly RegionPlan[]): Finding[] {
  const findings: Finding[] = [];
  const names = regions.map(({ name }) => name);
  if (domain.region !== undefined && !names.includes(domain.region)) {
    findings.push(finding([...path, 'region'], unknownName('region', domain.region, names)));
  }
  const given = (['W', 'kW', 'MW'] as const).filter((unit) => domain[unit] !== undefined);
  if (given.length === 0 && domain.file === undefined) {
    findings.push(finding(path, 'has no budget — write one of W, kW, MW or file'));
  }
  if (given.length > 0 && domain.file !== undefined) {
    findings.push(finding([...path, 'file'], `the budget is given twice, by ${given[0]!} and file — keep one`));
  }
  if (domain.windows.length > 0 && domain.file !== undefined) {
    findings.push(finding([...path, 'windows'], 'windows are parts of a constant budget — write them into the file'));
  }
  if (given.length > 1) {
    findings.push(finding([...path, given[1]!], `the budget is given twice, by ${given.join(' and ')} — keep one`));
  }
  domain.windows.forEach(({ from, to }, index) => {
    const at = [...path, 'windows', index];
    if (to <= from)
      findings.push(finding([...at, 'to'], 'the window ends before it begins — write the earlier one first'));
    const before = domain.windows.findIndex((other, k) => k < index && from < other.to && other.from < to);
    if (before >= 0) {
      findings.push(
        finding(
          [...at, 'from'],
          `the windows ${before + 1} and ${index + 1} overlap — a budget has one value at a time`,
        ),
      );
    }
  });
  return findings;
}

/** Each accelerator, node, rack or site of the regions that are meant. @param recorded its budget, if that comes from a file */
export function domainPlans(
  domain: DomainInput,
  recorded: SeriesPlan | undefined,
  regions: readonly RegionPlan[],
  pools: readonly ControlledPool[],
): PowerDomainPlan[] {
  const { level, counts = level === 'accelerator' ? 'accelerators' : 'it' } = domain;
  const watts = (['W', 'kW', 'MW'] as const).reduce((sum, unit) => sum + (domain[unit] ?? 0) * WATTS[unit], 0);
  return regions.flatMap((region, index) => {
    if (domain.region !== undefined && domain.region !== region.name) return [];
    const groups = groupsOf(domain, index, pools);
    return groups.map(({ instances, shares }, k): PowerDomainPlan => ({
      name: level === 'site' ? region.name : `${region.name} ${level} ${k + 1}`,
      instances,
      counts,
      budget: recorded === undefined ? budgetSteps(domain, shares * watts) : recordedSteps(recorded, shares),
    }));
  });
}

interface Group {
  readonly instances: readonly number[];
  /** Of the budget: an instance may fill several nodes. */
  readonly shares: number;
}

function groupsOf({ level, accelerators }: DomainInput, region: number, pools: readonly ControlledPool[]): Group[] {
  let first = 0;
  const members = pools.flatMap((pool) => {
    const firstOfPool = first;
    first += pool.instances;
    if (pool.region !== region) return [];
    return Array.from({ length: pool.instances }, (_, k) => ({
      index: firstOfPool + k,
      accelerators: pool.acceleratorsPerInstance,
    }));
  });
  if (members.length === 0) return [];
  if (level === 'site') return [{ instances: members.map(({ index }) => index), shares: 1 }];
  const most = level === 'accelerator' ? 1 : (accelerators ?? (level === 'node' ? 8 : 32));
  const groups: { instances: number[]; filled: number }[] = [];
  for (const { index, accelerators: needed } of members) {
    const last = groups.at(-1);
    if (last !== undefined && last.filled + needed <= most) {
      last.instances.push(index);
      last.filled += needed;
    } else groups.push({ instances: [index], filled: needed });
  }
  return groups.map(({ instances, filled }) => ({ instances, shares: Math.max(1, filled / most) }));
}

function budgetSteps({ windows }: DomainInput, watts: number): BudgetStep[] {
  const sorted = [...windows].sort((a, b) => a.from - b.from);
  const steps: BudgetStep[] = [{ fromNs: 0, watts }];
  for (const { from, to, share: part } of sorted) {
    // Where one window ends the next may begin.
    if (steps.at(-1)!.fromNs === from) steps.pop();
    steps.push({ fromNs: from, watts: part * watts }, { fromNs: to, watts });
  }
  return steps;
}

function recordedSteps({ atNs, values }: SeriesPlan, shares: number): BudgetStep[] {
  return atNs.map((fromNs, index) => ({ fromNs, watts: shares * values[index]! }));
}

/** A budget that idle accelerators pass cannot be kept by slowing any. */
export function idleFindings(
  plans: readonly PowerDomainPlan[],
  path: Path,
  pools: readonly ControlledPool[],
): Finding[] {
  const poolOf = pools.flatMap((pool) => Array.from({ length: pool.instances }, () => pool));
  for (const { name, instances, counts, budget: steps } of plans) {
    let [idle, rated, accelerators, pue] = [0, 0, 0, 1];
    for (const index of instances) {
      const { power, acceleratorsPerInstance: n } = poolOf[index]!;
      idle += n * (power.idleWatts + (counts === 'accelerators' ? 0 : power.hostIdleWatts + power.networkWatts));
      rated += n * power.ratedWatts;
      accelerators += n;
      pue = power.pue;
    }
    for (const { fromNs, watts } of steps) {
      const it = itPart(counts, watts, pue, rated);
      if (it >= idle) continue;
      const since = fromNs === 0 ? '' : ` from ${fromNs / NS_PER_S} s on`;
      const facility = counts === 'facility' ? `, of which ${kilowatts(Math.max(0, it))} are for IT,` : '';
      const sentence = `${name}: the budget of ${kilowatts(watts)}${facility}${since} is below the ${kilowatts(idle)} that it draws idle, with ${accelerators} accelerators`;
      return [finding(path, `${sentence} — no policy can keep it: raise the budget or take accelerators away`)];
    }
  }
  return [];
}

function kilowatts(watts: number): string {
  return `${(watts / 1e3).toFixed(watts < 1e4 ? 2 : 1)} kW`;
}
