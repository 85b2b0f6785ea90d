import type { Grade, PoolPlan } from '../sim/plan.ts';
import { GRADES } from '../sim/plan.ts';
import { rooflineParameters } from '../sim/roofline-parameters.ts';
import { acceleratorsOf, layoutProblems } from '../sim/serving-layout.ts';
import type { Catalogue } from './catalogue-types.ts';
import type { Choices } from './deployment.ts';
import { choicesOf } from './deployment.ts';
import type { Draft } from './draft.ts';
import { finding } from './draft.ts';
import { enginePlan } from './engine-plan.ts';
import type { Finding } from './explain.ts';
import { kvLinkOf } from './kv-links.ts';
import type { ModelOf } from './model-files.ts';

/** A pool of a plan, but for the index of its model. */
export type ResolvedPool = Omit<PoolPlan, 'model'> & { readonly modelName: string };

export type PoolResolution = { readonly pool: ResolvedPool } | { readonly findings: Finding[] };

/** Every well-formed pool with its template, names and defaults filled in, or what is wrong with it. */
export function resolvePools(draft: Draft, catalogue: Catalogue, modelOf: ModelOf): PoolResolution[] {
  return draft.pools.map((entry) => {
    const choices = choicesOf(entry, draft.templates, catalogue, modelOf);
    return 'findings' in choices ? choices : planned(choices);
  });
}

function planned(choices: Choices): PoolResolution {
  const { profiles, serving, entry } = choices;
  const wrongLayout = layoutFindings(choices);
  const engine = wrongLayout.length === 0 ? enginePlan(choices) : { findings: [] };
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
  return {
    pool: {
      name: entry.value.name,
      region: entry.region,
      accelerator: choices.accelerator,
      modelName: choices.model,
      role: entry.value.role,
      ...(entry.value.role === 'prefill' && { kvLink: kvLinkOf(choices) }),
      instances: size,
      acceleratorsPerInstance: acceleratorsOf(serving),
      engine,
      stepCost: rooflineParameters(
        profiles.accelerator.numbers,
        profiles.model.numbers,
        profiles.engine.numbers,
        serving,
      ),
      rentUsdPerAcceleratorHour: choices.rentUsdPerAcceleratorHour ?? profiles.accelerator.cost.rentUsdPerHour,
      grade: worstGrade([profiles.accelerator.worstGrade, profiles.model.worstGrade, profiles.engine.worstGrade]),
    },
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
