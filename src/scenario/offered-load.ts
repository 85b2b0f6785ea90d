import { meanTokensPerStep } from '../sim/decode-steps.ts';
import type { EnginePlan, PoolPlan, PoolRole, RunPlan } from '../sim/plan.ts';
import type { StepCost } from '../sim/ports.ts';
import type { RooflineParameters } from '../sim/roofline.ts';
import { NS_PER_S, TICKS_PER_NS } from '../sim/units.ts';
import type { Demand } from './catalogue-types.ts';

/** How much is asked of a pool, next to what it can do. */
export interface OfferedLoad {
  readonly pool: string;
  readonly model: string;
  /** Of the model: the router decides how much of it comes here. */
  readonly requestsPerS: number;
  /** What the pool could serve of this mix of requests if it never waited. */
  readonly capacityRequestsPerS: number;
  /** Offered work / capacity of all pools of the model; from 1 on queues grow without end. */
  readonly load: number;
}

/** The part of a plan that it depends on. */
type LoadedPlan = Pick<RunPlan, 'models' | 'pools'> & { readonly workloads: readonly { readonly model: number }[] };

type StepCostOf = (parameters: RooflineParameters) => StepCost;

/**
 * Offered load ρ = λ / Σ C over the pools of a model, with λ its requests per second over all workloads.
 *
 * A pool of N instances serves C = N / (p + O × s(B) / B) requests per second: each request takes the time p that its
 * prompt adds to a step, and its share of O decode steps of s(B) with B sequences in each. P and O are the means of
 * prompt and output tokens over the requests of the model. B is as large as `maxNumSeqs` and the KV cache allow, where
 * a sequence holds Σ λ O (P + O/2) / Σ λ O tokens on average, because a sequence stays for O steps and grows by a token
 * in each; where memory is granted in advance, it holds that much. A batch that nobody joins lasts as long as its longest
 * output. Where tokens are guessed, a sequence stays for as many steps as that takes on average. Of the spread of
 * lengths within a workload nothing is known here: where a few outputs are very long, they hold more of the cache than
 * this, and the capacity is somewhat too high. With prefix caching, p is the time of what a cache without limits would
 * not find: an instance that has to forget prefixes before they are asked for again does less.
 *
 * A prefill pool spends on a request only the time of its prompt in steps full of prompts (or on its link, if that is
 * longer), a decode pool only its decode steps. A request needs one of each, so Σ C of a pool is over those that do the same
 * and those that do everything. With `localPrefillTokens` a decode pool computes short prompts, too, and prefill pools the
 * others: the requests of a workload are short if its mean prompt is. Reading KV from tiers takes no time of a step, so it counts
 * as found, however long the tier takes.
 *
 * @param demands one per workload of the plan
 */
export function offeredLoads(plan: LoadedPlan, demands: readonly Demand[], stepCostOf: StepCostOf): OfferedLoad[] {
  const mixes = plan.models.map((_, model) => {
    const asked = demands.filter((_demand, w) => plan.workloads[w]!.model === model);
    return mixesOf(asked, mostLocalTokens(plan, model));
  });
  const capacities = plan.pools.map((pool) =>
    capacityRequestsPerS(pool, mixes[pool.model]!, stepCostOf(pool.stepCost)),
  );
  return plan.pools.map((pool, index) => {
    const { requestsPerS } = mixes[pool.model]!.all;
    const capacityOf = (role: PoolRole) =>
      plan.pools.reduce(
        (sum, other, k) => (other.model === pool.model && other.role === role ? sum + capacities[k]! : sum),
        0,
      );
    const apart = pool.role === 'mixed' ? Math.min(capacityOf('prefill'), capacityOf('decode')) : capacityOf(pool.role);
    const total = capacityOf('mixed') + apart;
    return {
      pool: pool.name,
      model: plan.models[pool.model]!,
      requestsPerS,
      capacityRequestsPerS: capacities[index]!,
      load: requestsPerS === 0 ? 0 : requestsPerS / total,
    };
  });
}

/** Longest prompt that a decode pool of the model computes itself; 0 if none does. */
function mostLocalTokens({ pools }: LoadedPlan, model: number): number {
  const limits = pools.map((pool) => (pool.model === model && pool.role === 'decode' ? pool.localPrefillTokens : 0));
  return Math.max(0, ...limits.map((tokens = 0) => tokens));
}

/** The requests of a model: all, those whose prompts decode pools compute, and the others. */
interface Mixes {
  readonly all: Mix;
  readonly short: Mix;
  readonly long: Mix;
  /** Of all requests. */
  readonly shortShare: number;
}

function mixesOf(demands: readonly Demand[], localTokens: number): Mixes {
  const isShort = ({ meanPromptTokens }: Demand) => meanPromptTokens <= localTokens;
  const all = mixOf(demands);
  const short = mixOf(demands.filter(isShort));
  const long = mixOf(demands.filter((demand) => !isShort(demand)));
  return { all, short, long, shortShare: all.requestsPerS === 0 ? 0 : short.requestsPerS / all.requestsPerS };
}

interface Mix {
  readonly requestsPerS: number;
  readonly meanPromptTokens: number;
  /** Of these, found by a prefix cache without limits. */
  readonly meanReusedTokens: number;
  readonly meanOutputTokens: number;
  /** Held by one running sequence, averaged over the time it runs. */
  readonly meanKvTokens: number;
  /** Held by it in its last step. */
  readonly meanLastKvTokens: number;
}

/** Where nobody says how often, every workload counts alike. */
function mixOf(demands: readonly Demand[]): Mix {
  const requestsPerS = demands.reduce((total, demand) => total + demand.requestsPerS, 0);
  const sum = (of: (demand: Demand) => number) =>
    demands.reduce((total, demand) => total + (requestsPerS === 0 ? 1 : demand.requestsPerS) * of(demand), 0);
  const requests = sum(() => 1);
  if (requests === 0) {
    const none = {
      meanPromptTokens: 1,
      meanReusedTokens: 0,
      meanOutputTokens: 1,
      meanKvTokens: 2,
      meanLastKvTokens: 2,
    };
    return { requestsPerS, ...none };
  }
  const outputTokens = sum((demand) => demand.meanOutputTokens);
  const held = (share: number) =>
    sum(({ meanPromptTokens: prompt, meanOutputTokens: output }) => output * (prompt + share * output)) / outputTokens;
  return {
    requestsPerS,
    meanPromptTokens: sum((demand) => demand.meanPromptTokens) / requests,
    meanReusedTokens: sum((demand) => demand.meanReusedTokens ?? 0) / requests,
    meanOutputTokens: outputTokens / requests,
    meanKvTokens: held(0.5),
    meanLastKvTokens: held(1),
  };
}

function capacityRequestsPerS(pool: PoolPlan, mixes: Mixes, stepCost: StepCost): number {
  const ticks =
    pool.role === 'prefill'
      ? (1 - mixes.shortShare) * prefillOnlyTicks(pool, mixes.long, stepCost)
      : decodingTicks(pool, mixes, stepCost);
  return (pool.instances * NS_PER_S * TICKS_PER_NS) / ticks;
}

/** Of one request in steps that hold as many whole prompts as they can; its link may take longer than its steps. */
function prefillOnlyTicks({ engine, kvLink }: PoolPlan, mix: Mix, stepCost: StepCost): number {
  const { promptTokens, cached } = promptOf(engine, mix);
  const together = Math.max(1, Math.floor(engine.maxNumBatchedTokens / (promptTokens - cached)));
  const alone = { ...mix, batch: 0, attended: 0, decodeTicks: 0, together };
  const { gbPerS, kvBytesPerToken } = kvLink!;
  return Math.max(
    promptTicks(engine, alone, stepCost) / together,
    ((mix.meanPromptTokens * kvBytesPerToken) / gbPerS) * TICKS_PER_NS,
  );
}

function decodingTicks(pool: PoolPlan, { all: mix, short, shortShare }: Mixes, stepCost: StepCost): number {
  const { engine, role, localPrefillTokens = 0 } = pool;
  const kvTokens = (engine.kvBlocks - engine.watermarkBlocks) * engine.blockTokens;
  const granted = { paged: mix.meanKvTokens, output: mix.meanLastKvTokens, maximum: engine.maxModelTokens };
  const batch = Math.max(1, Math.min(engine.maxNumSeqs, Math.floor(kvTokens / granted[engine.kvAllocation])));
  const attended = Math.round(batch * mix.meanKvTokens);
  const { fixedTicks, ticksPerKvToken } = stepCost.decodePiece(batch, attended, 1);
  const decodeTicks = fixedTicks + ticksPerKvToken * attended;
  const places = engine.continuousBatching ? batch : batch / harmonic(batch);
  const tokens = places * (engine.speculation === undefined ? 1 : meanTokensPerStep(engine.speculation));
  const beside = { batch, attended, decodeTicks, together: 1 };
  if (role !== 'decode') {
    return promptTicks(engine, { ...mix, ...beside }, stepCost) + (mix.meanOutputTokens * decodeTicks) / tokens;
  }
  // The first token comes with the prompt, from a prefill instance, unless the prompt is computed here.
  const handedOver = ((mix.meanOutputTokens - 1) * decodeTicks) / tokens;
  if (localPrefillTokens === 0 || shortShare === 0) return Math.max(1, handedOver);
  const local = promptTicks(engine, { ...short, ...beside }, stepCost) + decodeTicks / tokens;
  return Math.max(1, handedOver + shortShare * local);
}

/** How much longer the longest of so many outputs is than the mean one, if they are spread exponentially. */
function harmonic(outputs: number): number {
  let sum = 0;
  for (let k = 1; k <= outputs; k++) sum += 1 / k;
  return sum;
}

interface FullBatch extends Mix {
  readonly batch: number;
  readonly attended: number;
  readonly decodeTicks: number;
  /** Prompts computed in the same steps. */
  readonly together: number;
}

/** What the chunks of mean prompts add to decode steps of a full batch. */
function promptTicks(
  engine: EnginePlan,
  { batch, attended, decodeTicks, together, ...mix }: FullBatch,
  stepCost: StepCost,
): number {
  const { promptTokens, cached } = promptOf(engine, mix);
  const longest = Math.max(1, engine.maxNumBatchedTokens - batch * (1 + (engine.speculation?.draftTokens ?? 0)));
  let ticks = 0;
  for (let computed = cached; computed < promptTokens; computed += longest) {
    const chunk = Math.min(longest, promptTokens - computed);
    const mixed = stepCost.prefillStepTicks({
      decodeSeqs: batch,
      kvTokens: attended,
      prefillTokens: together * chunk,
      prefillPairs: together * (chunk * computed + (chunk * (chunk + 1)) / 2),
      prefillContextTokens: together * computed,
      promptsFinished: computed + chunk === promptTokens ? together : 0,
      clock: 1,
    });
    ticks += Math.max(0, mixed - decodeTicks);
  }
  return ticks;
}

function promptOf(
  { maxModelTokens, prefixCaching }: EnginePlan,
  { meanPromptTokens, meanReusedTokens }: Mix,
): { readonly promptTokens: number; readonly cached: number } {
  const promptTokens = Math.max(1, Math.round(Math.min(meanPromptTokens, maxModelTokens)));
  return { promptTokens, cached: prefixCaching ? Math.min(Math.floor(meanReusedTokens), promptTokens - 1) : 0 };
}
