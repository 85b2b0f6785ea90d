import { z } from 'zod';
import type { PowerControlPlan } from '../sim/power-control-plan.ts';
import type { RegionMoneyPlan } from '../sim/money-plan.ts';
import type { RegionPlan } from '../sim/plan.ts';
import { NS_PER_MS, type Ns } from '../sim/units.ts';
import type { Catalogue } from './catalogue-types.ts';
import { unknownName } from './did-you-mean.ts';
import { finding } from './draft.ts';
import type { Finding } from './explain.ts';
import { share } from './fields.ts';
import { oneKind, withKind } from './kind-schema.ts';
import type { MoneySources } from './money.ts';
import {
  type ControlledPool,
  domainFindings,
  type DomainInput,
  domainPlans,
  domainSchema,
  idleFindings,
} from './power-budgets.ts';
import type { Problem } from './problem.ts';
import { fileSeries, type WrongFiles } from './series-files.ts';

const telemetrySchema = z
  .strictObject({
    intervalMs: z.number().min(1).default(1_000).describe('how often draws are read, ms (default: 1000)'),
    ageMs: z.number().min(0).default(2_000).describe('from there to the controller, ms (default: 2000)'),
  })
  .prefault({})
  .describe('what the controller sees');

const brakeSchema = z
  .strictObject({
    delayMs: z.number().min(0).default(5_000).describe('over the budget for so long, ms (default: 5000)'),
    clock: share('clocks then drop to this share of the highest').default(0.3),
    holdMs: z.number().min(0).default(10_000).describe('for at least so long, ms (default: 10000)'),
  })
  .optional()
  .describe('what the hardware does by itself (default: nothing)');

export interface PowerInput {
  readonly kind: string;
  readonly domains: readonly DomainInput[];
  readonly telemetry: z.output<typeof telemetrySchema>;
  readonly actuationMs: number;
  readonly brake?: z.output<typeof brakeSchema>;
  readonly lowPriorityPools: readonly string[];
  readonly [option: string]: unknown;
}

export function powerSchema(catalogue: Catalogue) {
  const beside = {
    domains: z.array(domainSchema).default([]).describe('what may be drawn together'),
    telemetry: telemetrySchema,
    actuationMs: z
      .number()
      .min(0)
      .default(80)
      .describe('from an order to its effect, ms (default: 80, in band; out of band up to 40000)'),
    brake: brakeSchema,
    lowPriorityPools: z.array(z.string()).default([]).describe('pools that are slowed before others'),
  };
  const members = catalogue.power.map((kind) => withKind(kind, beside));
  return oneKind('power policy', members).transform((input) => input as PowerInput);
}

/** What the control of a run takes from the rest of the scenario. */
export interface PowerSources extends MoneySources {
  readonly start: string;
  readonly horizonNs: Ns;
  /** By region, where anything is said of money. */
  readonly electricity?: readonly Pick<RegionMoneyPlan, 'gramsPerKWh'>[] | undefined;
}

/** The control of a run, or what is wrong with its budgets. */
export function powerControlPlan(
  { kind, domains, telemetry, actuationMs, brake, lowPriorityPools, ...options }: PowerInput,
  regions: readonly RegionPlan[],
  pools: readonly ControlledPool[],
  sources: PowerSources,
): { readonly plan: PowerControlPlan; readonly findings: readonly Finding[]; readonly problems: readonly Problem[] } {
  const poolNames = pools.map(({ name }) => name);
  const findings = [
    ...lowPriorityPools.flatMap((name, index) =>
      poolNames.includes(name)
        ? []
        : [finding(['power', 'lowPriorityPools', index], unknownName('pool', name, poolNames))],
    ),
    ...(kind === 'follow-carbon' ? unknownCarbon(regions, pools, sources.electricity ?? []) : []),
    ...domains.flatMap((domain, index) => domainFindings(domain, ['power', 'domains', index], regions)),
  ];
  const ns = (ms: number) => Math.round(ms * NS_PER_MS);
  const wrong: WrongFiles = { findings: [], problems: [] };
  const recorded = domains.map(({ file }, index) => {
    const at = ['power', 'domains', index, 'file'];
    const { start, horizonNs } = sources;
    if (file === undefined) return undefined;
    return fileSeries({ quantity: 'power', path: file, at, start, horizon: horizonNs }, sources, wrong);
  });
  findings.push(...wrong.findings);
  const isWrong = findings.length > 0 || wrong.problems.length > 0;
  const built = isWrong ? [] : domains.map((domain, index) => domainPlans(domain, recorded[index], regions, pools));
  const idle = built.flatMap((plans, index) => idleFindings(plans, ['power', 'domains', index], pools));
  const plan = {
    kind,
    options,
    telemetryIntervalNs: Math.max(1, ns(telemetry.intervalMs)),
    telemetryAgeNs: ns(telemetry.ageMs),
    actuationNs: ns(actuationMs),
    lowPriorityPools: lowPriorityPools.map((name) => poolNames.indexOf(name)),
    domains: built.flat(),
    ...(brake !== undefined && {
      brake: { delayNs: ns(brake.delayMs), clock: brake.clock, holdNs: ns(brake.holdMs) },
    }),
  };
  return { plan, findings: [...findings, ...idle], problems: wrong.problems };
}

/** Nobody can follow what is not known. */
function unknownCarbon(
  regions: readonly RegionPlan[],
  pools: readonly ControlledPool[],
  electricity: readonly Pick<RegionMoneyPlan, 'gramsPerKWh'>[],
): Finding[] {
  return regions.flatMap(({ name }, index) => {
    const isKnown = electricity[index]?.gramsPerKWh !== undefined || pools.every(({ region }) => region !== index);
    if (isKnown) return [];
    const sentence = `nothing is known of the carbon of "${name}" — write a site: or carbonGramsPerKWh: there`;
    return [finding(['regions', index], sentence)];
  });
}
