import { catalogue } from '../catalogue.ts';
import { renderProblems } from '../scenario/problem.ts';
import { readScenario } from '../scenario/read-scenario.ts';
import type { TracesRead } from '../scenario/traces.ts';
import { readPolicies, readSweep } from '../scenario/variants.ts';
import type { Variant, VariantsReading } from '../scenario/variants.ts';
import { InputError } from './failure.ts';
import { FILES, plansOf, readText, skippingBadRows } from './read-plans.ts';
import type { Plans, PlansRequest } from './read-plans.ts';

/** What `compare` and `sweep` make of a scenario, all of it valid. */
export interface CheckedVariants {
  /** Names of the variants under `policies:`. */
  readonly policies: readonly string[];
  /** How many points its `sweep:` has. */
  readonly points: number;
  /** What the scenario alone is not warned of. */
  readonly warnings: readonly string[];
}

/** Of the warnings of points, so many are told. */
const WARNINGS_SHOWN = 5;

/**
 * Read and plan every variant of a scenario that is valid without them.
 *
 * @throws InputError with everything that is wrong with any of them, at its place
 */
export function checkVariants({ scenario: file, trace, skipBadRows }: PlansRequest, alone: Plans): CheckedVariants {
  const text = readText(file);
  const base = readScenario(text, file, catalogue, FILES);
  const { policies, sweep } = base.ok ? base.scenario : {};
  const named = policies && readPolicies(text, file, catalogue, FILES);
  const swept = sweep && readSweep(text, file, catalogue, FILES);
  const problems = [named, swept].flatMap((reading) => (reading?.ok === false ? reading.problems : []));
  if (problems.length > 0) throw new InputError(renderProblems(problems));
  const tracesRead: TracesRead = new Map();
  const warningsOf = ({ name, scenario }: Variant, title: string) => {
    const planned = skipBadRows === true ? skippingBadRows(scenario) : scenario;
    const { warnings } = plansOf(planned, { files: FILES, trace, tracesRead });
    return warnings.filter((warning) => !alone.warnings.includes(warning)).map((text) => `${title}${name}: ${text}`);
  };
  const ofPoints = variantsOf(swept).flatMap((point) => warningsOf(point, 'point '));
  const more = ofPoints.length - WARNINGS_SHOWN;
  return {
    policies: variantsOf(named).map(({ name }) => name),
    points: variantsOf(swept).length,
    warnings: [
      ...variantsOf(named).flatMap((policy) => warningsOf(policy, '')),
      ...ofPoints.slice(0, WARNINGS_SHOWN),
      ...(more > 0 ? [`${more} more warnings of points of the sweep`] : []),
    ],
  };
}

function variantsOf(reading: VariantsReading | undefined): readonly Variant[] {
  return reading?.ok === true ? reading.variants : [];
}
