import type { SubscriptionPlan } from '../sim/money-plan.ts';
import type { CostFigure } from './figures.ts';
import { meanTaken, subscriptionOutcome } from './subscription.ts';

const MILLION = 1e6;

/** What the users who take so many tokens pay for them, USD: a fee buys what a user takes on average in a month. */
export function subscriptionUsd(plan: SubscriptionPlan, tokens: number): number {
  const userMonths = tokens / MILLION / meanTaken(plan, plan.capMtokPerUserMonth ?? Infinity);
  return userMonths * plan.usdPerUserMonth;
}

/** @param usd what the tokens cost to serve */
export function subscriptionFigures(plan: SubscriptionPlan, usd: number, tokens: number): CostFigure[] {
  if (tokens === 0 || usd <= 0) return [];
  const { losingShare, breakEvenCapMtok, decileMarginUsd } = subscriptionOutcome(plan, (usd * MILLION) / tokens);
  return [
    { metric: 'losing_users', statistic: 'share', value: losingShare },
    { metric: 'heaviest_tenth_margin', statistic: 'mean', value: decileMarginUsd.at(-1) },
    { metric: 'break_even_cap', statistic: 'mean', value: breakEvenCapMtok },
  ];
}
