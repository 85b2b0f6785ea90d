import type { Module, PowerContext } from '../../sim/module.ts';
import type { PowerPolicy } from '../../sim/ports.ts';
import { batchLimit } from './batch-limit.ts';
import { decodeFirst } from './decode-first.ts';
import { dvfsGovernor } from './dvfs-governor.ts';
import { evenly } from './evenly.ts';
import { fixedClock } from './fixed-clock.ts';
import { followCarbon } from './follow-carbon.ts';
import { followPrice } from './follow-price.ts';
import { prefillFirst } from './prefill-first.ts';
import { priorityAware } from './priority-aware.ts';
import { raceToIdle } from './race-to-idle.ts';
import { shed } from './shed.ts';
import { twoThreshold } from './two-threshold.ts';
import { uncapped } from './uncapped.ts';
import { uniformCap } from './uniform-cap.ts';

/** Every power policy a scenario can name. */
export const powerPolicies: readonly Module<PowerPolicy, unknown, PowerContext>[] = [
  uncapped, //
  uniformCap,
  fixedClock,
  evenly,
  priorityAware,
  prefillFirst,
  decodeFirst,
  twoThreshold,
  dvfsGovernor,
  shed,
  batchLimit,
  followPrice,
  followCarbon,
  raceToIdle,
];
