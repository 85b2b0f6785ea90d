import { planMemory } from '../sim/memory.ts';
import type { EnginePlan, ModulePlan } from '../sim/plan.ts';
import type { ScalingPlan } from '../sim/scaling-plan.ts';
import { NS_PER_S, type Ns } from '../sim/units.ts';
import { backgroundPlan, longestRecallNs } from './background.ts';
import type { Catalogue, NamingKind } from './catalogue-types.ts';
import type { DecisionInput } from './decision-schema.ts';
import type { Choices } from './deployment.ts';
import { unknownName } from './did-you-mean.ts';
import type { Draft } from './draft.ts';
import { finding } from './draft.ts';
import type { Finding } from './explain.ts';
import type { Path } from './problem.ts';
import type { Speculation } from './speculation.ts';

export function moduleOf({ kind, ...options }: DecisionInput): ModulePlan {
  return { kind, options };
}

/** How a pool grows and shrinks, and how long that takes. @param startInstances what the pool says of its size @param jobs those that have what pools release */
export function scalingPlan(
  choices: Choices,
  engine: EnginePlan,
  speculation: Speculation | undefined,
  startInstances: number,
  jobs: Draft['background'],
): ScalingPlan | undefined {
  const { scaling } = choices.entry.value;
  if (scaling === undefined) return undefined;
  const { tdpWatts } = choices.profiles.accelerator.power;
  const background = backgroundPlan(jobs, choices.entry.value.name, tdpWatts);
  const { kind, minInstances, maxInstances, intervalS, provisionS, storageGBPerS, engineStartS, ...options } = scaling;
  return {
    kind,
    options,
    minInstances,
    maxInstances,
    startInstances,
    intervalNs: Math.max(1, Math.round(intervalS * NS_PER_S)),
    // A machine that is lent is there.
    provisionNs: background === undefined ? Math.round(provisionS * NS_PER_S) : longestRecallNs(background),
    loadNs: loadNsOf(choices, engine, speculation, { storageGBPerS, engineStartS }),
    ...(background !== undefined && { background }),
  };
}

/** How long an instance takes from a machine that can load its model to its first request. */
export function loadNsOf(
  choices: Choices,
  engine: EnginePlan,
  speculation: Speculation | undefined,
  { storageGBPerS, engineStartS }: { readonly storageGBPerS: number; readonly engineStartS: number },
): Ns {
  const { accelerator, model } = choices.profiles;
  const { blockTokens, maxNumSeqs } = engine;
  const request = { ...choices.serving, blockTokens, maxNumSeqs, draft: speculation?.draft };
  const { weightBytesPerAccelerator } = planMemory(accelerator.numbers, model.numbers, request);
  // A GB/s is a byte per ns.
  return Math.ceil(weightBytesPerAccelerator / storageGBPerS + engineStartS * NS_PER_S);
}

/** What is wrong between the limits of scaled pools, and their sizes and roles. */
export function scalingFindings({ pools }: Draft): Finding[] {
  return pools.flatMap(({ path, value }) => {
    const { scaling, instances, role } = value;
    if (scaling === undefined) return [];
    const { minInstances, maxInstances } = scaling;
    const at = (key: string): Path => [...path, 'scaling', key];
    if (minInstances > maxInstances) {
      const sentence = `minInstances ${minInstances} is above maxInstances ${maxInstances} — write the smaller one first`;
      return [finding(at('minInstances'), sentence)];
    }
    const findings: Finding[] = [];
    if (instances !== undefined && (instances < minInstances || instances > maxInstances)) {
      const sentence = `starts with ${instances} instances, and scaling keeps it between ${minInstances} and ${maxInstances}`;
      findings.push(finding([...path, 'instances'], `${sentence} — start within them`));
    }
    if (role !== 'mixed' && minInstances === 0) {
      const sentence = `a ${role} pool needs an instance at any time: requests are handed over as soon as their prompts are computed`;
      findings.push(finding(at('minInstances'), `${sentence} — write minInstances: 1 or more`));
    }
    return findings;
  });
}

/** Names in options that nothing of the scenario has. @param served models of the pools; undefined where that is not known */
export function namedFindings(draft: Draft, catalogue: Catalogue, served: readonly string[] | undefined): Finding[] {
  const workloads = draft.names.filter(({ noun }) => noun === 'workload').map(({ name }) => name);
  const unknown = (kinds: readonly NamingKind[], input: DecisionInput, path: Path): Finding[] => {
    const { kind, options } = moduleOf(input);
    const named = kinds.find(({ name }) => name === kind)?.namesIn?.(options) ?? [];
    return named.flatMap(({ path: within, noun, name }) => {
      const known = noun === 'workload' ? workloads : served;
      if (known === undefined || known.includes(name)) return [];
      const sentence = noun === 'workload' ? unknownName(noun, name, known) : notServed(name, known);
      return [finding([...path, ...within], sentence)];
    });
  };
  const { admission } = draft;
  return [
    ...(admission === undefined ? [] : unknown(catalogue.admission, admission.value, admission.path)),
    ...draft.workloads.flatMap(({ path, value: { modelRouting, model } }) => {
      if (modelRouting === undefined) return [];
      const at = [...path, 'modelRouting'];
      const names = Array.isArray(modelRouting['models']) ? modelRouting['models'] : [model];
      const stray = `asks for "${model}", which modelRouting does not name — write one of ${names.join(', ')}`;
      const own = names.includes(model) ? [] : [finding([...path, 'model'], stray)];
      return [...own, ...unknown(catalogue.modelRouting, modelRouting, at)];
    }),
  ];
}

function notServed(name: string, served: readonly string[]): string {
  return `no pool serves "${name}" — the pools serve ${served.join(', ')}`;
}
