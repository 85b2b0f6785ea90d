import type { AdmissionContext, NamingModule } from '../../sim/module.ts';
import type { AdmissionPolicy } from '../../sim/ports.ts';
import { accept } from './accept.ts';
import { deadline } from './deadline.ts';
import { degrade } from './degrade.ts';
import { offPeak } from './off-peak.ts';
import { queueLimit } from './queue-limit.ts';
import { tokenBucket } from './token-bucket.ts';

/** Every admission policy a scenario can name. */
export const admissionPolicies: readonly NamingModule<AdmissionPolicy, unknown, AdmissionContext>[] = [
  accept, //
  deadline,
  degrade,
  offPeak,
  queueLimit,
  tokenBucket,
];
