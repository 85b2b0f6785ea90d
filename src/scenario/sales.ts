import { z } from 'zod';
import type { SubscriptionPlan, TariffPlan, WorkloadMoneyPlan } from '../sim/money-plan.ts';
import type { Catalogue } from './catalogue-types.ts';
import { unknownName } from './did-you-mean.ts';
import { finding } from './draft.ts';
import type { Finding } from './explain.ts';
import { known } from './fields.ts';
import type { ListPriceEntry } from './price-catalogue.ts';
import type { WorkloadInput } from './schema.ts';

const BATCH_DISCOUNT = 0.5;
const SIGMA = 1.5;
/** Kind of the workloads that are sold at the price of batches. */
const BATCH = 'batch';

type TariffInput = z.output<ReturnType<typeof tariffSchema>>;
type SubscriptionInput = z.output<ReturnType<typeof subscriptionSchema>>;

/** What customers pay. */
export function salesKeys({ prices }: Catalogue) {
  return {
    tariffs: z
      .record(z.string(), tariffSchema(prices.listPrices.map(({ name }) => name)))
      .default({})
      .describe('price lists by model, as in llama-3.1-70b: { like: llama-3.3-70b }'),
    subscriptions: z.array(subscriptionSchema()).default([]).describe('workloads that are sold for a flat fee'),
    reserved: z
      .record(z.string(), z.number().min(0))
      .default({})
      .describe('by workload, the capacity it has reserved; only the proportions matter (for idleRule: reserved)'),
  };
}

function tariffSchema(lists: readonly string[]) {
  const usd = (what: string) =>
    z.number().min(0).optional().describe(`price of ${what}, USD per million tokens (default: that of \`like\`)`);
  return z.strictObject({
    like: known('price list', lists, 'a price list of a provider; keys beside it win').optional(),
    inputUsdPerMtok: usd('input tokens'),
    cachedUsdPerMtok: usd('cached input tokens'),
    cacheWriteUsdPerMtok: usd('input tokens that the customer wants cached'),
    outputUsdPerMtok: usd('output tokens, hidden ones included'),
    cacheWriteShare: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('share of the input tokens not yet cached that are billed as cache writes, in [0, 1] (default: 0)'),
    batchDiscount: z
      .number()
      .min(0)
      .max(1)
      .default(BATCH_DISCOUNT)
      .describe(`what workloads of kind batch pay less, as a share (default: ${BATCH_DISCOUNT})`),
  });
}

function subscriptionSchema() {
  return z.strictObject({
    workload: z.string().describe('name of the workload'),
    usdPerUserMonth: z.number().positive().describe('the fee, USD per user and month'),
    meanMtokPerUserMonth: z
      .number()
      .positive()
      .describe('what a user would take on average without a cap, million tokens per month'),
    sigma: z
      .number()
      .positive()
      .max(5)
      .default(SIGMA)
      .describe(`spread of users: standard deviation of the logarithm of what they take (default: ${SIGMA})`),
    capMtokPerUserMonth: z
      .number()
      .positive()
      .optional()
      .describe('most that a user may take, million tokens per month (default: no cap)'),
  });
}

interface SalesInput {
  readonly tariffs: Readonly<Record<string, TariffInput>>;
  readonly subscriptions: readonly SubscriptionInput[];
  readonly reserved: Readonly<Record<string, number>>;
}

/** One per workload: what it has reserved and what it brings in; or what is wrong. */
export function workloadMoney(
  { tariffs, subscriptions, reserved }: SalesInput,
  workloads: readonly WorkloadInput[],
  listPrices: readonly ListPriceEntry[],
): { readonly plans: readonly WorkloadMoneyPlan[]; readonly findings: readonly Finding[] } {
  const models = [...new Set(workloads.map(({ model }) => model))];
  const names = workloads.map(({ name }) => name);
  const at = (...keys: (string | number)[]) => ['money', ...keys];
  const findings = [
    ...Object.keys(tariffs).flatMap((model) =>
      models.includes(model) ? [] : [finding(at('tariffs', model), unknownName('model', model, models))],
    ),
    ...subscriptions.flatMap(({ workload }, index) =>
      names.includes(workload)
        ? []
        : [finding(at('subscriptions', index, 'workload'), unknownName('workload', workload, names))],
    ),
    ...Object.keys(reserved).flatMap((workload) =>
      names.includes(workload) ? [] : [finding(at('reserved', workload), unknownName('workload', workload, names))],
    ),
    ...Object.entries(tariffs).flatMap(([model, { like, inputUsdPerMtok, outputUsdPerMtok }]) =>
      like !== undefined || (inputUsdPerMtok !== undefined && outputUsdPerMtok !== undefined)
        ? []
        : [
            finding(
              at('tariffs', model),
              'has no price — write like: with a price list, or inputUsdPerMtok and outputUsdPerMtok',
            ),
          ],
    ),
  ];
  if (findings.length > 0) return { plans: [], findings };
  const plans = workloads.map(({ name, model, kind }): WorkloadMoneyPlan => {
    const tariff = tariffs[model];
    const subscription = subscriptions.find(({ workload }) => workload === name);
    // A flat fee is instead of a price list.
    const isMetered = tariff !== undefined && subscription === undefined;
    return {
      reservedShare: reserved[name] ?? 0,
      ...(isMetered && { tariff: tariffPlan(tariff, listPrices, kind === BATCH) }),
      ...(subscription !== undefined && { subscription: subscriptionPlan(subscription) }),
    };
  });
  return { plans, findings };
}

function tariffPlan(input: TariffInput, listPrices: readonly ListPriceEntry[], isBatch: boolean): TariffPlan {
  const list = listPrices.find(({ name }) => name === input.like);
  const factor = isBatch ? 1 - input.batchDiscount : 1;
  const inputPrice = input.inputUsdPerMtok ?? list?.input ?? 0;
  return {
    input: inputPrice * factor,
    cached: (input.cachedUsdPerMtok ?? list?.cached ?? inputPrice) * factor,
    cacheWrite: (input.cacheWriteUsdPerMtok ?? list?.cacheWrite ?? inputPrice) * factor,
    output: (input.outputUsdPerMtok ?? list?.output ?? 0) * factor,
    cacheWriteShare: input.cacheWriteShare,
  };
}

function subscriptionPlan(input: SubscriptionInput): SubscriptionPlan {
  const { usdPerUserMonth, meanMtokPerUserMonth, sigma, capMtokPerUserMonth } = input;
  return {
    usdPerUserMonth,
    meanMtokPerUserMonth,
    sigma,
    ...(capMtokPerUserMonth !== undefined && { capMtokPerUserMonth }),
  };
}
