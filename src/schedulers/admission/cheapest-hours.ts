import { z } from 'zod';
import type { AdmissionContext, NamingModule } from '../../sim/module.ts';
import type { AdmissionPolicy } from '../../sim/ports.ts';
import { cheapestPiece } from '../../sim/series.ts';
import { NS_PER_S } from '../../sim/units.ts';
import { ADMIT, deferUntil } from '../../sim/verdicts.ts';
import { latestStart, patienceShape } from '../patience.ts';

const options = z.strictObject({
  ...patienceShape,
  by: z
    .enum(['price', 'carbon'])
    .default('price')
    .describe('whose lowest hours are waited for: those of electricity in USD/kWh, or of its carbon in g/kWh'),
  spreadS: z
    .number()
    .min(0)
    .default(600)
    .describe('those that were deferred come back spread evenly over so much of the cheapest stretch, s'),
});

/**
 * Of all moments up to the latest start of a request, the first of those at which electricity is cheapest, or cleanest, where
 * its model is served. Series are known beforehand, as day-ahead prices are.
 */
export const cheapestHours: NamingModule<AdmissionPolicy, z.infer<typeof options>, AdmissionContext> = {
  name: 'cheapest-hours',
  summary: 'what can wait is deferred to the cheapest, or cleanest, hours before its deadline',
  options,
  namesIn: ({ workloads }) =>
    workloads.map((name, index) => ({ path: ['workloads', index], noun: 'workload' as const, name })),
  create({ by, spreadS, ...patience }, { workloads, electricityOfModel, streams }) {
    const rng = streams.stream('cheapest-hours');
    const latestNsOf = latestStart(patience, workloads);
    const series = electricityOfModel.map((electricity) =>
      by === 'price' ? electricity?.usdPerKWh : electricity?.gramsPerKWh,
    );
    return {
      admit(request, requests, _fleet, nowNs) {
        const ofModel = series[requests.model(request)];
        const latestNs = latestNsOf(request, requests);
        if (ofModel === undefined || latestNs <= nowNs) return ADMIT;
        const { fromNs, untilNs } = cheapestPiece(ofModel, nowNs, latestNs);
        if (fromNs <= nowNs) return ADMIT;
        const spreadNs = Math.min(spreadS * NS_PER_S, untilNs - fromNs);
        return deferUntil(Math.ceil(fromNs) + Math.floor(rng.uniform() * spreadNs));
      },
    };
  },
};
