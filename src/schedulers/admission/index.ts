import type { AdmissionContext, NamingModule } from '../../sim/module.ts';
import type { AdmissionPolicy } from '../../sim/ports.ts';
import { accept } from './accept.ts';
import { cheapestHours } from './cheapest-hours.ts';
import { deadline } from './deadline.ts';
import { degrade } from './degrade.ts';
import { offPeak } from './off-peak.ts';
import { queueLimit } from './queue-limit.ts';
import { tokenBucket } from './token-bucket.ts';
import { whenIdle } from './when-idle.ts';

/** Every admission policy a scenario can name. */
export const admissionPolicies: readonly NamingModule<AdmissionPolicy, unknown, AdmissionContext>[] = [
  accept, //
  cheapestHours,
  deadline,
  degrade,
  offPeak,
  queueLimit,
  tokenBucket,
  whenIdle,
];
