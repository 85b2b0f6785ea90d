import type { KvBlocks } from './kv-blocks.ts';
import type { EnginePlan, PoolRole } from './plan.ts';

/** Whether an engine could ever do its part of such a request, alone. */
export function canEverFit(
  engine: EnginePlan,
  kv: KvBlocks,
  role: PoolRole,
  promptTokens: number,
  outputTokens: number,
): boolean {
  const { maxModelTokens, maxNumBatchedTokens, kvBlocks, watermarkBlocks, chunkedPrefill } = engine;
  const tokens = promptTokens + (role === 'prefill' ? 1 : outputTokens);
  const blocks = kvBlocks - watermarkBlocks;
  if (tokens > maxModelTokens || kv.blocksFor(tokens - 1) > blocks) return false;
  if (kv.grantsAll && kv.grantedBlocks(promptTokens, outputTokens) > blocks) return false;
  // Computed at once are, at most, all tokens of one that is preempted just before its end.
  return chunkedPrefill || (kv.grantsAll ? promptTokens : tokens - 1) <= maxNumBatchedTokens;
}
