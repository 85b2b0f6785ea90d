import type { Grade, PoolPlan } from '../sim/plan.ts';
import { GRADES } from '../sim/plan.ts';
import { dividesHeads } from '../sim/memory.ts';
import type { AcceleratorNumbers, ModelNumbers } from '../sim/profiles.ts';
import { DTYPES } from '../sim/profiles.ts';
import { rooflineParameters } from '../sim/roofline-parameters.ts';
import type { Catalogue } from './catalogue-types.ts';
import type { Choices } from './deployment.ts';
import { choicesOf } from './deployment.ts';
import type { Draft } from './draft.ts';
import { finding } from './draft.ts';
import { enginePlan } from './engine-plan.ts';
import type { Finding } from './explain.ts';

/** A pool of a plan, but for the index of its model. */
export type ResolvedPool = Omit<PoolPlan, 'model'> & { readonly modelName: string };

export type PoolResolution = { readonly pool: ResolvedPool } | { readonly findings: Finding[] };

/** Every well-formed pool with its template, names and defaults filled in, or what is wrong with it. */
export function resolvePools(draft: Draft, catalogue: Catalogue): PoolResolution[] {
  return draft.pools.map((entry) => {
    const choices = choicesOf(entry, draft.templates, catalogue);
    return 'findings' in choices ? choices : planned(choices);
  });
}

function planned(choices: Choices): PoolResolution {
  const { profiles, serving, entry } = choices;
  const layoutFindings = layoutProblems(choices);
  const engine = layoutFindings.length === 0 ? enginePlan(choices) : { findings: [] };
  const size = instancesOf(choices);
  if ('findings' in engine || typeof size !== 'number') {
    return {
      findings: [
        ...layoutFindings,
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
      instances: size,
      acceleratorsPerInstance: serving.tensorParallel,
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

function layoutProblems(choices: Choices): Finding[] {
  const { accelerator, profiles, serving, at } = choices;
  const { denseTflops, gemmMfu, kvReadSpeedup } = profiles.accelerator.numbers;
  const findings: Finding[] = [];
  const weightTypes = DTYPES.filter((type) => denseTflops[type] !== undefined && gemmMfu[type] !== undefined);
  if (!weightTypes.includes(serving.weights)) {
    const sentence = `${accelerator} has no ${serving.weights} arithmetic — it has ${weightTypes.join(', ')}`;
    findings.push(finding(at('weights'), sentence));
  }
  const kvTypes = DTYPES.filter((type) => kvReadSpeedup[type] !== undefined);
  if (!kvTypes.includes(serving.kv)) {
    const sentence = `there are no figures for a KV cache in ${serving.kv} on ${accelerator} — there are for ${kvTypes.join(', ')}`;
    findings.push(finding(at('kv'), sentence));
  }
  const group = groupProblem(choices);
  if (group !== undefined) findings.push(finding(at('layout', 'tensorParallel'), group));
  return findings;
}

function groupProblem({ accelerator, model, profiles, serving }: Choices): string | undefined {
  const { tensorParallel } = serving;
  const { acceleratorsPerNode } = profiles.accelerator.numbers;
  const possible = possibleGroups(profiles.accelerator.numbers, profiles.model.numbers);
  if (possible.includes(tensorParallel)) return undefined;
  const remedy = `possible here: ${possible.join(', ')}`;
  if (tensorParallel > acceleratorsPerNode) {
    return `${tensorParallel} accelerators are more than the ${acceleratorsPerNode} of a node of ${accelerator} — ${remedy}`;
  }
  if (!dividesHeads(profiles.model.numbers, tensorParallel)) {
    const { queryHeads, kvHeads } = profiles.model.numbers.attention;
    return `${tensorParallel} accelerators cannot share the ${queryHeads} query and ${kvHeads} KV heads of ${model} — ${remedy}`;
  }
  return `there are no figures for groups of ${tensorParallel} on ${accelerator} — ${remedy}`;
}

/** Sizes of tensor-parallel groups that share the model's heads evenly and whose all-reduce is known. */
function possibleGroups(accelerator: AcceleratorNumbers, model: ModelNumbers): number[] {
  const sizes = [1, ...Object.keys(accelerator.allReduce).map(Number)];
  return [...new Set(sizes)]
    .filter((size) => size <= accelerator.acceleratorsPerNode && dividesHeads(model, size))
    .sort((a, b) => a - b);
}

function instancesOf({ accelerator, profiles, serving, entry }: Choices): number | Finding {
  const { path, value } = entry;
  const { tensorParallel } = serving;
  const sizes = (['instances', 'accelerators', 'nodes'] as const).filter((key) => value[key] !== undefined);
  const [key] = sizes;
  if (key === undefined) return finding(path, 'has no size — write one of instances, accelerators or nodes');
  if (sizes.length > 1)
    return finding([...path, sizes[1]!], `the size is given twice, by ${sizes.join(' and ')} — keep one`);
  if (key === 'instances') return value.instances!;
  const perUnit = key === 'nodes' ? profiles.accelerator.numbers.acceleratorsPerNode : 1;
  const accelerators = value[key]! * perUnit;
  const left = accelerators % tensorParallel;
  if (left === 0) return accelerators / tensorParallel;
  const whole = accelerators - left;
  const counted =
    key === 'nodes'
      ? `${accelerators} accelerators (${perUnit} a node of ${accelerator})`
      : `${accelerators} accelerators`;
  const remedy =
    key === 'nodes'
      ? 'change the number of nodes'
      : `write ${whole === 0 ? '' : `${whole} or `}${whole + tensorParallel}`;
  return finding(
    [...path, key],
    `${counted} hold ${whole / tensorParallel} instances of ${tensorParallel}; ${left} would be left over — ${remedy}`,
  );
}

function worstGrade(grades: readonly Grade[]): Grade {
  return GRADES[Math.max(...grades.map((grade) => GRADES.indexOf(grade)))]!;
}
