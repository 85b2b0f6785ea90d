/** What a pool did in the measured window, as far as it decides who caused its rent. */
export interface PoolUsage {
  readonly rentUsd: number;
  readonly instanceNs: number;
  readonly busyNs: number;
  readonly prefillNs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

interface PerMillionTokens {
  readonly input: number | undefined;
  readonly output: number | undefined;
  readonly blended: number | undefined;
}

/** What the rent of some pools bought. */
export interface UsageCosts {
  readonly rentUsd: number;
  readonly idleUsd: number;
  readonly perMillionTokens: { readonly busyOnly: PerMillionTokens; readonly fullyLoaded: PerMillionTokens };
}

/** How rent is attributed to tokens; src/economics has it. */
export type CostAttribution = (pools: readonly PoolUsage[]) => UsageCosts;
