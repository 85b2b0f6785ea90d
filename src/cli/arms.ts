import { catalogue } from '../catalogue.ts';
import { renderProblems } from '../scenario/problem.ts';
import type { TracesRead } from '../scenario/traces.ts';
import type { Scenario } from '../scenario/read-scenario.ts';
import { readPolicies } from '../scenario/variants.ts';
import { InputError, UsageError } from './failure.ts';
import { FILES, plansOf, readText } from './read-plans.ts';
import type { Plans } from './read-plans.ts';

/** One of the things that are compared: a scenario, or a policy of it. */
export interface Arm {
  readonly name: string;
  /** The file it is in. */
  readonly file: string;
  readonly scenario: Scenario;
  plans(seeds: readonly number[]): Plans;
}

/**
 * The arms of some scenario files, the baseline first: of a file with `policies:` each of them, of any other itself.
 * What makes them hard to compare is in the warnings.
 */
export function readArms(
  files: readonly string[],
  trace: string | undefined,
): { readonly arms: readonly Arm[]; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const tracesRead: TracesRead = new Map();
  const read = files.flatMap((file) => {
    const reading = readPolicies(readText(file), file, catalogue, FILES);
    if (!reading.ok) throw new InputError(renderProblems(reading.problems));
    warnings.push(...reading.warnings);
    const isPolicy = reading.variants.length > 0;
    const named = isPolicy ? reading.variants : [{ name: reading.base.name, scenario: reading.base }];
    return named.map(({ name, scenario }) => ({ name, file, scenario, isPolicy }));
  });
  if (read.length < 2) throw tooFew(files, read[0]?.isPolicy ?? false);
  const isUnique = new Set(read.map(({ name }) => name)).size === read.length;
  const arms = read.map(({ name, file, scenario }) => ({
    name: isUnique ? name : `${file}: ${name}`,
    file,
    scenario,
    plans: (seeds: readonly number[]) => plansOf(scenario, { files: FILES, seeds, trace, tracesRead }),
  }));
  if (new Set(arms.map(({ name }) => name)).size < arms.length) throw new UsageError('Name every scenario once.');
  return { arms, warnings: [...warnings, ...differences(arms)] };
}

function tooFew(files: readonly string[], isPolicy: boolean): UsageError {
  const [file] = files;
  if (file === undefined) return new UsageError('Name several scenarios to compare, or one with `policies:` in it.');
  return new UsageError(
    isPolicy
      ? `${file} has one variant under \`policies:\`, and two are needed: write \`base: {}\` above it for the scenario as it is.`
      : `${file} has no variants to compare: name another scenario, too, or write two under \`policies:\`, such as \`base: {}\` for the scenario as it is and one with a change.`,
  );
}

/** What should be alike, so that a difference is one of policy or hardware and not of what is asked or measured. */
function differences(arms: readonly Arm[]): string[] {
  const [baseline, ...others] = arms;
  return others.flatMap(({ name, scenario }) => {
    const different = ALIKE.filter(({ of }) => JSON.stringify(of(scenario)) !== JSON.stringify(of(baseline!.scenario)));
    if (different.length === 0) return [];
    const list = different.map(({ what }) => what).join(', ');
    return [`"${name}" and "${baseline!.name}" differ in ${list}: so do the requests they meet or what is measured`];
  });
}

const ALIKE: readonly { readonly what: string; of(scenario: Scenario): unknown }[] = [
  { what: 'start', of: ({ start }) => start },
  { what: 'horizon', of: ({ horizonNs }) => horizonNs },
  { what: 'warmUp', of: ({ warmUpNs }) => warmUpNs },
  {
    what: 'workloads',
    of: ({ workloads, models }) =>
      workloads.map(({ name, kind, options, file, model }) => [name, kind, options, file, models[model]]),
  },
  { what: 'slos', of: ({ slos }) => slos },
];
