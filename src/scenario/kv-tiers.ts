import { z } from 'zod';
import type { DraftModel } from '../sim/draft-model.ts';
import { movedKvBytesPerToken } from '../sim/memory.ts';
import type { EnginePlan, KvTierKind, KvTierPlan } from '../sim/plan.ts';
import { KV_TIER_KINDS } from '../sim/plan.ts';
import { acceleratorsOf } from '../sim/serving-layout.ts';
import { NS_PER_MS, NS_PER_S, NS_PER_US, type Ns } from '../sim/units.ts';
import type { Choices } from './deployment.ts';
import { unknownName } from './did-you-mean.ts';
import { finding } from './draft.ts';
import { duration } from './duration.ts';
import type { Finding } from './explain.ts';

const BYTES_PER_GB = 1e9;
/** What waits longer is not written, where a scenario says nothing: KV is made faster than a drive takes it. */
const MAX_WRITE_QUEUE_NS = NS_PER_S;

interface Link {
  readonly scope: 'instance' | 'pool';
  readonly readGBPerS: number;
  readonly writeGBPerS: number;
  readonly latencyNs: Ns;
}

/** Where a scenario says nothing. */
const USUAL: Readonly<Record<KvTierKind, (choices: Choices) => Link>> = {
  // The host links of all accelerators of an instance, each at its line rate; a copy starts within some 10 µs.
  dram: ({ profiles, serving }) => {
    const gbPerS = acceleratorsOf(serving) * profiles.accelerator.reference.pcieGBPerS;
    return { scope: 'instance', readGBPerS: gbPerS, writeGBPerS: gbPerS, latencyNs: 10 * NS_PER_US };
  },
  // One PCIe 5.0 drive: 14 GB/s read and 10 GB/s written by the product brief of the Micron 9550; a flash read takes 0.1 ms.
  ssd: () => ({ scope: 'instance', readGBPerS: 14, writeGBPerS: 10, latencyNs: 100 * NS_PER_US }),
  // A store behind one port of 200 Gbit/s (IEEE 802.3), which all instances of the pool share; an answer takes about 1 ms.
  remote: () => ({ scope: 'pool', readGBPerS: 25, writeGBPerS: 25, latencyNs: NS_PER_MS }),
};

export function kvTiersSchema() {
  const rate = (description: string) => z.number().positive().max(1e9).describe(description).optional();
  const tier = z.strictObject({
    kind: z
      .enum(KV_TIER_KINDS, {
        error: ({ input }) => (input === undefined ? undefined : unknownName('KV tier', input, KV_TIER_KINDS)),
      })
      .describe('memory of the host (`dram`), a local drive (`ssd`), or a store behind the network (`remote`)'),
    capacityGB: z
      .number()
      .positive()
      .max(1e9)
      .describe('KV cache it holds, GB: of each instance, or of the whole pool'),
    usdPerGB: z
      .number()
      .min(0)
      .optional()
      .describe(
        'price of what holds it, USD per GB, which an owned pool pays beside its servers (default: 0, it is in their price)',
      ),
    readGBPerS: rate(
      'rate of reading, GB/s (default: dram the host links of all accelerators of the instance, ssd 14, remote 25)',
    ),
    writeGBPerS: rate('rate of writing, GB/s (default: dram as reading, ssd 10, remote 25)'),
    latency: duration(
      'from the last byte sent to the last byte there (default: dram 10us, ssd 100us, remote 1ms)',
    ).optional(),
    scope: z
      .enum(['instance', 'pool'])
      .describe(
        'one for each instance, or one that all instances of the pool share (default: remote pool, others instance)',
      )
      .optional(),
    idle: duration('forget what nobody has used for so long (default: never)').optional(),
    maxWriteQueue: duration('what would wait longer to be written is not written (default: 1s)').optional(),
  });
  return z
    .array(tier)
    .superRefine((tiers, context) => {
      for (const [index, { kind }] of tiers.entries()) {
        if (tiers.findIndex((other) => other.kind === kind) === index) continue;
        const message = `there is a ${kind} tier already — add up what they hold, or write another kind`;
        context.addIssue({ code: 'custom', message, path: [index, 'kind'] });
      }
    })
    .describe(
      'stores of KV cache beside the accelerators, which prompts that begin alike are read from (default: none)',
    );
}

/** What an owned pool pays for its stores beside its servers, USD per accelerator. @param instances all there can be */
export function storesUsdPerAccelerator(choices: Choices, instances: number): number {
  const accelerators = acceleratorsOf(choices.serving);
  return (choices.kvTiers ?? []).reduce(
    (usd, { kind, scope = USUAL[kind](choices).scope, capacityGB, usdPerGB = 0 }) => {
      const sharedBy = scope === 'instance' ? accelerators : accelerators * instances;
      return usd + (capacityGB * usdPerGB) / sharedBy;
    },
    0,
  );
}

/** A store that nobody has bought has no price. */
function storePriceFindings({ kvTiers = [], procurement, at }: Choices): Finding[] {
  if (procurement?.kind === 'own') return [];
  return kvTiers.flatMap(({ usdPerGB }, index) => {
    if (usdPerGB === undefined) return [];
    const sentence = 'what is rented has its stores in the rent — leave it out, or write procurement: { kind: own }';
    return [finding([...at('kvTiers'), index, 'usdPerGB'], sentence)];
  });
}

type Engine = Pick<EnginePlan, 'prefixCaching' | 'reserveFullPrompt' | 'kvAllocation' | 'blockTokens'>;

/**
 * Stores of a pool, fastest first, or what is wrong with them.
 * @param draft what guesses tokens, whose KV cache is kept with that of the model
 */
export function kvTiersOf(
  choices: Choices,
  engine: Engine,
  draft: DraftModel | undefined,
): { readonly tiers: KvTierPlan[]; readonly findings: Finding[] } {
  const { kvTiers = [], profiles, serving, at } = choices;
  const blockBytes = engine.blockTokens * movedKvBytesPerToken(profiles.model.numbers, serving.kv, draft);
  const tiers = kvTiers.map((written): KvTierPlan => {
    const usual = USUAL[written.kind](choices);
    return {
      kind: written.kind,
      scope: written.scope ?? usual.scope,
      capacityBlocks: Math.floor((written.capacityGB * BYTES_PER_GB) / blockBytes),
      blockBytes,
      readGBPerS: written.readGBPerS ?? usual.readGBPerS,
      writeGBPerS: written.writeGBPerS ?? usual.writeGBPerS,
      latencyNs: written.latency ?? usual.latencyNs,
      maxWriteQueueNs: written.maxWriteQueue ?? MAX_WRITE_QUEUE_NS,
      idleNs: written.idle ?? 0,
    };
  });
  const findings = tiers.flatMap(({ capacityBlocks }, index) => {
    if (capacityBlocks > 0) return [];
    const sentence = `holds not one block of ${engine.blockTokens} tokens, which is ${blockBytes} bytes — make it larger`;
    return [finding([...at('kvTiers'), index, 'capacityGB'], sentence)];
  });
  return {
    tiers: tiers.toSorted((a, b) => KV_TIER_KINDS.indexOf(a.kind) - KV_TIER_KINDS.indexOf(b.kind)),
    findings:
      kvTiers.length === 0 ? [] : [...findings, ...unfitEngine(choices, engine), ...storePriceFindings(choices)],
  };
}

/** Tiers hold what the prefix cache knows, and a request that is read has all blocks of its prompt from the start. */
function unfitEngine({ at }: Choices, { prefixCaching, reserveFullPrompt, kvAllocation }: Engine): Finding[] {
  const findings: Finding[] = [];
  const unfit = (key: string, sentence: string) => findings.push(finding(at('engine', key), sentence));
  if (!prefixCaching)
    unfit('prefixCaching', 'kvTiers keep what the prefix cache knows — write true, or remove kvTiers');
  if (!reserveFullPrompt) {
    unfit(
      'reserveFullPrompt',
      'a prompt that is read from kvTiers needs blocks for all of it — write true, or remove kvTiers',
    );
  }
  if (kvAllocation !== 'paged') {
    const sentence = `kvTiers hold blocks that are paged, and this engine's memory is "${kvAllocation}"`;
    unfit('kvAllocation', `${sentence} — write paged, or remove kvTiers`);
  }
  return findings;
}
