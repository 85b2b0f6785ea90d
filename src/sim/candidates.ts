import { markStretches } from './fleet-columns.ts';
import type { Instance } from './instance.ts';

/** Instances in ascending order, where their stretches end, and one instance of each of their pools. */
export interface Candidates {
  readonly instances: Int32Array;
  readonly stretchEnd: Int32Array;
  readonly pools: readonly Instance[];
  /** A request of no more tokens, prompt and output, fits each of them: mostly nothing else need be asked. */
  readonly surelyFits: number;
}

export interface InstancesOfModel {
  /** Where clients' requests can go, … */
  readonly first: Candidates;
  /** … those of them that need no other to finish, … */
  readonly alone: Candidates;
  /** … and where the others hand their requests over to. */
  readonly decode: Candidates;
  /** Longest prompt that any of those takes from clients itself. */
  readonly mostLocalTokens: number;
}

export function instancesOf(own: readonly Instance[]): InstancesOfModel {
  const first = own.filter(({ role }) => role !== 'decode');
  const decode = own.filter(({ role }) => role === 'decode');
  return {
    first: candidatesOf(first),
    alone: candidatesOf(first.filter(({ role }) => role === 'mixed')),
    decode: candidatesOf(decode),
    mostLocalTokens: decode.reduce((most, { localPrefillTokens }) => Math.max(most, localPrefillTokens), 0),
  };
}

function candidatesOf(instances: readonly Instance[]): Candidates {
  const indices = Int32Array.from(instances, ({ index }) => index);
  const stretchEnd = new Int32Array(instances.length);
  const poolOf: number[] = [];
  for (const { index, pool } of instances) poolOf[index] = pool;
  markStretches(indices, instances.length, poolOf, stretchEnd);
  const pools = instances.filter(({ pool }, k) => k === 0 || pool !== instances[k - 1]!.pool);
  const surelyFits = pools.reduce((tokens, instance) => Math.min(tokens, tokensThatFit(instance)), Infinity);
  return { instances: indices, stretchEnd, pools, surelyFits };
}

/** At least; 0 where it depends on more than their number. */
function tokensThatFit({ engine, kv }: Instance): number {
  if (kv.grantsAll || !engine.chunkedPrefill) return 0;
  return Math.min(engine.maxModelTokens, (engine.kvBlocks - engine.watermarkBlocks) * engine.blockTokens);
}

export function fittingPools(candidates: Candidates, promptTokens: number, outputTokens: number): number {
  const { pools } = candidates;
  if (promptTokens + outputTokens <= candidates.surelyFits) return pools.length;
  let fitting = 0;
  for (let k = 0; k < pools.length; k++) if (pools[k]!.canEverFit(promptTokens, outputTokens)) fitting++;
  return fitting;
}
