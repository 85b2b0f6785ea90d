import { catalogue } from '../../src/catalogue.ts';
import { tee } from '../../src/results/request-metrics.ts';
import { planRuns } from '../../src/scenario/plan-runs.ts';
import { simulate } from '../../src/sim/simulate.ts';
import { assemble } from '../../src/workers/assemble.ts';
import { RunMeters } from '../../src/workers/run-costs.ts';
import { filesOf, scenarioOf } from '../scenario/support.ts';
import { type TimelineRow, timelineRowsInto } from './collect.ts';

/** A run of a scenario that pays for a spot market: its bill, and the timeline that another bill can be drawn up from. */
export function settledRun(text: string, spotCsv: string, seed: number) {
  const files = filesOf({ 'spot.csv': spotCsv });
  const planning = planRuns(scenarioOf(text, 'settled.yaml', files), catalogue, { files, seeds: [seed] });
  if (!planning.ok) throw new Error(JSON.stringify(planning.problems));
  const plan = planning.plans[0]!;
  const meters = new RunMeters(plan);
  const timeline: TimelineRow[] = [];
  const { parts, close } = assemble(plan, catalogue);
  const totals = simulate(plan, parts, {
    requests: meters.requests,
    attempts: meters.requests.attempts,
    timeline: tee(meters.pools, meters.path, timelineRowsInto(timeline)),
  });
  close();
  return { plan, costs: meters.costs(), totals, timeline };
}
