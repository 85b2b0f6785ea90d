import type { EvictionPlan } from '../sim/eviction-plan.ts';
import type { OutputPredictionPlan } from '../sim/output-prediction.ts';
import type { MoneyPlan, PoolMoneyPlan } from '../sim/money-plan.ts';
import type { ModulePlan, ObjectivePlan, PoolPlan, RecordPlan, RegionPlan, SloPlan, StartState } from '../sim/plan.ts';
import type { PowerControlPlan } from '../sim/power-control-plan.ts';
import type { Ns } from '../sim/units.ts';
import { NS_PER_S } from '../sim/units.ts';
import { isAsking } from './background-input.ts';
import { acceleratorReader } from './accelerator-files.ts';
import type { Catalogue } from './catalogue-types.ts';
import { crossChecks } from './cross-checks.ts';
import { outbid } from './evictions.ts';
import { moduleOf } from './decisions.ts';
import type { Draft } from './draft.ts';
import { draftOf } from './draft.ts';
import type { Finding } from './explain.ts';
import { check } from './explain.ts';
import type { Files } from './files.ts';
import { NO_FILES } from './files.ts';
import { modelReader } from './model-files.ts';
import type { MoneyReading } from './money.ts';
import { readMoney } from './money.ts';
import type { PoolConditions, ResolvedPool } from './pools.ts';
import { resolvePools } from './pools.ts';
import { powerControlPlan } from './power-control.ts';
import type { Problem } from './problem.ts';
import type { ScenarioInput, SloInput, WorkloadInput } from './schema.ts';
import { scenarioSchemas } from './schema.ts';
import type { Source } from './source.ts';
import { parseSource } from './source.ts';
import type { SweepInput } from './variant-schema.ts';
import { withoutEffect } from './without-effect.ts';

/** A scenario in which everything is known but what its traces hold. */
export interface Scenario {
  /** As it was given; problems name it, and paths in it are relative to it. */
  readonly file: string;
  readonly name: string;
  readonly start: string;
  readonly startState: StartState;
  readonly horizonNs: Ns;
  readonly warmUpNs: Ns;
  readonly timelineIntervalNs: Ns;
  readonly seeds: readonly number[];
  readonly models: readonly string[];
  readonly regions: readonly RegionPlan[];
  readonly pools: readonly ScenarioPool[];
  readonly workloads: readonly ScenarioWorkload[];
  readonly routing: ModulePlan;
  readonly outputPrediction: OutputPredictionPlan;
  readonly admission: ModulePlan;
  readonly slos: readonly SloPlan[];
  readonly power?: PowerControlPlan;
  readonly record: RecordPlan;
  readonly money?: MoneyPlan;
  /** Variants by name: to each path of the scenario what it is set to. */
  readonly policies?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly sweep?: SweepInput;
}

export interface ScenarioPool extends Omit<PoolPlan, 'conditions' | 'errorBands'> {
  readonly deployed: PoolConditions;
}

export interface ScenarioWorkload extends ModulePlan {
  readonly name: string;
  /** Index into models. */
  readonly model: number;
  readonly priority?: number;
  readonly fairShareWeight?: number;
  readonly modelRouting?: ModulePlan;
  /** The trace it names, as written. */
  readonly file?: string;
  /** Where it stands, for what its trace turns out to be. */
  readonly place: Pick<Problem, 'line' | 'column' | 'path'>;
}

export type ScenarioReading =
  | { readonly ok: true; readonly scenario: Scenario; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const LONGEST_DEFAULT_WARM_UP_NS = 600 * NS_PER_S;

/** Everything that is wrong with a scenario at once, in the order of the file; or the scenario. */
export function readScenario(
  text: string,
  file: string,
  catalogue: Catalogue,
  files: Files = NO_FILES,
): ScenarioReading {
  const parsed = parseSource(text, file);
  if ('problems' in parsed) return { ok: false, problems: parsed.problems };
  return readSource(parsed.source, file, catalogue, files);
}

/** The same of a text that is parsed already. */
export function readSource(
  source: Source,
  file: string,
  catalogue: Catalogue,
  files: Files,
  schemas = scenarioSchemas(catalogue),
): ScenarioReading {
  const checked = check(schemas.scenario, source.value);
  const draft = draftOf(source.value, schemas);
  const resolutions = resolvePools(draft, catalogue, {
    acceleratorOf: acceleratorReader(catalogue, files, file),
    modelOf: modelReader(catalogue, files, file),
  });
  const findings = [
    ...('findings' in checked ? checked.findings : []),
    ...crossChecks(draft, catalogue),
    ...resolutions.flatMap((resolution) => ('findings' in resolution ? resolution.findings : [])),
  ];
  const resolved = resolutions.flatMap((resolution) => ('pool' in resolution ? [resolution] : []));
  if ('findings' in checked || resolved.length < resolutions.length) {
    return { ok: false, problems: problemsOf(findings, source) };
  }
  const pools = resolved.map(({ pool }) => pool);
  const paid = resolved.map(({ pool, paid }) => ({ ...paid, region: checked.value.regions[pool.region]!.name }));
  const money = readMoney(checked.value, paid, { catalogue, files, file });
  findings.push(...money.findings);
  if (findings.length > 0 || money.problems.length > 0) {
    return { ok: false, problems: [...problemsOf(findings, source), ...money.problems] };
  }
  const uncontrolled = scenarioOf(file, checked.value, pools, money, source);
  const { power } = checked.value;
  const { start, horizonNs } = uncontrolled;
  const sources = { catalogue, files, file, start, horizonNs, electricity: uncontrolled.money?.regions };
  const control = power && powerControlPlan(power, uncontrolled.regions, uncontrolled.pools, sources);
  if (control !== undefined && control.findings.length + control.problems.length > 0) {
    return { ok: false, problems: [...problemsOf(control.findings, source), ...control.problems] };
  }
  const scenario = { ...uncontrolled, ...(control !== undefined && { power: control.plan }) };
  return { ok: true, scenario, warnings: [...unusedTemplates(draft), ...money.warnings, ...withoutEffect(scenario)] };
}

/** In the order of the file, and each once: a template may be wrong for several pools. */
function problemsOf(findings: readonly Finding[], source: Source): Problem[] {
  const problems = findings.map(({ path, sentence, atKey }) =>
    atKey ? source.problemAtKey(path, sentence) : source.problem(path, sentence),
  );
  const texts = problems.map((problem) => JSON.stringify(problem));
  return problems
    .filter((_, index) => texts.indexOf(texts[index]!) === index)
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

function scenarioOf(
  file: string,
  input: ScenarioInput,
  pools: readonly ResolvedPool[],
  money: MoneyReading,
  source: Source,
): Scenario {
  const models = [...new Set(pools.map(({ modelName }) => modelName))];
  const workloadNames = input.workloads.filter(isAsking).map(({ name }) => name);
  return {
    file,
    name: input.name,
    start: input.start,
    startState: input.startState,
    horizonNs: input.horizon,
    warmUpNs: input.warmUp ?? Math.min(Math.floor(input.horizon / 10), LONGEST_DEFAULT_WARM_UP_NS),
    timelineIntervalNs: input.timelineInterval,
    seeds: input.seeds,
    models,
    regions: money.regions,
    pools: pools.map(({ modelName, power, eviction, ...pool }, index) => ({
      ...pool,
      ...evictedBy(outbid(eviction, money.plan?.pools[index]?.procurement, input.horizon)),
      power: { ...power, pue: money.regions[pool.region]!.pue },
      model: models.indexOf(modelName),
      rentUsdPerAcceleratorHour: rentOf(money.plan?.pools[index]) ?? pool.rentUsdPerAcceleratorHour,
    })),
    workloads: input.workloads.flatMap((workload, index) =>
      isAsking(workload) ? [workloadOf(workload, index, models, source)] : [],
    ),
    routing: moduleOf(input.routing),
    admission: moduleOf(input.admission),
    record: input.record,
    outputPrediction: input.outputPrediction,
    slos: input.slos.map((slo) => sloOf(slo, workloadNames)),
    ...(money.plan !== undefined && { money: money.plan }),
    ...(input.policies !== undefined && { policies: input.policies }),
    ...(input.sweep !== undefined && { sweep: input.sweep }),
  };
}

function evictedBy(eviction: EvictionPlan | undefined) {
  return eviction === undefined ? {} : { eviction };
}

/** What is owned has no rent. */
function rentOf(money: PoolMoneyPlan | undefined): number | undefined {
  return money?.procurement.kind === 'own' ? 0 : money?.procurement.usdPerAcceleratorHour;
}

function workloadOf(input: WorkloadInput, index: number, models: readonly string[], source: Source): ScenarioWorkload {
  const { name, kind, model, file, priority, fairShareWeight, modelRouting, ...options } = input;
  const path = file === undefined ? ['workloads', index] : ['workloads', index, 'file'];
  const { line, column, path: place } = source.problem(path, '');
  return {
    name,
    kind,
    model: models.indexOf(model),
    options,
    ...(priority !== undefined && { priority }),
    ...(fairShareWeight !== undefined && { fairShareWeight }),
    ...(file !== undefined && { file }),
    ...(modelRouting !== undefined && { modelRouting: moduleOf(modelRouting) }),
    place: { ...(line !== undefined && { line }), ...(column !== undefined && { column }), path: place },
  };
}

function sloOf(input: SloInput, workloadNames: readonly string[]): SloPlan {
  const wanted = input.match.workload ?? workloadNames;
  const matched = typeof wanted === 'string' ? [wanted] : wanted;
  return {
    class: input.class,
    workloads: workloadNames.flatMap((name, index) => (matched.includes(name) ? [index] : [])),
    objectives: [
      ...objectivesOf('ttft', input.ttftMs),
      ...objectivesOf('tpot', input.tpotMs),
      ...objectivesOf('e2e', input.e2eMs),
    ],
    attainment: input.attainment,
  };
}

function objectivesOf(metric: ObjectivePlan['metric'], limits: Readonly<Record<string, number>> = {}): ObjectivePlan[] {
  // 99.9 / 100 is not 0.999 in binary; the text "99.9e-2" is.
  const objectives = Object.entries(limits).map(([key, limitMs]) => ({
    metric,
    quantile: Number(`${key.slice(1)}e-2`),
    limitMs,
  }));
  return objectives.sort((a, b) => a.quantile - b.quantile);
}

function unusedTemplates({ templates, pools }: Draft): string[] {
  const used = new Set(pools.map(({ value }) => value.template));
  return [...templates.keys()].filter((name) => !used.has(name)).map((name) => `no pool uses the template "${name}"`);
}
