/**
 * Who caused what a fleet cost. Time-driven activity-based costing (Kaplan and Anderson, 2004), as in rent.ts, request by
 * request: what a pool spends on prompts is spread over its requests in proportion to their prefill time, what it spends
 * on decoding in proportion to their decode time. Dollars, joules and grams are spread alike. A cached token takes no
 * time of an accelerator: what attending to it adds is prefill time of the tokens after it.
 *
 * Nothing is lost: the direct amounts of all rows add up to the bill. Idle time and commitments that nobody uses have
 * rows of their own, and are charged to the other rows once more as `loaded`, by the rule of idle-weights.ts.
 */
import type { Amounts, PoolAccount, PoolUse } from './accounts.ts';
import { amountsByPhase, NOTHING, plus, scaled } from './accounts.ts';
import type { IdleWeights } from './idle-weights.ts';
import { idleWeights } from './idle-weights.ts';

/**
 * - `input`, `cached`, `output` (shown), `reasoning` (hidden): the tokens of requests
 * - `unfinished`: work of requests that had not finished, in a pool where nobody else did
 * - `idle`: a pool without work
 * - `background`: work on instances that scaling had released; of no workload, for its tenant is its pool's
 * - `unused`: commitments beyond what was needed
 */
export const COST_KINDS = [
  'input',
  'cached',
  'output',
  'reasoning',
  'unfinished',
  'idle',
  'background',
  'unused',
] as const;
export type CostKind = (typeof COST_KINDS)[number];

/** Of a row that belongs to no pool, or to no workload. */
export const NOBODY = -1;

export interface CostRow {
  /** Index of the plan, or NOBODY. */
  readonly pool: number;
  /** Index of the plan, or NOBODY. */
  readonly workload: number;
  readonly kind: CostKind;
  readonly requests: number;
  readonly tokens: number;
  readonly resourceNs: number;
  readonly direct: Amounts;
  /** Its share of what is idle or unused. */
  readonly loaded: Amounts;
}

/** Commitments for some pools that were paid for and not used. */
export interface UnusedCommitment {
  readonly usd: number;
  /** Indices of the pools that it was meant for. */
  readonly pools: readonly number[];
}

export interface Causes {
  /** One per pool of the plan. */
  readonly pools: readonly PoolAccount[];
  readonly uses: readonly PoolUse[];
  readonly unused: readonly UnusedCommitment[];
  readonly idle: IdleWeights;
}

/** A row while idle time is being charged to it. */
interface OpenRow extends Omit<CostRow, 'loaded'> {
  /** Its part of the pool's busy time, ns. */
  readonly weight: number;
  loaded: Amounts;
}

/** Every dollar, joule and gram of the window, by pool, workload and kind of token. */
export function attribute({ pools, uses, unused, idle }: Causes): CostRow[] {
  const spent = pools.map(amountsByPhase);
  const active = pools.flatMap((account, pool) => activeRows(account, pool, spent[pool]!, uses));
  for (const [pool, { idle: amounts }] of spent.entries()) chargeIdle(amounts, pool, active, idle);
  for (const { usd, pools: meantFor } of unused) chargeUnused({ ...NOTHING, usd }, meantFor, active);
  const idleRows = pools.map((account, pool): CostRow => ({
    ...blank(pool, NOBODY, 'idle'),
    resourceNs: Math.max(0, account.instanceNs - account.busyNs),
    direct: spent[pool]!.idle,
  }));
  const unusedRows = unused.map(({ usd }): CostRow => ({
    ...blank(NOBODY, NOBODY, 'unused'),
    direct: { ...NOTHING, usd },
  }));
  const lentRows = pools.flatMap(({ lent }, pool): CostRow[] => {
    if (lent === undefined) return [];
    return [{ ...blank(pool, NOBODY, 'background'), resourceNs: lent.ns, direct: spent[pool]!.background }];
  });
  return [...active.map(closed), ...idleRows, ...lentRows, ...unusedRows];
}

function activeRows(
  { busyNs, prefillNs }: PoolAccount,
  pool: number,
  spent: Readonly<Record<'prefill' | 'decode', Amounts>>,
  allUses: readonly PoolUse[],
): OpenRow[] {
  const uses = allUses.filter((use) => use.pool === pool);
  const prefill = sharesOf(
    uses.map((use) => use.prefillNs),
    uses.map((use) => use.inputTokens),
  );
  const decode = sharesOf(
    uses.map((use) => use.decodeNs),
    uses.map((use) => use.outputTokens + use.reasoningTokens),
  );
  const decodeNs = Math.max(0, busyNs - prefillNs);
  const rows = uses.flatMap((use, index): OpenRow[] => {
    const { workload, requests } = use;
    const row = (kind: CostKind, tokens: number, resourceNs: number, share: number, phase: 'prefill' | 'decode') => ({
      pool,
      workload,
      kind,
      requests,
      tokens,
      resourceNs,
      loaded: NOTHING,
      direct: scaled(spent[phase], share),
      weight: share * (phase === 'prefill' ? prefillNs : decodeNs),
    });
    const hidden = hiddenShare(use);
    const { inputTokens, cachedTokens, outputTokens, reasoningTokens, reasoningNs } = use;
    return [
      row('input', inputTokens, use.prefillNs, prefill[index] ?? 0, 'prefill'),
      row('cached', cachedTokens, 0, 0, 'prefill'),
      row('output', outputTokens, use.decodeNs - reasoningNs, (decode[index] ?? 0) * (1 - hidden), 'decode'),
      row('reasoning', reasoningTokens, reasoningNs, (decode[index] ?? 0) * hidden, 'decode'),
    ].filter(({ tokens, direct }) => tokens > 0 || direct.usd !== 0 || direct.joules !== 0);
  });
  const left = plus(prefill.length === 0 ? spent.prefill : NOTHING, decode.length === 0 ? spent.decode : NOTHING);
  const weight = (prefill.length === 0 ? prefillNs : 0) + (decode.length === 0 ? decodeNs : 0);
  if (weight === 0 && left.usd === 0 && left.joules === 0) return rows;
  return [...rows, { ...blank(pool, NOBODY, 'unfinished'), resourceNs: weight, direct: left, weight }];
}

/** Of what decoding spent on a workload, the part that went into hidden reasoning. */
function hiddenShare({ decodeNs, reasoningNs, outputTokens, reasoningTokens }: PoolUse): number {
  if (decodeNs > 0) return reasoningNs / decodeNs;
  return reasoningTokens === 0 ? 0 : reasoningTokens / (outputTokens + reasoningTokens);
}

/** Parts of a whole by time, by tokens where no time was recorded; empty where there is neither. */
function sharesOf(times: readonly number[], tokens: readonly number[]): number[] {
  for (const weights of [times, tokens]) {
    const whole = weights.reduce((sum, weight) => sum + weight, 0);
    if (whole > 0) return weights.map((weight) => weight / whole);
  }
  return [];
}

function chargeIdle(amounts: Amounts, pool: number, rows: OpenRow[], rule: IdleWeights): void {
  const own = rows.filter((row) => row.pool === pool);
  const byWorkload = idleWeights(rule, pool, own);
  if (byWorkload === undefined) {
    chargeUnused(amounts, [pool], rows);
    return;
  }
  for (const [workload, share] of byWorkload) {
    const its = own.filter((row) => row.workload === workload);
    const charged = scaled(amounts, share);
    if (spread(charged, its)) continue;
    // It holds capacity that it did not use.
    rows.push({ ...blank(pool, workload, 'idle'), loaded: charged, weight: 0 });
  }
}

/** To the rows of some pools in proportion to their work; where there was none, to everybody by what they cost. */
function chargeUnused(amounts: Amounts, pools: readonly number[], rows: readonly OpenRow[]): void {
  const own = rows.filter((row) => pools.includes(row.pool));
  if (spread(amounts, own)) return;
  if (spread(amounts, rows, ({ direct }) => direct.usd)) return;
  spread(amounts, rows);
}

function spread(amounts: Amounts, rows: readonly OpenRow[], weightOf = (row: OpenRow) => row.weight): boolean {
  const whole = rows.reduce((sum, row) => sum + weightOf(row), 0);
  if (!(whole > 0)) return false;
  for (const row of rows) row.loaded = plus(row.loaded, scaled(amounts, weightOf(row) / whole));
  return true;
}

function closed({ pool, workload, kind, requests, tokens, resourceNs, direct, loaded }: OpenRow): CostRow {
  return { pool, workload, kind, requests, tokens, resourceNs, direct, loaded };
}

function blank(pool: number, workload: number, kind: CostKind): CostRow {
  return { pool, workload, kind, requests: 0, tokens: 0, resourceNs: 0, direct: NOTHING, loaded: NOTHING };
}
