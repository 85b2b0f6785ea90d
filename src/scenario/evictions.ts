import { z } from 'zod';
import type { EvictionPlan } from '../sim/eviction-plan.ts';
import type { PoolMoneyPlan } from '../sim/money-plan.ts';
import type { EnginePlan } from '../sim/plan.ts';
import { NS_PER_HOUR, NS_PER_S, type Ns } from '../sim/units.ts';
import { loadNsOf } from './decisions.ts';
import { ENGINE_START_S, PROVISION_S, STORAGE_GB_PER_S } from './decision-schema.ts';
import type { Choices } from './deployment.ts';
import type { Draft } from './draft.ts';
import { finding } from './draft.ts';
import type { Finding } from './explain.ts';
import type { DeploymentInput } from './schema.ts';
import type { Speculation } from './speculation.ts';

/** AWS gives two minutes, Google Cloud and Azure half a minute. */
const NOTICE_S = 30;

/** How what is rented as long as nobody else wants it is taken away. */
export function evictionKeys() {
  const seconds = (byDefault: number, what: string) =>
    z.number().min(0).default(byDefault).describe(`${what}, s (default: ${byDefault})`);
  return {
    evictionsPerHour: z
      .number()
      .min(0)
      .default(0)
      .describe('how often an instance is asked back, by chance, per hour that it is ready (default: 0, never)'),
    priceFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        'a CSV file, relative to the scenario: a column of times and one of usd_per_accelerator_hour, the rent as it changes',
      ),
    bidUsdPerAcceleratorHour: z
      .number()
      .min(0)
      .optional()
      .describe(
        'while the price of the file is above it instances are asked back, and none is lent, USD/h (default: any price is paid)',
      ),
    noticeS: seconds(
      NOTICE_S,
      'from being asked back until it is gone: it finishes what it can, and takes nothing new',
    ),
    replacementS: seconds(
      PROVISION_S,
      'until another machine is lent that can load the model; nothing is paid until then',
    ),
    storageGBPerS: z
      .number()
      .positive()
      .default(STORAGE_GB_PER_S)
      .describe(`how fast each accelerator’s share of the weights is read, GB/s (default: ${STORAGE_GB_PER_S})`),
    engineStartS: seconds(ENGINE_START_S, 'from weights in memory to the first request'),
  };
}

type Procurement = DeploymentInput['procurement'];
type EvictedProcurement = Extract<Procurement, { kind: 'spot' }>;

function isEvicted(procurement: Procurement): procurement is EvictedProcurement {
  if (procurement?.kind !== 'spot') return false;
  return procurement.evictionsPerHour > 0 || procurement.bidUsdPerAcceleratorHour !== undefined;
}

/** Keys of what is rented on the spot that make no sense together. */
export function evictionProblems(
  {
    priceFile,
    bidUsdPerAcceleratorHour,
    usdPerAcceleratorHour,
  }: Readonly<Partial<Record<'priceFile' | 'bidUsdPerAcceleratorHour' | 'usdPerAcceleratorHour', unknown>>>,
  context: z.RefinementCtx,
): void {
  const problem = (key: string, message: string) => context.addIssue({ code: 'custom', message, path: [key] });
  if (bidUsdPerAcceleratorHour !== undefined && priceFile === undefined) {
    problem('bidUsdPerAcceleratorHour', 'a bid needs prices that pass it — write priceFile: <CSV file> beside it');
  }
  if (usdPerAcceleratorHour !== undefined && priceFile !== undefined) {
    problem('priceFile', 'the price is given twice, by usdPerAcceleratorHour and priceFile — keep one');
  }
}

/** The plan with the stretches in which a price is above the bid: rising, apart, and not beyond the horizon. */
export function outbid(
  eviction: EvictionPlan | undefined,
  procurement: PoolMoneyPlan['procurement'] | undefined,
  horizonNs: Ns,
): EvictionPlan | undefined {
  if (eviction === undefined || procurement === undefined || procurement.kind === 'own') return eviction;
  const { usdOverTime, bidUsdPerAcceleratorHour } = procurement;
  if (usdOverTime === undefined || bidUsdPerAcceleratorHour === undefined) return eviction;
  const { atNs, values } = usdOverTime;
  const scarceNs: [fromNs: Ns, untilNs: Ns][] = [];
  for (const [index, fromNs] of atNs.entries()) {
    if (values[index]! <= bidUsdPerAcceleratorHour) continue;
    const untilNs = Math.min(horizonNs, atNs[index + 1] ?? horizonNs);
    const last = scarceNs.at(-1);
    if (last?.[1] === fromNs) last[1] = untilNs;
    else if (untilNs > fromNs) scarceNs.push([fromNs, untilNs]);
  }
  return { ...eviction, scarceNs };
}

/** How the instances of a pool are taken away by chance; undefined where they are not taken away. What comes of prices is `outbid`. */
export function evictionPlan(
  choices: Choices,
  engine: EnginePlan,
  speculation: Speculation | undefined,
): EvictionPlan | undefined {
  const { procurement } = choices;
  if (!isEvicted(procurement)) return undefined;
  const { evictionsPerHour, noticeS, replacementS } = procurement;
  return {
    ...(evictionsPerHour > 0 && { meanNs: Math.max(1, Math.round(NS_PER_HOUR / evictionsPerHour)) }),
    noticeNs: Math.round(noticeS * NS_PER_S),
    replaceNs: Math.round(replacementS * NS_PER_S),
    loadNs: loadNsOf(choices, engine, speculation, procurement),
  };
}

/**
 * Requests are handed over as soon as their prompts are computed: nobody could take them if their pool were gone. And what
 * was taken away cannot be lent to anybody.
 */
export function evictionFindings({ pools, templates, background }: Draft): Finding[] {
  const lent = background.flatMap(({ value }) => [value.pool].flat());
  return pools.flatMap(({ path, value }) => {
    const base = value.template === undefined ? undefined : templates.get(value.template);
    const procurement = value.procurement ?? base?.procurement;
    if (!isEvicted(procurement)) return [];
    const key = procurement.evictionsPerHour > 0 ? 'evictionsPerHour' : 'bidUsdPerAcceleratorHour';
    if (lent.includes(value.name)) {
      const sentence = 'has instances that are taken away, so there is nothing to lend to background work';
      return [finding(path, `${sentence} — leave ${key} out, or name another pool there`)];
    }
    if (value.role === 'mixed') return [];
    const sentence = `a ${value.role} pool cannot be taken away: requests are handed over as soon as their prompts are computed`;
    return [finding([...path, 'role'], `${sentence} — leave ${key} out, or use a mixed pool`)];
  });
}
