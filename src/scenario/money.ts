import { z } from 'zod';
import type { MoneyPlan, PoolMoneyPlan } from '../sim/money-plan.ts';
import { COST_BASES, IDLE_RULES } from '../sim/money-plan.ts';
import type { RegionPlan } from '../sim/plan.ts';
import { isAsking } from './background-input.ts';
import type { Catalogue } from './catalogue-types.ts';
import { commitmentPlans } from './commitments.ts';
import { finding } from './draft.ts';
import type { Finding } from './explain.ts';
import { known } from './fields.ts';
import { faultProblems } from './file-faults.ts';
import type { Files } from './files.ts';
import type { PaidPool } from './procurement.ts';
import { procured } from './procurement.ts';
import type { Path, Problem } from './problem.ts';
import { fileSeries, type WrongFiles } from './series-files.ts';
import { regionMoney, regionPlan } from './region-money.ts';
import { BookOfRents } from './rents.ts';
import { salesKeys, workloadMoney } from './sales.ts';
import type { ScenarioInput } from './schema.ts';
import { pathFrom, textOf, unreadable } from './text-files.ts';

/** What a scenario may say of money as a whole. */
export function moneySchema(catalogue: Catalogue) {
  return z
    .strictObject({
      costBasis: known(
        'cost basis',
        COST_BASES,
        'what a dollar stands for: `economic` (capital as an annuity), `accounting` (straight-line depreciation) or `cash` (what is paid in the window)',
      ).default('economic'),
      idleRule: known(
        'idle rule',
        IDLE_RULES,
        'who is charged for idle time: `pro-rata` (as the busy time was caused), `peak-responsible` (who makes the busiest quarter of an hour) or `reserved` (who has reserved the capacity)',
      ).default('pro-rata'),
      priceBook: z
        .string()
        .min(1)
        .optional()
        .describe('a CSV file of rents, relative to the scenario (default: the one of the program)'),
      ...salesKeys(catalogue),
    })
    .describe('cost basis, who pays for idle time, and what customers pay');
}

/** Where a scenario and its files come from. */
export interface MoneySources {
  readonly catalogue: Catalogue;
  readonly files: Files;
  readonly file: string;
}

export interface MoneyReading {
  /** Absent when the scenario says nothing of money. */
  readonly plan?: MoneyPlan;
  readonly regions: readonly RegionPlan[];
  readonly warnings: readonly string[];
  readonly findings: readonly Finding[];
  /** In files beside the scenario. */
  readonly problems: readonly Problem[];
}

/** Money and carbon of a well-formed scenario, every default filled in; or everything that is wrong with them. */
export function readMoney(input: ScenarioInput, pools: readonly PaidPool[], sources: MoneySources): MoneyReading {
  const { prices } = sources.catalogue;
  const regions = input.regions.map((region) => regionPlan(region, prices));
  const nothing = { regions, warnings: [], findings: [], problems: [] };
  if (!saysMoney(input, pools)) return nothing;
  const wrong: WrongFiles = { findings: [], problems: [] };
  const money = input.money ?? moneySchema(sources.catalogue).parse({});
  const regionPlans = input.regions.map((region, index) => regionMoney(region, index, input, sources, wrong));
  const book = bookOf(money.priceBook, input.start, sources, wrong);
  if (book === undefined) return { ...nothing, ...wrong };
  const { start, horizon } = input;
  const rents = {
    book,
    horizonNs: horizon,
    overTime: (path: string, at: Path) => fileSeries({ quantity: 'rent', path, at, start, horizon }, sources, wrong),
  };
  const paid = pools.map((pool) => procured(pool, rents));
  const commitments = commitmentPlans(
    input.commitments,
    input.regions.map(({ name }) => name),
    book,
  );
  const sales = workloadMoney(money, input.workloads.filter(isAsking), prices.listPrices);
  const findings = [
    ...wrong.findings,
    ...paid.flatMap((each) => ('sentence' in each ? [each] : [])),
    ...commitments.findings,
    ...sales.findings,
    ...withoutShares(money),
  ];
  const { problems } = wrong;
  if (findings.length > 0 || problems.length > 0) return { ...nothing, findings, problems };
  const plan: MoneyPlan = {
    costBasis: money.costBasis,
    idleRule: money.idleRule,
    regions: regionPlans,
    pools: paid.filter((each): each is PoolMoneyPlan => !('sentence' in each)),
    commitments: commitments.plans,
    workloads: sales.plans,
  };
  return { ...nothing, plan, warnings: book.warnings };
}

function saysMoney({ money, commitments, regions }: ScenarioInput, pools: readonly PaidPool[]): boolean {
  return (
    money !== undefined ||
    commitments.length > 0 ||
    pools.some(({ input }) => input !== undefined) ||
    regions.some((region) => {
      const { site, electricity, carbon, carbonGramsPerKWh, demandChargeUsdPerKWMonth } = region;
      const given = [site, electricity, carbon, carbonGramsPerKWh].some((each) => each !== undefined);
      return given || demandChargeUsdPerKWMonth > 0;
    })
  );
}

function withoutShares({ idleRule, reserved }: NonNullable<ScenarioInput['money']>): Finding[] {
  if (idleRule !== 'reserved' || Object.values(reserved).some((share) => share > 0)) return [];
  const sentence = '`reserved` needs to know who has reserved what — write reserved: { <workload>: <share> } beside it';
  return [finding(['money', 'idleRule'], sentence)];
}

function bookOf(
  path: string | undefined,
  start: string,
  { catalogue, files, file }: MoneySources,
  wrong: WrongFiles,
): BookOfRents | undefined {
  if (path === undefined) return new BookOfRents('the price book', false, catalogue.prices.rents, start);
  const where = pathFrom(file, path);
  let text: string;
  try {
    text = textOf(files, where, 'a price book');
  } catch (error) {
    const sentence = unreadable(where, error, 'price book', 'CSV file');
    wrong.findings.push(finding(['money', 'priceBook'], sentence));
    return undefined;
  }
  const reading = catalogue.prices.readPriceBook(text);
  if ('entries' in reading) return new BookOfRents(where, true, reading.entries, start);
  wrong.problems.push(...faultProblems(where, reading.faults));
  return undefined;
}
