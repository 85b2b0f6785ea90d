import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { FITTED_COEFFICIENTS, presentValue, withFactors } from '../../src/validation/fitted-coefficients.ts';
import type { LeaveOut } from '../../src/validation/leave-out.ts';
import { leaveOut } from '../../src/validation/leave-out.ts';
import { prepare } from '../../src/validation/validate.ts';
import type { ValidationCase } from '../../src/validation/read-cases.ts';
import { measureRun } from '../../src/workers/measure-run.ts';
import { FileSource } from '../../src/workers/file-source.ts';
import { casesOf } from './cases.ts';

const options = { files: { open: (path: string) => new FileSource(path) } };

/** Two models on one engine, each alone and with more users. */
const TWO_FAMILIES = `suite: two
about: for tests
shared:
  accelerator: h100-sxm
  source: nobody
  engine: { kind: vllm, maxNumSeqs: 8 }
  measured: { tpotMeanMs: 1 }
  workload: { stages: [{ requests: 8 }], promptTokens: 100, outputTokens: 20 }
groups:
  - shared: { model: llama-3.1-8b, tags: { family: one } }
    points: [{ id: a, workload: { concurrency: 1 } }, { id: b, workload: { concurrency: 4 } }]
  - shared: { model: qwen3-8b, tags: { family: two } }
    points: [{ id: c, workload: { concurrency: 1 } }, { id: d, workload: { concurrency: 4 } }]
`;

/** The cases as if the coefficients had these factors and somebody had measured it. */
function measuredWith(logFactors: readonly number[]): ValidationCase[] {
  const cases = casesOf(TWO_FAMILIES);
  const prepared = prepare(cases, withFactors(catalogue, logFactors), options);
  const runs = prepared.plans.map((plan) => ({ kind: 'measured' as const, times: measureRun(plan, catalogue) }));
  return prepared.compare(runs).cases.map((outcome) => {
    if (outcome.status !== 'compared') throw new Error('every case can be simulated');
    return { ...outcome.given, measured: { tpotMeanMs: outcome.comparisons[0]!.simulated } };
  });
}

const leftOutOf = (cases: readonly ValidationCase[]): Promise<LeaveOut> =>
  leaveOut(cases, ['family'], catalogue, options, (plans) =>
    Promise.resolve(plans.map((plan) => ({ kind: 'measured' as const, times: measureRun(plan, catalogue) }))),
  );

const factorOf = (name: string, logFactor: number) =>
  FITTED_COEFFICIENTS.map((coefficient) => (coefficient.name === name ? logFactor : 0));

describe('coefficients', () => {
  test('have a value in the profiles, so that there is something to fit', () => {
    const values = FITTED_COEFFICIENTS.map((coefficient) => presentValue(coefficient, catalogue));

    expect(values.filter((value) => !(value > 0))).toEqual([]);
    expect(new Set(FITTED_COEFFICIENTS.map(({ name }) => name)).size).toBe(FITTED_COEFFICIENTS.length);
  });

  test.each(FITTED_COEFFICIENTS.map((coefficient) => [coefficient.name, coefficient] as const))(
    '%s is changed where it stands',
    (name, coefficient) => {
      const changed = withFactors(catalogue, factorOf(name, -0.1));

      expect(presentValue(coefficient, changed) / presentValue(coefficient, catalogue)).toBeCloseTo(Math.exp(-0.1), 9);
    },
  );
});

describe('leaving out', () => {
  test(
    'fits what was measured better than the profiles do, and a model it has not seen as well',
    { timeout: 120_000 },
    async () => {
      // Steps of another version take a sixth longer.
      const { asTheyAre, refitted, leftOut } = await leftOutOf(measuredWith(factorOf('layerFloorUs of vllm', 0.3)));
      const errors = [asTheyAre, refitted, leftOut[0]!.aggregates].map((of) => of[0]!.meanApePct);

      expect(errors[0]).toBeGreaterThan(5);
      // Two families may both be off for reasons of their own, so a part of it remains.
      expect(errors[1]).toBeLessThan(0.8 * errors[0]!);
      expect(errors[2]).toBeLessThan(0.9 * errors[0]!);
      expect(leftOut[0]!.aggregates[0]).toMatchObject({ suite: 'two', metric: 'tpotMeanMs', cases: 4 });
    },
  );

  test('asks nothing of what was measured of the model left out', { timeout: 120_000 }, async () => {
    // A suite is asked about if it has somebody else in it; of a third family nothing is fitted here.
    const cases = measuredWith(factorOf('layerFloorUs of vllm', 0.1)).map((given) => {
      const suite = given.tags!['family']!;
      if (given.id === 'a' || given.id === 'c') return { ...given, suite };
      return { ...given, suite, tags: { family: 'third' }, measured: { e2eMeanMs: 1 } };
    });
    const measuredOf = (id: string) => cases.find((given) => given.id === id)!.measured.tpotMeanMs!;
    const [ofOne, ofTwo] = [measuredOf('a'), measuredOf('c')];
    const wrong = cases.map((given) =>
      given.id === 'a' ? { ...given, measured: { tpotMeanMs: 1.3 * ofOne } } : given,
    );
    const simulated = ({ leftOut }: LeaveOut, suite: string, measured: number) => {
      const row = leftOut[0]!.aggregates.find((each) => each.suite === suite && each.metric === 'tpotMeanMs')!;
      return measured * (1 + row.biasPct / 100);
    };
    const [right, other] = [await leftOutOf(cases), await leftOutOf(wrong)];

    expect(simulated(other, 'one', 1.3 * ofOne)).toBeCloseTo(simulated(right, 'one', ofOne), 9);
    // What it was measured to take says something of the other one.
    expect(simulated(other, 'two', ofTwo)).toBeGreaterThan(1.01 * simulated(right, 'two', ofTwo));
  });

  test(
    'takes many cases of one family for little more than one: they may be off together',
    { timeout: 120_000 },
    async () => {
      const cases = measuredWith(factorOf('layerFloorUs of vllm', 0.3));
      const repeated = ['b', 'c', 'd'].map((again) => ({ ...cases[0]!, id: `a${again}` }));
      const errorOfTwo = async (given: readonly ValidationCase[]) => {
        const { leftOut } = await leftOutOf(
          given.map((each) => ({ ...each, suite: each.tags!['family']! })).concat(third),
        );
        return leftOut[0]!.aggregates.find(({ suite }) => suite === 'two')!.biasPct;
      };
      // Somebody else of each suite, of whom nothing is fitted.
      const third = ['one', 'two'].map((suite) => ({
        ...cases[0]!,
        id: `of ${suite}`,
        suite,
        tags: { family: 'third' },
        measured: { e2eMeanMs: 1 },
      }));

      expect(Math.abs((await errorOfTwo([...cases, ...repeated])) - (await errorOfTwo(cases)))).toBeLessThan(1);
    },
  );
});
