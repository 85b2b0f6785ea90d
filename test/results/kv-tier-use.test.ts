import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attributeRent } from '../../src/economics/rent.ts';
import { PoolMetrics } from '../../src/results/pool-metrics.ts';
import { columnValues, readTimeline } from '../../src/results/read.ts';
import { RequestMetrics } from '../../src/results/request-metrics.ts';
import { summarize } from '../../src/results/summarize.ts';
import { findEntry, type Metric, type Statistic } from '../../src/results/summary.ts';
import { TimelineFile } from '../../src/results/timeline-file.ts';
import type { KvTierPlan } from '../../src/sim/plan.ts';
import { S, identity, plan, temporaryFolder, timelineColumns } from './fixtures.ts';

const tier = (kind: KvTierPlan['kind']): KvTierPlan => ({
  kind,
  scope: 'instance',
  capacityBlocks: 1_000,
  blockBytes: 5_000_000,
  readGBPerS: 1,
  writeGBPerS: 1,
  latencyNs: 0,
  maxWriteQueueNs: 0,
  idleNs: 0,
});

const [desk, ...others] = plan.pools;
const tiered = {
  ...plan,
  pools: [
    { ...desk!, engine: { ...desk!.engine, blockTokens: 16, kvTiers: [tier('dram'), tier('remote')] } },
    ...others,
  ],
};
const rows = [
  { startNs: 10 * S, endNs: 20 * S, pool: 0, promptTokens: 3_200, cachedTokens: 1_600, loadedTokens: 800 },
  { startNs: 20 * S, endNs: 30 * S, pool: 0, dramReadBlocks: 40, remoteReadBlocks: 10, dramWrittenBlocks: 100 },
];

test('of KV tiers there are tokens, their share of the input, and bytes both ways', () => {
  const pools = new PoolMetrics(tiered);
  pools.flush(timelineColumns(rows), rows.length);
  const summary = summarize(tiered, new RequestMetrics(tiered), pools, attributeRent);
  const ofDesk = (metric: Metric, statistic: Statistic) => findEntry(summary, 'pool', 'desk', metric, statistic)?.value;

  expect([ofDesk('cached_tokens', 'share'), ofDesk('loaded_tokens', 'share')]).toEqual([0.5, 0.25]);
  // 40 and 10 blocks of 16 of 3,200 tokens.
  expect([ofDesk('dram_tokens', 'share'), ofDesk('remote_tokens', 'share')]).toEqual([0.2, 0.05]);
  expect([ofDesk('dram_read', 'total'), ofDesk('dram_written', 'total')]).toEqual([200e6, 500e6]);
  expect([ofDesk('ssd_tokens', 'total'), ofDesk('ssd_read', 'total')]).toEqual([undefined, undefined]);
});

test('pools without tiers have no figures of them', () => {
  const pools = new PoolMetrics(plan);
  pools.flush(timelineColumns(rows), rows.length);
  const summary = summarize(plan, new RequestMetrics(plan), pools, attributeRent);

  expect(summary.filter(({ metric }) => /^(loaded|dram|ssd|remote)/.test(metric))).toEqual([]);
});

test('timeline.arrow holds the bytes of every tier in every interval', () => {
  const path = join(temporaryFolder(), 'timeline.arrow');
  const file = new TimelineFile(path, tiered, identity);
  file.flush(timelineColumns(rows), rows.length);
  file.close();
  const table = readTimeline(join(path, '..'));

  expect(columnValues(table, 'loaded_tokens_per_s')).toEqual([80, 0]);
  expect(columnValues(table, 'dram_read_bytes')).toEqual([0, 200e6]);
  expect(columnValues(table, 'dram_written_bytes')).toEqual([0, 500e6]);
  expect(columnValues(table, 'remote_read_bytes')).toEqual([0, 50e6]);
  expect(columnValues(table, 'ssd_read_bytes')).toEqual([0, 0]);
});
