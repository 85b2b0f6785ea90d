import { askingFindings, backgroundFindings } from './background.ts';
import type { Catalogue } from './catalogue-types.ts';
import { namedFindings, scalingFindings } from './decisions.ts';
import { unknownName } from './did-you-mean.ts';
import type { Draft } from './draft.ts';
import { finding } from './draft.ts';
import { evictionFindings } from './evictions.ts';
import type { Finding } from './explain.ts';
import { pathText } from './problem.ts';
import { roleFindings } from './roles.ts';

/** What is wrong between the parts of a scenario, though each may be well-formed. Pools have a file of their own. */
export function crossChecks(draft: Draft, catalogue: Catalogue): Finding[] {
  return [
    ...repeatedNames(draft),
    ...times(draft),
    ...unservedModels(draft),
    ...roleFindings(draft),
    ...scalingFindings(draft),
    ...backgroundFindings(draft),
    ...askingFindings(draft),
    ...evictionFindings(draft),
    ...namedFindings(draft, catalogue, servedModels(draft)),
    ...objectives(draft),
  ];
}

/** Each is a row for every pool. */
const MOST_INTERVALS = 1_000_000;

function repeatedNames({ names }: Draft): Finding[] {
  const first = new Map<string, string>();
  return names.flatMap(({ noun, path, name }) => {
    const key = `${noun} ${name}`;
    const taken = first.get(key);
    if (taken === undefined) first.set(key, pathText(path));
    return taken === undefined
      ? []
      : [finding(path, `the ${noun} name "${name}" is taken by ${taken} — names are unique`)];
  });
}

function times({ horizonNs, warmUpNs = 0, timelineIntervalNs = horizonNs }: Draft): Finding[] {
  // What is wrong with the horizon itself is said elsewhere.
  if (horizonNs === undefined || timelineIntervalNs === undefined) return [];
  const findings: Finding[] = [];
  if (horizonNs === 0) findings.push(finding(['horizon'], 'must be longer than 0'));
  else if (warmUpNs >= horizonNs) {
    findings.push(finding(['warmUp'], 'the warm-up leaves nothing to measure — make it shorter than the horizon'));
  }
  if (timelineIntervalNs * MOST_INTERVALS < horizonNs) {
    const sentence = `cuts the horizon into more than ${MOST_INTERVALS} intervals — make it longer`;
    findings.push(finding(['timelineInterval'], sentence));
  }
  return findings;
}

/** Models that the pools serve; undefined where that is not known, because something is wrong with a pool. */
function servedModels({ pools, templates, everyPool }: Draft): readonly string[] | undefined {
  if (!everyPool) return undefined;
  const served = pools.map(
    ({ value: { model, template } }) => model ?? (template === undefined ? undefined : templates.get(template)?.model),
  );
  const known = served.filter((model) => model !== undefined);
  return known.length === served.length ? [...new Set(known)] : undefined;
}

function unservedModels(draft: Draft): Finding[] {
  const served = servedModels(draft);
  if (served === undefined) return [];
  return draft.workloads.flatMap(({ path, value }) =>
    served.includes(value.model)
      ? []
      : [finding([...path, 'model'], `no pool serves "${value.model}" — the pools serve ${served.join(', ')}`)],
  );
}

function objectives({ slos, names, background }: Draft): Finding[] {
  const idle = background.map(({ value }) => value.name);
  const known = names.flatMap(({ noun, name }) => (noun === 'workload' && !idle.includes(name) ? [name] : []));
  const classOf = new Map<string, string>();
  return slos.flatMap(({ path, value }) => {
    const findings: Finding[] = [];
    if (value.ttftMs === undefined && value.tpotMs === undefined && value.e2eMs === undefined) {
      findings.push(finding(path, 'has no objective — add ttftMs, tpotMs or e2eMs, such as ttftMs: { p95: 500 }'));
    }
    const { workload } = value.match;
    const matched =
      typeof workload === 'string'
        ? [{ name: workload, at: [] }]
        : (workload ?? []).map((name, index) => ({ name, at: [index] }));
    for (const name of workload === undefined ? known : matched.map((match) => match.name)) {
      const taken = classOf.get(name);
      classOf.set(name, value.class);
      if (taken === undefined || !known.includes(name)) continue;
      const sentence = `the classes "${taken}" and "${value.class}" both cover the workload "${name}"`;
      const remedy = 'a request has one class: name the workloads of each with match: { workload: … }';
      findings.push(finding(workload === undefined ? path : [...path, 'match'], `${sentence} — ${remedy}`));
    }
    for (const { name, at } of matched) {
      if (!known.includes(name))
        findings.push(finding([...path, 'match', 'workload', ...at], unknownName('workload', name, known)));
    }
    return findings;
  });
}
