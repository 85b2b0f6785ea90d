import { check } from '../scenario/explain.ts';
import type { Path, Problem } from '../scenario/problem.ts';
import type { Source } from '../scenario/source.ts';
import { parseSource } from '../scenario/source.ts';
import { caseFile, completeCase } from './case-schema.ts';
import type { CaseSettings } from './case-schema.ts';
import { merged, withPaths } from './merge.ts';

export interface ValidationCase extends CaseSettings {
  readonly suite: string;
  /** A problem of this case, where it is written. */
  problem(sentence: string): Problem;
}

export type CasesReading =
  | { readonly ok: true; readonly suite: string; readonly about: string; readonly cases: readonly ValidationCase[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The cases of one file, or everything that is wrong with it. */
export function readCases(text: string, file: string): CasesReading {
  const parsed = parseSource(text, file);
  if ('problems' in parsed) return { ok: false, problems: parsed.problems };
  const { source } = parsed;
  const checked = check(caseFile, source.value);
  if ('findings' in checked) {
    const problems = checked.findings.map(({ path, sentence, atKey }) =>
      atKey ? source.problemAtKey(path, sentence) : source.problem(path, sentence),
    );
    return { ok: false, problems };
  }
  const { suite, about, shared = {}, groups } = checked.value;
  const readings = groups.flatMap(({ shared: ofGroup = {}, points = [], columns = [], rows = [] }, index) => {
    const inherited = merged(shared, ofGroup);
    const at = ['groups', index];
    return [
      ...points.map((point, k) => completed(suite, merged(inherited, point), [...at, 'points', k], source)),
      ...rows.map((row, k) => {
        const path = [...at, 'rows', k];
        const values = withPaths(columns, row);
        return typeof values === 'string'
          ? { problems: [source.problem(path, values)] }
          : completed(suite, merged(inherited, values), path, source);
      }),
    ];
  });
  const cases = readings.flatMap((reading) => ('case' in reading ? [reading.case] : []));
  const problems = [...readings.flatMap((reading) => ('problems' in reading ? reading.problems : [])), ...twice(cases)];
  return problems.length > 0 ? { ok: false, problems } : { ok: true, suite, about, cases };
}

type Reading = { readonly case: ValidationCase } | { readonly problems: readonly Problem[] };

/** What is wrong with a row is said of the row: what it inherits may stand elsewhere. */
function completed(suite: string, settings: Readonly<Record<string, unknown>>, path: Path, source: Source): Reading {
  const checked = check(completeCase, settings);
  if ('findings' in checked) {
    return { problems: checked.findings.map((found) => source.problem([...path, ...found.path], found.sentence)) };
  }
  const wholeCase = { ...checked.value, suite, problem: (sentence: string) => source.problem(path, sentence) };
  return { case: wholeCase };
}

function twice(cases: readonly ValidationCase[]): Problem[] {
  const ids = new Set<string>();
  return cases.flatMap(({ id, suite, problem }) => {
    if (ids.has(id)) return [problem(`the suite "${suite}" has a case "${id}" already — ids are unique`)];
    ids.add(id);
    return [];
  });
}
