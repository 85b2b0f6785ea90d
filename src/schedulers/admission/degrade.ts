import { z } from 'zod';
import type { AdmissionContext, NamedInOptions, NamingModule } from '../../sim/module.ts';
import type { AdmissionPolicy } from '../../sim/ports.ts';
import { ADMIT, sendTo } from '../../sim/verdicts.ts';

const options = z.strictObject({
  to: z
    .record(z.string(), z.string())
    .refine((to) => Object.keys(to).length > 0, 'names no model — write such as { llama-3.1-70b: llama-3.1-8b }')
    .describe('to each model the one that stands in for it when there is too much to do'),
  outstandingPerInstance: z
    .number()
    .positive()
    .describe('from so many requests on that the instances of a model have to do on average, count'),
});

/** Brownout: a worse answer rather than none (Klein et al., Brownout, ICSE 2014). */
export const degrade: NamingModule<AdmissionPolicy, z.infer<typeof options>, AdmissionContext> = {
  name: 'degrade',
  summary: 'when a model has too much to do, a smaller one answers',
  options,
  namesIn: ({ to }) =>
    Object.entries(to).flatMap(([from, name]): NamedInOptions[] => [
      { path: ['to', from], noun: 'model', name: from },
      { path: ['to', from], noun: 'model', name },
    ]),
  create({ to, outstandingPerInstance }, { models }) {
    const standIns = models.map((name) => (Object.hasOwn(to, name) ? models.indexOf(to[name]!) : -1));
    return {
      admit(request, requests, fleet) {
        const standIn = standIns[requests.model(request)]!;
        if (standIn < 0) return ADMIT;
        let outstanding = 0;
        for (let k = 0; k < fleet.eligibleCount; k++) outstanding += fleet.outstandingRequests(fleet.eligible(k));
        return outstanding >= outstandingPerInstance * fleet.eligibleCount ? sendTo(standIn) : ADMIT;
      },
    };
  },
};
