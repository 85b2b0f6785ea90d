import { catalogue } from '../dist/catalogue.js';
import type { RunPlan } from '../dist/sim/plan.js';
import type { RunParts } from '../dist/sim/run-parts.js';
import { simulate } from '../dist/sim/simulate.js';
import { NS_PER_MS } from '../dist/sim/units.js';
import { assemble } from '../dist/workers/assemble.js';
import { pin, type Bench, type Figure } from './bench.ts';
import { chatOf, RECORDS_LITTLE } from './chat-plan.ts';

const REQUESTS = 50_000;
const ROUNDS = 15;
const EVENTS = 189_950;

interface Variant {
  readonly name: string;
  readonly plan: RunPlan;
  /** What the scenario cannot say without another decision. */
  with?(parts: RunParts): RunParts;
}

const TELEMETRY = { intervalNs: 100 * NS_PER_MS, delayNs: 100 * NS_PER_MS };

/** The same chat, decision by decision, with one thing more that it could do without. */
const variants = (): readonly Variant[] => [
  { name: 'energy', plan: chatOf(REQUESTS, 'record: { energy: true, shares: false }') },
  { name: 'shares', plan: chatOf(REQUESTS, 'record: { energy: false, shares: true }') },
  { name: 'queue_fcfs', plan: chatOf(REQUESTS, `batching: { kind: fcfs }\n${RECORDS_LITTLE}`) },
  { name: 'admission_accept', plan: chatOf(REQUESTS, `admission: { kind: accept }\n${RECORDS_LITTLE}`) },
  {
    name: 'telemetry',
    plan: chatOf(REQUESTS),
    with: (parts) => ({ ...parts, routing: { ...parts.routing, telemetry: TELEMETRY } }),
  },
];

/**
 * What a feature costs while it is on and changes nothing, as a ratio to the same run without it. What it costs while it is
 * off cannot be seen within one build: docs/speed.md says how that is measured.
 */
export const off: Bench = {
  name: 'off',
  about: `50,000 chat requests with one thing more each, over the same without: CPU time, the least of ${ROUNDS} in turn`,
  run(): Figure[] {
    const all: readonly Variant[] = [{ name: 'none', plan: chatOf(REQUESTS) }, ...variants()];
    const leastS = all.map(() => Infinity);
    // The first rounds, in which the compiler is busy, are never the fastest.
    for (let round = 0; round < ROUNDS; round++) {
      all.forEach((variant, index) => (leastS[index] = Math.min(leastS[index]!, cpuS(variant))));
    }
    return variants().map(({ name }, index) => ({
      name: `off.${name}_on_over_off`,
      value: leastS[index + 1]! / leastS[0]!,
      unit: '1',
    }));
  },
};

function cpuS({ plan, with: change = (parts) => parts }: Variant): number {
  const { parts, close } = assemble(plan, catalogue);
  const before = process.cpuUsage();
  const { events } = simulate(plan, change(parts), {
    requests: { flush: () => {} },
    timeline: { flush: () => {} },
  });
  const { user, system } = process.cpuUsage(before);
  close();
  pin('off', events, EVENTS);
  return (user + system) / 1e6;
}
