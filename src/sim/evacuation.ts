import type { Batch } from './batch.ts';
import type { KvBlocks } from './kv-blocks.ts';
import type { RequestTable } from './request-table.ts';
import type { RequestIndex } from './units.ts';

/**
 * Everybody at an instance without a step in progress leaves it with nothing, and its memory holds nothing any more.
 * Answers who, in no order.
 */
export function evacuated(batch: Batch, kv: KvBlocks, requests: RequestTable): RequestIndex[] {
  const { running, waiting, queues, loading } = batch;
  const leaving: RequestIndex[] = [];
  while (running.size > 0) {
    const request = running.head;
    kv.lose(request, batch.stop(request));
    queues?.leaves(request, requests.generated[request]!);
    leaving.push(request);
  }
  for (const request of loading?.dismiss() ?? []) {
    kv.lose(request, requests.computed[request]!);
    leaving.push(request);
  }
  for (; waiting.size > 0; waiting.remove(waiting.head)) leaving.push(waiting.head);
  leaving.push(...(queues?.dismiss() ?? []));
  kv.forgetAll();
  return leaving;
}
