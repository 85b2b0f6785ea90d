import { z } from 'zod';
import type { DraftModel } from '../sim/draft-model.ts';
import { movedKvBytesPerToken } from '../sim/memory.ts';
import type { KvLinkPlan } from '../sim/plan.ts';
import { acceleratorsOf } from '../sim/serving-layout.ts';
import { NS_PER_US } from '../sim/units.ts';
import type { Choices } from './deployment.ts';
import { unknownName } from './did-you-mean.ts';

/** Line rates of one port, by standard: InfiniBand HDR, NDR and XDR over four lanes (IBTA), Ethernet by IEEE 802.3. */
const PORT_GBIT_PER_S: Readonly<Record<string, number>> = {
  'infiniband-hdr': 200,
  'infiniband-ndr': 400,
  'infiniband-xdr': 800,
  'roce-100': 100,
  'roce-200': 200,
  'roce-400': 400,
  'roce-800': 800,
};
const BITS_PER_BYTE = 8;

const KV_LINKS: readonly string[] = ['network', 'scale-up', ...Object.keys(PORT_GBIT_PER_S)];

export function kvLinkSchema() {
  const named = z
    .enum(KV_LINKS, { error: ({ input }) => unknownName('link', input, KV_LINKS) })
    .describe(
      "the accelerators' `network` or `scale-up` links (NVLink), or a port of this kind at each accelerator of an instance",
    );
  const measured = z.strictObject({
    gbPerS: z.number().positive().describe('rate out of one instance, GB/s'),
    latencyUs: z.number().min(0).max(1e9).describe('from the last byte sent to the last byte there, µs'),
  });
  return z
    .union([named, measured])
    .describe(
      'what carries the KV cache out of each instance of a prefill pool (default: network): a name, or { gbPerS, latencyUs }',
    );
}

/** The link of each instance of a prefill pool. @param draft what reads the prompts here to guess, if anything does */
export function kvLinkOf({ entry, profiles, serving }: Choices, draft: DraftModel | undefined): KvLinkPlan {
  const { kvLink = 'network' } = entry.value;
  const { numbers, reference } = profiles.accelerator;
  const of = (gbPerS: number, latencyUs: number): KvLinkPlan => ({
    gbPerS,
    latencyNs: Math.round(latencyUs * NS_PER_US),
    kvBytesPerToken: movedKvBytesPerToken(profiles.model.numbers, serving.kv, draft),
  });
  if (typeof kvLink !== 'string') return of(kvLink.gbPerS, kvLink.latencyUs);
  const accelerators = acceleratorsOf(serving);
  const { latencyUs } = numbers.network;
  if (kvLink === 'network') return of(accelerators * numbers.network.gbPerS, latencyUs);
  if (kvLink === 'scale-up') return of(accelerators * reference.scaleUpGBPerS, latencyUs);
  return of((accelerators * PORT_GBIT_PER_S[kvLink]!) / BITS_PER_BYTE, latencyUs);
}
