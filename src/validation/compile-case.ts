import type { Catalogue } from '../scenario/catalogue-types.ts';
import type { Files } from '../scenario/files.ts';
import { planRuns } from '../scenario/plan-runs.ts';
import type { Problem } from '../scenario/problem.ts';
import { readScenario } from '../scenario/read-scenario.ts';
import type { RunPlan } from '../sim/plan.ts';
import type { DeploymentSettings } from './case-schema.ts';
import type { Settings } from './merge.ts';
import { merged } from './merge.ts';
import { OF_ENERGY } from './metrics.ts';
import type { ValidationCase } from './read-cases.ts';

/** A case as a run; or why it cannot be one here; or what is wrong with how it is written. */
export type Compilation =
  | {
      readonly kind: 'plan';
      readonly plan: RunPlan;
      /** What a case with a power cap is compared with. */
      readonly uncapped?: RunPlan;
      readonly replayed: boolean;
    }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

export interface CompileOptions {
  readonly files: Files;
  /** The path of a recorded trace, if there is one to replay. */
  tracePath?(name: string): string | undefined;
}

/** Later than any case ends: a case is over when its requests are. */
const HORIZON = '90d';
/** The same of a case whose power is measured, and how often the meter is read. */
const METERED_HORIZON = '3d';
const METER_INTERVAL = '5s';
/** A cap acts from the start on. */
const AT_ONCE = { telemetry: { intervalMs: 1000, ageMs: 0 }, actuationMs: 0 };
/** Cases are compared to the same requests every time. */
const SEED = 1;
/** Of the options of load-test, those that replaying a recorded trace leaves open. */
const REPLAY_KEEPS = ['groups', 'groupPrefixTokens'];

/**
 * Build the scenario that a case describes, and plan it as any other. What the catalogue does not know, and what the
 * planner says does not fit, is no mistake of the file: such a case is skipped, with the reason.
 */
export function compileCase(given: ValidationCase, catalogue: Catalogue, options: CompileOptions): Compilation {
  const unknown = unknownNames(given, catalogue);
  if (unknown !== undefined) return { kind: 'skipped', reason: unknown };
  const path = given.trace === undefined ? undefined : options.tracePath?.(given.trace);
  const planned = (capWatts: number | undefined) =>
    planOf(scenarioOf(given, path, capWatts), given, catalogue, options);
  const plan = planned(given.cap?.watts);
  if (!plan.ok) return refused(given, plan.problems);
  const found = { kind: 'plan', plan: plan.plan, replayed: path !== undefined } as const;
  if (given.cap === undefined) return found;
  const uncapped = planned(given.cap.insteadOf);
  return uncapped.ok ? { ...found, uncapped: uncapped.plan } : refused(given, uncapped.problems);
}

type Planned =
  { readonly ok: true; readonly plan: RunPlan } | { readonly ok: false; readonly problems: readonly Problem[] };

function planOf(scenario: Settings, { id }: ValidationCase, catalogue: Catalogue, { files }: CompileOptions): Planned {
  const reading = readScenario(JSON.stringify(scenario), id, catalogue, files);
  if (!reading.ok) return reading;
  const planning = planRuns(reading.scenario, catalogue, { files });
  return planning.ok ? { ok: true, plan: planning.plans[0]! } : planning;
}

/** The pools of a case: one that does everything, or two that share the work. */
function deploymentsOf({
  prefill,
  decode,
  ...whole
}: ValidationCase): { role: string; settings: DeploymentSettings }[] {
  const { accelerator, weights, kv, layout, engine, instances } = whole;
  const common = defined({ accelerator, weights, kv, layout, engine, instances });
  if (prefill === undefined && decode === undefined) return [{ role: 'mixed', settings: common }];
  return [
    { role: 'prefill', settings: merged(common, prefill ?? {}) },
    { role: 'decode', settings: merged(common, decode ?? {}) },
  ];
}

function scenarioOf(given: ValidationCase, tracePath: string | undefined, capWatts: number | undefined): Settings {
  const { model, workload, kvLink, measured } = given;
  const isMetered = OF_ENERGY.some((metric) => measured[metric] !== undefined);
  const pools = deploymentsOf(given).map(({ role, settings }) => ({
    name: role,
    role,
    model,
    instances: 1,
    ...settings,
    ...(role === 'prefill' && kvLink !== undefined && { kvLink }),
  }));
  return {
    name: 'case',
    start: '2026-01-01T00:00Z',
    horizon: isMetered ? METERED_HORIZON : HORIZON,
    warmUp: '0s',
    timelineInterval: isMetered ? METER_INTERVAL : HORIZON,
    record: { energy: isMetered, shares: false },
    seeds: [SEED],
    regions: [{ name: 'here', electricityUsdPerKWh: 0, pue: 1, pools }],
    ...(capWatts !== undefined && {
      power: { kind: 'uniform-cap', domains: [{ level: 'accelerator', W: capWatts }], ...AT_ONCE },
    }),
    workloads: [
      { name: 'client', model, ...(tracePath === undefined ? sent(workload) : replayed(workload, tracePath)) },
    ],
  };
}

function sent(workload: Settings): Settings {
  return { kind: 'load-test', ...workload };
}

function replayed({ prompts = {} }: Settings, file: string): Settings {
  const kept = Object.entries(prompts as Settings).filter(([key]) => REPLAY_KEEPS.includes(key));
  return { kind: 'load-test-trace', file, ...Object.fromEntries(kept) };
}

function unknownNames(given: ValidationCase, catalogue: Catalogue): string | undefined {
  for (const { settings } of deploymentsOf(given)) {
    const { accelerator, engine = {} } = settings;
    if (accelerator !== undefined && !catalogue.accelerators.includes(accelerator)) {
      return `no accelerator profile "${accelerator}"`;
    }
    const { kind = catalogue.defaults.engine, versionClass } = engine;
    if (typeof kind !== 'string') continue;
    if (!catalogue.engines.includes(kind)) return `no engine profile "${kind}"`;
    const { versionClasses } = catalogue.engine(kind);
    if (typeof versionClass === 'string' && !versionClasses.includes(versionClass)) {
      return `no version class "${versionClass}" of ${kind}`;
    }
  }
  return catalogue.models.includes(given.model) ? undefined : `no model profile "${given.model}"`;
}

/** Where the planner says that the accelerator cannot do it, or has no room: a finding about hardware. */
const MISFIT = /\.(layout(\.\w+)?|weights|kv)$/;

function refused(given: ValidationCase, problems: readonly Problem[]): Compilation {
  const misfits = problems.filter(({ path, message }) => MISFIT.test(path) && !message.startsWith('unknown key'));
  if (misfits.length === problems.length) return { kind: 'skipped', reason: misfits[0]!.message };
  return {
    kind: 'problems',
    problems: problems.map(({ path, message, hint }) =>
      given.problem(`${path === '' ? '' : `${path}: `}${message}${hint === undefined ? '' : ` — ${hint}`}`),
    ),
  };
}

function defined<Keys extends object>(keys: Keys): Keys {
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined)) as Keys;
}
