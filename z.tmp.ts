import { readFileSync, openSync, readSync, closeSync } from 'node:fs';
import { catalogue } from './src/catalogue.ts';
import { readScenario } from './src/scenario/read-scenario.ts';
import { planRuns } from './src/scenario/plan-runs.ts';
import { planHash } from './src/scenario/plan-hash.ts';
import { renderProblems } from './src/scenario/problem.ts';
const files = { open(path: string) { const fd = openSync(path,'r'); return { read: (into: Uint8Array) => readSync(fd, into), close: () => closeSync(fd) } } };
for (const n of process.argv.slice(2)) {
  const r = readScenario(readFileSync(n,'utf8'), n, catalogue);
  if (!r.ok) { console.log(renderProblems(r.problems)); continue; }
  const p = planRuns(r.scenario, catalogue, {files, trace: n.includes('azure') ? '/work/shared/reference/workloads/data/azure_2023_conv.csv': undefined});
  if (!p.ok) { console.log(renderProblems(p.problems)); continue; }
  console.log(n, p.offeredLoads, p.warnings, r.warnings, planHash(p.plans[0]!, '1').slice(0,12), p.plans.length, p.plans[0]!.pools.map(p=>[p.engine, p.grade, p.rentUsdPerAcceleratorHour]), JSON.stringify(p.plans[0]!.workloads).slice(0,300), JSON.stringify(p.plans[0]!.slos));
}
