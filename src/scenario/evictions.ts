import { z } from 'zod';
import type { EvictionPlan } from '../sim/eviction-plan.ts';
import type { EnginePlan } from '../sim/plan.ts';
import { NS_PER_HOUR, NS_PER_S } from '../sim/units.ts';
import { loadNsOf } from './decisions.ts';
import { ENGINE_START_S, PROVISION_S, STORAGE_GB_PER_S } from './decision-schema.ts';
import type { Choices } from './deployment.ts';
import type { Draft } from './draft.ts';
import { finding } from './draft.ts';
import type { Finding } from './explain.ts';
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

/** How the instances of a pool are taken away; undefined where they are not. */
export function evictionPlan(
  choices: Choices,
  engine: EnginePlan,
  speculation: Speculation | undefined,
): EvictionPlan | undefined {
  const { procurement } = choices;
  if (procurement?.kind !== 'spot' || procurement.evictionsPerHour === 0) return undefined;
  const { evictionsPerHour, noticeS, replacementS } = procurement;
  return {
    meanNs: Math.max(1, Math.round(NS_PER_HOUR / evictionsPerHour)),
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
    const isEvicted = procurement?.kind === 'spot' && procurement.evictionsPerHour > 0;
    if (!isEvicted) return [];
    if (lent.includes(value.name)) {
      const sentence = 'has instances that are taken away, so there is nothing to lend to background work';
      return [finding(path, `${sentence} — leave evictionsPerHour out, or name another pool there`)];
    }
    if (value.role === 'mixed') return [];
    const sentence = `a ${value.role} pool cannot be taken away: requests are handed over as soon as their prompts are computed`;
    return [finding([...path, 'role'], `${sentence} — leave evictionsPerHour out, or use a mixed pool`)];
  });
}
