import type { EvictionPlan } from '../sim/eviction-plan.ts';
import { isWindowed } from '../sim/model-shape.ts';
import type { ConditionsPlan, Grade, PoolPlan, PowerPlan } from '../sim/plan.ts';
import { GRADES } from '../sim/plan.ts';
import { rooflineParameters } from '../sim/roofline-parameters.ts';
import type { RooflineParameters } from '../sim/roofline.ts';
import { acceleratorsOf, layoutProblems } from '../sim/serving-layout.ts';
import type { ScalingPlan } from '../sim/scaling-plan.ts';
import { speculationCost } from '../sim/speculation-cost.ts';
import { batchingOf } from './batching.ts';
import type { Catalogue } from './catalogue-types.ts';
import { scalingPlan } from './decisions.ts';
import type { Choices, ProfilesOf } from './deployment.ts';
import { choicesOf } from './deployment.ts';
import type { Draft } from './draft.ts';
import { finding } from './draft.ts';
import { enginePlan } from './engine-plan.ts';
import { evictionPlan } from './evictions.ts';
import type { Finding } from './explain.ts';
import { kvLinkOf } from './kv-links.ts';
import { storesUsdPerAccelerator } from './kv-tiers.ts';
import { powerOf } from './power.ts';
import type { PaidPool } from './procurement.ts';
import { type Speculation, speculationOf } from './speculation.ts';

/** What the deployment decides of the conditions; the rest is up to the workloads. */
export type PoolConditions = Omit<ConditionsPlan, 'load' | 'meanPromptTokens'> & { readonly peaks: Grade };

/** A pool of a plan, but for the index of its model, and for what its workloads decide. */
export type ResolvedPool = Omit<PoolPlan, 'model' | 'power' | 'conditions' | 'errorBands'> & {
  readonly modelName: string;
  readonly power: Omit<PowerPlan, 'pue'>;
  readonly deployed: PoolConditions;
};

export type PoolResolution =
  { readonly pool: ResolvedPool; readonly paid: Omit<PaidPool, 'region'> } | { readonly findings: Finding[] };

/** Every well-formed pool with its template, names and defaults filled in, or what is wrong with it. */
export function resolvePools(draft: Draft, catalogue: Catalogue, profilesOf: ProfilesOf): PoolResolution[] {
  return draft.pools.map((entry) => {
    const choices = choicesOf(entry, draft.templates, catalogue, profilesOf);
    return 'findings' in choices ? choices : planned(choices, profilesOf, draft, catalogue);
  });
}

function planned(
  choices: Choices,
  { modelOf }: ProfilesOf,
  { batching, background }: Draft,
  catalogue: Catalogue,
): PoolResolution {
  const { profiles, serving, entry } = choices;
  const wrongLayout = layoutFindings(choices);
  const speculation = wrongLayout.length === 0 ? speculationOf(choices, modelOf, catalogue) : undefined;
  if (speculation !== undefined && 'findings' in speculation) return speculation;
  const engine = wrongLayout.length === 0 ? enginePlan(choices, speculation) : { findings: [] };
  const size = instancesOf(choices);
  if ('findings' in engine || typeof size !== 'number') {
    return {
      findings: [
        ...wrongLayout,
        ...('findings' in engine ? engine.findings : []),
        ...(typeof size === 'number' ? [] : [size]),
      ],
    };
  }
  const order = batchingOf(choices, batching, engine, catalogue);
  if ('sentence' in order) return { findings: [order] };
  const scaling = scalingPlan(choices, engine, speculation, size, background);
  return {
    pool: {
      name: entry.value.name,
      region: entry.region,
      accelerator: choices.accelerator,
      modelName: choices.model,
      role: entry.value.role,
      ...(entry.value.role === 'prefill' && { kvLink: kvLinkOf(choices, speculation?.draft) }),
      ...(entry.value.localPrefillTokens !== undefined && { localPrefillTokens: entry.value.localPrefillTokens }),
      instances: scaling?.maxInstances ?? size,
      ...livesOf(scaling, evictionPlan(choices, engine, speculation)),
      acceleratorsPerInstance: acceleratorsOf(serving),
      engine,
      ...order,
      stepCost: stepCostOf(choices, speculation),
      power: powerOf(choices),
      powerGrade: profiles.accelerator.grades?.power ?? profiles.accelerator.worstGrade,
      rentUsdPerAcceleratorHour: choices.rentUsdPerAcceleratorHour ?? profiles.accelerator.cost.rentUsdPerHour,
      grade: worstGrade([
        profiles.accelerator.worstGrade,
        profiles.model.worstGrade,
        profiles.engine.worstGrade,
        // What verifying costs follows from measured kernels, but was not compared with measured serving.
        ...(speculation === undefined ? [] : ['estimated' as const]),
      ]),
      deployed: conditionsOf(choices, speculation !== undefined),
    },
    paid: paidPool(choices, scaling?.maxInstances ?? size),
  };
}

function paidPool(choices: Choices, instances: number): Omit<PaidPool, 'region'> {
  const { accelerator, profiles, procurement, rentUsdPerAcceleratorHour, entry } = choices;
  return {
    accelerator,
    profile: profiles.accelerator,
    input: procurement,
    rentUsdPerAcceleratorHour,
    storesUsdPerAccelerator: storesUsdPerAccelerator(choices, instances),
    path: procurement === undefined ? entry.path : choices.at('procurement'),
  };
}

/** What switches its instances on and off, if anything does. */
function livesOf(scaling: ScalingPlan | undefined, eviction: EvictionPlan | undefined) {
  return { ...(scaling !== undefined && { scaling }), ...(eviction !== undefined && { eviction }) };
}

function conditionsOf(choices: Choices, speculation: boolean): PoolConditions {
  const { profiles, serving, entry } = choices;
  const { numbers, grades, worstGrade: worst } = profiles.accelerator;
  const attention = profiles.model.numbers.attention.map((it) => (isWindowed(it) ? 'windowed' : it.kind));
  return {
    accelerator: choices.accelerator,
    generation: numbers.generation,
    engine: choices.engineName,
    versionClass: profiles.engine.versionClass ?? '',
    model: choices.model,
    attention: [...new Set(attention)].sort(),
    weights: serving.weights,
    kv: serving.kv,
    sharedBy: Math.max(serving.tensorParallel, serving.expertParallel),
    dataParallel: serving.dataParallel > 1,
    speculation,
    apart: entry.value.role !== 'mixed',
    peaks: grades?.peaks ?? worst,
  };
}

function stepCostOf({ profiles, serving }: Choices, speculation: Speculation | undefined): RooflineParameters {
  const { accelerator, model, engine } = profiles;
  const cost = rooflineParameters(accelerator.numbers, model.numbers, engine.numbers, serving);
  if (speculation === undefined) return cost;
  const { draftTokens, draft } = speculation;
  return {
    ...cost,
    speculation: speculationCost(accelerator.numbers, engine.numbers, serving, draftTokens, draft),
  };
}

function layoutFindings({ accelerator, model, profiles, serving, at }: Choices): Finding[] {
  const problems = layoutProblems(profiles.accelerator.numbers, profiles.model.numbers, serving, {
    accelerator,
    model,
  });
  return problems.map(({ key, sentence }) =>
    finding(key === 'weights' || key === 'kv' ? at(key) : at('layout', key), sentence),
  );
}

function instancesOf({ accelerator, profiles, serving, entry }: Choices): number | Finding {
  const { path, value } = entry;
  const each = acceleratorsOf(serving);
  const sizes = (['instances', 'accelerators', 'nodes'] as const).filter((key) => value[key] !== undefined);
  const [key] = sizes;
  if (key === undefined) return finding(path, 'has no size — write one of instances, accelerators or nodes');
  if (sizes.length > 1)
    return finding([...path, sizes[1]!], `the size is given twice, by ${sizes.join(' and ')} — keep one`);
  if (key === 'instances') return value.instances!;
  const perUnit = key === 'nodes' ? profiles.accelerator.numbers.acceleratorsPerNode : 1;
  const accelerators = value[key]! * perUnit;
  const left = accelerators % each;
  if (left === 0) return accelerators / each;
  const whole = accelerators - left;
  const counted =
    key === 'nodes'
      ? `${accelerators} accelerators (${perUnit} a node of ${accelerator})`
      : `${accelerators} accelerators`;
  const remedy =
    key === 'nodes' ? 'change the number of nodes' : `write ${whole === 0 ? '' : `${whole} or `}${whole + each}`;
  return finding(
    [...path, key],
    `${counted} hold ${whole / each} instances of ${each}; ${left} would be left over — ${remedy}`,
  );
}

function worstGrade(grades: readonly Grade[]): Grade {
  return GRADES[Math.max(...grades.map((grade) => GRADES.indexOf(grade)))]!;
}
