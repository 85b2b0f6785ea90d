import { z } from 'zod';
import type { AdmissionContext, NamingModule } from '../../sim/module.ts';
import type { AdmissionPolicy } from '../../sim/ports.ts';
import { NS_PER_HOUR, NS_PER_S } from '../../sim/units.ts';
import { ADMIT, deferUntil } from '../../sim/verdicts.ts';
import { HOURS_PER_WEEK, hourOfWeek, startHourOfWeek } from '../week-clock.ts';
import { type Stretch, stretchesOf, windowProblem, windowShape } from '../week-windows.ts';

const window = z.strictObject(windowShape).superRefine((value, context) => {
  const message = windowProblem(value);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const options = z.strictObject({
  workloads: z.array(z.string()).min(1).describe('the workloads that can wait'),
  windows: z.array(window).min(1).describe('the hours of low load or price'),
  latestH: z.number().positive().describe('a request is begun at most so long after its arrival, h'),
  spreadS: z
    .number()
    .min(0)
    .default(600)
    .describe('those that were deferred come back spread evenly over so much of the window, s'),
});

export const offPeak: NamingModule<AdmissionPolicy, z.infer<typeof options>, AdmissionContext> = {
  name: 'off-peak',
  summary: 'what can wait is deferred to hours of low load or price, if they come soon enough',
  options,
  namesIn: ({ workloads }) =>
    workloads.map((name, index) => ({ path: ['workloads', index], noun: 'workload' as const, name })),
  create({ workloads: patient, windows, latestH, spreadS }, { start, workloads, streams }) {
    const rng = streams.stream('off-peak');
    const canWait = workloads.map((name) => patient.includes(name));
    const startHour = startHourOfWeek(start);
    const stretches = stretchesOf(windows);
    return {
      admit(request, requests, _fleet, nowNs) {
        if (!canWait[requests.workload(request)]!) return ADMIT;
        const waitH = hoursUntil(stretches, hourOfWeek(startHour, nowNs));
        // By a rounding of hours it may come back just before the window begins.
        if (waitH * NS_PER_HOUR < 1) return ADMIT;
        const windowNs = Math.ceil(nowNs + waitH * NS_PER_HOUR);
        const latestNs = requests.arrivalNs(request) + latestH * NS_PER_HOUR;
        if (windowNs > latestNs) return ADMIT;
        return deferUntil(Math.min(Math.floor(latestNs), windowNs + Math.floor(rng.uniform() * spreadS * NS_PER_S)));
      },
    };
  },
};

/** Until the next of the stretches of a week; 0 within one. */
function hoursUntil(stretches: readonly Stretch[], hour: number): number {
  let soonest = HOURS_PER_WEEK;
  for (const { fromH, untilH } of stretches) {
    if (hour >= fromH && hour < untilH) return 0;
    soonest = Math.min(soonest, fromH >= hour ? fromH - hour : fromH + HOURS_PER_WEEK - hour);
  }
  return soonest;
}
