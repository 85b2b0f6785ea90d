import { z } from 'zod';
import type { AdmissionContext, NamingModule } from '../../sim/module.ts';
import type { AdmissionPolicy } from '../../sim/ports.ts';
import { ADMIT } from '../../sim/verdicts.ts';

const options = z.strictObject({}).describe('accept has no options');

export const accept: NamingModule<AdmissionPolicy, z.infer<typeof options>, AdmissionContext> = {
  name: 'accept',
  summary: 'everybody is admitted, whatever waits',
  options,
  create: () => ({ admit: () => ADMIT }),
};
