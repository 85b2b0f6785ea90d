import { z } from 'zod';

const S_PER_HOUR = 3_600;
const S_PER_DAY = 24 * S_PER_HOUR;

const most = 1e15;

/** How much a workload asks for, in the form in which its planner knows it; exactly one is given. */
export const demandFields = {
  requestsPerS: z
    .number()
    .positive()
    .max(10_000_000)
    .optional()
    .describe('mean rate of requests, all turns and steps counted, requests/s'),
  sessionsPerHour: z
    .number()
    .positive()
    .max(1e9)
    .optional()
    .describe('mean rate at which sessions (conversations, single requests) begin, 1/h'),
  tokensPerDay: z
    .number()
    .positive()
    .max(most)
    .optional()
    .describe('mean prompt and output tokens together, cached ones included, tokens/d'),
  users: z
    .strictObject({
      count: z.number().positive().max(1e10).describe('how many there are, users'),
      tasksPerDay: z.number().positive().max(1e6).describe('sessions that each begins, averaged over the week, 1/d'),
    })
    .optional()
    .describe('demand by people, users'),
};

export interface StatedDemand {
  readonly requestsPerS?: number | undefined;
  readonly sessionsPerHour?: number | undefined;
  readonly tokensPerDay?: number | undefined;
  readonly users?: { readonly count: number; readonly tasksPerDay: number } | undefined;
}

interface RefinementContext {
  readonly issues: readonly { readonly code?: string | undefined }[];
  addIssue(issue: { code: 'custom'; message: string }): void;
}

export function exactlyOneDemand(
  { requestsPerS, sessionsPerHour, tokensPerDay, users }: StatedDemand,
  context: RefinementContext,
): void {
  const given = [requestsPerS, sessionsPerHour, tokensPerDay, users].filter((form) => form !== undefined).length;
  if (given === 1) return;
  // A key that is not known is probably the one that is missing, misspelt.
  if (given === 0 && context.issues.some(({ code }) => code === 'unrecognized_keys')) return;
  const found = given === 0 ? 'does not say how much is asked' : 'says more than once how much is asked';
  context.addIssue({
    code: 'custom',
    message: `${found} — give one of requestsPerS, sessionsPerHour, tokensPerDay, users`,
  });
}

/** What a session has in the mean; of the two, what is asked for is worked out. */
interface SessionMeans {
  requests(): number;
  /** Prompt and output tokens. */
  tokens(): number;
}

/** Sessions that begin per second. */
export function sessionsPerSOf(demand: StatedDemand, means: SessionMeans): number {
  const { requestsPerS, sessionsPerHour, tokensPerDay, users } = demand;
  if (sessionsPerHour !== undefined) return sessionsPerHour / S_PER_HOUR;
  if (users !== undefined) return (users.count * users.tasksPerDay) / S_PER_DAY;
  if (requestsPerS !== undefined) return requestsPerS / means.requests();
  if (tokensPerDay !== undefined) return tokensPerDay / S_PER_DAY / means.tokens();
  throw new Error('a demand passed its schema without an amount');
}
