import type { Ns } from './units.ts';

export const KV_TIER_KINDS = ['dram', 'ssd', 'remote'] as const;
export type KvTierKind = (typeof KV_TIER_KINDS)[number];

/** A store of KV blocks beside the accelerators' memory. A GB/s is a byte per ns. */
export interface KvTierPlan {
  readonly kind: KvTierKind;
  /** One store for each instance, or one that all instances of the pool share. */
  readonly scope: 'instance' | 'pool';
  readonly capacityBlocks: number;
  readonly blockBytes: number;
  readonly readGBPerS: number;
  readonly writeGBPerS: number;
  /** Of a read, from the last byte sent to the last byte there. */
  readonly latencyNs: Ns;
  /** What would wait longer than this to be written is not written. */
  readonly maxWriteQueueNs: Ns;
  /** Forget what nobody has used for so long; 0 keeps it as long as there is room. */
  readonly idleNs: Ns;
}
