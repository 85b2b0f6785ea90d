import type { PowerNumbers } from '../sim/power-model.ts';
import type { AcceleratorNumbers, ByDtype, MfuCurve, Sourced } from '../sim/profiles.ts';

/** What a file says of step times and memory; the rest of the numbers follows from it. */
export type PerformanceNumbers = Omit<AcceleratorNumbers, 'generation' | 'scaleUpAccelerators'>;

/** What no step time rests on. */
export interface ReferenceNumbers {
  readonly hbmGB: number;
  readonly scaleUpGBPerS: number;
  /** 1 where accelerators have no links of their own. */
  readonly scaleUpDomainAccelerators: number;
  readonly pcieGBPerS: number;
  readonly networkGbitPerS: number;
  /** Share of the HBM bandwidth that matrix products of a few tokens reach. */
  readonly gemmBandwidthShare: ByDtype<number>;
}

/** Per accelerator. */
export interface CostNumbers {
  readonly rentUsdPerHour: number;
  readonly rentUsdPerHourLow: number;
  readonly rentUsdPerHourHigh: number;
  readonly acceleratorUsd: number;
  readonly itCapexUsd: number;
  readonly ownedUsdPerHour: number;
}

/** The same numbers, each with its source. */
export type WithSources<Numbers> = Numbers extends number | string | MfuCurve
  ? Sourced<Numbers>
  : { readonly [Key in keyof Numbers]: WithSources<Numbers[Key]> };

/** An accelerator in which nothing is missing any more. */
export interface AcceleratorTree {
  readonly performance: WithSources<PerformanceNumbers>;
  readonly reference: WithSources<ReferenceNumbers>;
  readonly power: WithSources<PowerNumbers>;
  readonly cost: WithSources<CostNumbers>;
}
