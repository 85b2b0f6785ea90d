import { z } from 'zod';
import type { CommitmentPlan } from '../sim/money-plan.ts';
import { acceleratorName } from './accelerator-files.ts';
import type { Catalogue } from './catalogue-types.ts';
import { unknownName } from './did-you-mean.ts';
import { finding } from './draft.ts';
import type { Finding } from './explain.ts';
import { size } from './fields.ts';
import type { BookOfRents } from './rents.ts';

const HOURS_PER_YEAR = 8_760;
const COST_OF_CAPITAL = 0.1;

export type CommitmentInput = z.output<ReturnType<typeof commitmentsSchema>>[number];

/** Accelerators that are paid for, needed or not. */
export function commitmentsSchema(catalogue: Catalogue) {
  return z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('how results refer to it'),
        kind: z.literal('reserve').default('reserve').describe('reserved for a term (the only kind)'),
        accelerator: acceleratorName(catalogue),
        region: z.string().describe('name of the region'),
        accelerators: size('how many'),
        termYears: z.number().positive().default(1).describe('length of the contract, years (default: 1)'),
        usdPerAcceleratorHour: z.number().min(0).optional().describe('rent, USD/h (default: that of the price book)'),
        upfrontUsdPerAccelerator: z
          .number()
          .min(0)
          .default(0)
          .describe('paid in advance, once per accelerator, USD (default: 0)'),
        costOfCapital: z
          .number()
          .min(0)
          .lt(1)
          .default(COST_OF_CAPITAL)
          .describe(`of what is paid in advance, per year, as a share (default: ${COST_OF_CAPITAL})`),
        takeOrPay: z
          .number()
          .min(0)
          .max(1)
          .default(1)
          .describe('share of the rent that is due for hours nobody uses, in [0, 1] (default: 1)'),
      }),
    )
    .default([])
    .describe('contracts that cover pools rented by the hour, filled in this order');
}

/** With prices from the book where none is written; or what is wrong. */
export function commitmentPlans(
  inputs: readonly CommitmentInput[],
  regions: readonly string[],
  book: BookOfRents,
): { readonly plans: readonly CommitmentPlan[]; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const plans = inputs.map((input, index): CommitmentPlan => {
    const path = ['commitments', index];
    const { kind, name, accelerator, accelerators, termYears, upfrontUsdPerAccelerator, costOfCapital, takeOrPay } =
      input;
    const region = regions.indexOf(input.region);
    if (region < 0) findings.push(finding([...path, 'region'], unknownName('region', input.region, regions)));
    if (inputs.findIndex((other) => other.name === name) < index) {
      findings.push(finding([...path, 'name'], `the commitment name "${name}" is taken — names are unique`));
    }
    const usdPerAcceleratorHour =
      input.usdPerAcceleratorHour ?? book.find(input, kind, termYears)?.usdPerAcceleratorHour;
    if (usdPerAcceleratorHour === undefined && region >= 0) {
      findings.push(finding(path, book.missing(input, kind, termYears, 'usdPerAcceleratorHour')));
    }
    return {
      name,
      accelerator,
      region,
      accelerators,
      upfrontUsdPerAccelerator,
      costOfCapital,
      takeOrPay,
      termHours: termYears * HOURS_PER_YEAR,
      usdPerAcceleratorHour: usdPerAcceleratorHour ?? 0,
    };
  });
  return { plans, findings };
}
