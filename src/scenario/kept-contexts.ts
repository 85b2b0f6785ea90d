import type { PoolPlan } from '../sim/plan.ts';
import type { Demand } from './catalogue-types.ts';
import type { OfferedLoad } from './offered-load.ts';

/** What is asked of one model by one workload. */
export interface Asked {
  readonly model: number;
  readonly workload: string;
  readonly demand: Demand;
}

/** How long pools of one model keep contexts that nobody asks for. */
export interface KeptContexts {
  /** Of sessions in progress, between one request and the next: mean over time. */
  readonly contextTokens: number;
  /** What the pools hold together. */
  readonly heldTokens: number;
  readonly keptS: number;
  /** Of the tokens that sessions come back to. */
  readonly evictedShare: number;
}

/**
 * From this load on, computed with what is evicted, requests wait long enough for what they hold to push out more. Simulated with
 * scenarios/agents-and-chat.yaml at other rates, queues stay short at 0.68 and 0.82 and grow until the horizon at 0.84, 0.90 and above.
 */
const RISKY_LOAD = 0.8;
/** What an estimate from means may be off by. */
const LEAST_DIFFERENCE = 0.05;
const HALVINGS = 100;
const LONGEST_S = 1e12;

/**
 * One sentence for each model whose offered load is risky because its pools evict contexts before their sessions come back.
 * Where nobody knows when they come back (traces), or where a pool of the model caches nothing, nothing is said.
 *
 * @param loads one per pool, as if every context were found
 * @param loadsOf the same for other demands of the same workloads
 */
export function evictedContexts(
  { models, pools }: { readonly models: readonly string[]; readonly pools: readonly PoolPlan[] },
  asked: readonly Asked[],
  loads: readonly OfferedLoad[],
  loadsOf: (demands: readonly Demand[]) => readonly OfferedLoad[],
): string[] {
  const kept = models.map((_, model) =>
    keptContexts(
      pools.filter((pool) => pool.model === model),
      asked.filter((each) => each.model === model).map(({ demand }) => demand),
    ),
  );
  if (kept.every((each) => each === undefined || each.evictedShare === 0)) return [];
  const evicting = loadsOf(asked.map(({ model, demand }) => withoutEvicted(demand, kept[model]?.keptS ?? Infinity)));
  return models.flatMap((name, model) => {
    const ofModel = pools.flatMap((pool, index) =>
      pool.model === model && cachesPrompts(pool) ? [{ pool, found: loads[index]!, evicting: evicting[index]! }] : [],
    );
    const risky = ofModel.find(({ found, evicting: { load } }) => {
      return load >= RISKY_LOAD && load - found.load >= LEAST_DIFFERENCE;
    });
    if (risky === undefined) return [];
    const workloads = asked.filter(({ model: of, demand }) => of === model && returnsOf(demand).length > 0);
    return [
      sentenceOf(kept[model]!, {
        model: name,
        workloads: workloads.map(({ workload }) => workload),
        pools: ofModel.map(({ pool }) => pool),
        load: risky.found.load,
        evictingLoad: risky.evicting.load,
      }),
    ];
  });
}

/**
 * The approximation of H. Che, Y. Tung and Z. Wang ("Hierarchical Web caching systems: modeling, design and experimental
 * results", 2002): what is evicted in the order of last use has been unused for about the same time T. So contexts that are
 * asked for after a pause g take up min(g, T) seconds times their tokens, those that nobody comes back to T, and all together
 * what the pools hold. Every token that is computed is at last left alone, so tokens per second of the latter are those of prompts
 * that are not found, and of answers. What running requests hold besides is not counted.
 *
 * @param pools of one model
 * @param demands of the same model
 * @returns undefined where sessions do not come back, or nobody knows when, or not all pools cache prompts
 */
export function keptContexts(pools: readonly PoolPlan[], demands: readonly Demand[]): KeptContexts | undefined {
  const returns = demands.flatMap(returnsOf);
  const sumOf = (of: (returning: (typeof returns)[number]) => number) => returns.reduce((sum, one) => sum + of(one), 0);
  const foundPerS = sumOf(({ tokensPerS }) => tokensPerS);
  const computing = pools.filter(computesPrompts);
  if (foundPerS === 0 || !computing.every(cachesPrompts)) return undefined;
  const leftPerS = demands.reduce((sum, demand) => {
    const { requestsPerS, meanPromptTokens, meanOutputTokens, meanReusedTokens = 0 } = demand;
    return sum + requestsPerS * (meanPromptTokens - meanReusedTokens + meanOutputTokens);
  }, 0);
  const heldTokens = computing.reduce((sum, pool) => sum + tokensHeldBy(pool), 0);
  const takenIn = (seconds: number) =>
    leftPerS * seconds + sumOf(({ tokensPerS, afterS }) => tokensPerS * Math.min(afterS, seconds));
  const keptS = longest((seconds) => takenIn(seconds) <= heldTokens);
  return {
    contextTokens: sumOf(({ tokensPerS, afterS }) => tokensPerS * afterS),
    heldTokens,
    keptS,
    evictedShare: sumOf(({ tokensPerS, afterS }) => (afterS > keptS ? tokensPerS : 0)) / foundPerS,
  };
}

function returnsOf({ returns = [] }: Demand): NonNullable<Demand['returns']> {
  return returns;
}

/** The same requests, which find nothing that was left alone for longer. */
function withoutEvicted(demand: Demand, keptS: number): Demand {
  const evicted = returnsOf(demand).filter(({ afterS }) => afterS > keptS);
  if (evicted.length === 0) return demand;
  const perS = evicted.reduce((sum, { tokensPerS }) => sum + tokensPerS, 0);
  return { ...demand, meanReusedTokens: (demand.meanReusedTokens ?? 0) - perS / demand.requestsPerS };
}

function computesPrompts({ role, localPrefillTokens = 0 }: PoolPlan): boolean {
  return role !== 'decode' || localPrefillTokens > 0;
}

function cachesPrompts(pool: PoolPlan): boolean {
  return computesPrompts(pool) && pool.engine.prefixCaching;
}

/** Every tier has a copy of what it has room for, so the largest store counts, and not the sum. */
function tokensHeldBy({ engine, instances }: PoolPlan): number {
  const tiers = (engine.kvTiers ?? []).map(
    ({ scope, capacityBlocks }) => (scope === 'instance' ? instances : 1) * capacityBlocks,
  );
  return Math.max(instances * engine.kvBlocks, ...tiers) * engine.blockTokens;
}

/** Of the times for which it holds; if it holds for one, it holds for all that are shorter. */
function longest(holds: (seconds: number) => boolean): number {
  let [low, high] = [0, LONGEST_S];
  for (let k = 0; k < HALVINGS; k++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

interface Risk {
  readonly model: string;
  readonly workloads: readonly string[];
  readonly pools: readonly PoolPlan[];
  readonly load: number;
  readonly evictingLoad: number;
}

function sentenceOf({ contextTokens, heldTokens, keptS, evictedShare }: KeptContexts, risk: Risk): string {
  const pools = risk.pools.map(({ name }) => `"${name}"`).join(', ');
  const holding = risk.pools.length === 1 ? `pool ${pools} holds` : `pools ${pools} hold`;
  const tiered = risk.pools.some(({ engine }) => engine.kvTiers !== undefined) ? ' (KV tiers included)' : '';
  const wanted = `sessions of ${risk.workloads.map((name) => `"${name}"`).join(', ')} come back to contexts of ${millions(contextTokens)} tokens`;
  const evicted = `about ${Math.round(100 * evictedShare)} % of what they come back to is evicted before the next turn finds it (unused for ${keptS.toFixed(0)} s)`;
  const loads = `the offered load ρ = ${risk.load.toFixed(2)} assumes that all is found, computing it again makes it about ${risk.evictingLoad.toFixed(2)}`;
  return `model "${risk.model}": ${wanted}, ${holding} ${millions(heldTokens)}${tiered}: ${evicted}; ${loads} — add instances or kvTiers`;
}

function millions(tokens: number): string {
  return `${(tokens / 1e6).toPrecision(3)} million`;
}
