import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { NS_PER_S } from '../../src/sim/units.ts';
import { MooncakeReader } from '../../src/workloads/mooncake-reader.ts';
import { SessionReader, type RecordedSession } from '../../src/workloads/session-reader.ts';
import { measuredFile } from '../workloads/measured-file.ts';
import { bytesOf } from '../workloads/support.ts';
import { ReplayedCache } from './replayed-cache.ts';

// Shares that were computed from the block ids of the traces alone, by a list of blocks in order of use.
const TOLERANCE = 0.005;

function expectShare(share: number, published: number): void {
  expect(Math.abs(share - published), `${share} against ${published}`).toBeLessThan(TOLERANCE);
}

describe.each([
  { name: 'mooncake_conversation', tokens: 0.3736, blocks: { 10_000: 0.212, 30_000: 0.326, 100_000: 0.364 } },
  { name: 'mooncake_synthetic', tokens: 0.6512, blocks: { 10_000: 0.424, 30_000: 0.624 } },
])('$name, blocks of 512 tokens', ({ name, tokens, blocks }) => {
  const { path, title } = measuredFile(`${name}.jsonl`);

  function replayed(capacityBlocks: number): ReplayedCache {
    const cache = new ReplayedCache(512, capacityBlocks);
    const reader = new MooncakeReader(bytesOf(readFileSync(path!)));
    while (reader.next()) cache.serve(reader.row!, reader.row!.atNs);
    return cache;
  }

  test.skipIf(path === undefined)(title(`without limits ${tokens} of the prompt tokens are found`), () => {
    const cache = replayed(Infinity);

    expectShare(cache.hitTokens / cache.promptTokens, tokens);
  });

  test.skipIf(path === undefined).each(Object.entries(blocks))(
    title('with room for %d blocks, those used longest ago go first: %d of the blocks are found'),
    (capacityBlocks, share) => {
      const cache = replayed(Number(capacityBlocks));

      expectShare(cache.hitBlocks / cache.blocks, share);
    },
  );
});

describe('710 sessions of Claude Code, each with a cache of its own, blocks of 64 tokens', () => {
  const { path, title } = measuredFile('claude_code_weka_sessions.jsonl.gz');

  /** A request uses its blocks until its answer is complete. */
  function replayed({ rows }: RecordedSession, idleNs: number): ReplayedCache {
    const cache = new ReplayedCache(64);
    const departures = rows.map(({ startNs, serviceNs }, row) => ({ atNs: startNs + serviceNs, row }));
    let latestNs = 0;
    for (const { atNs, row } of departures) {
      const { startNs } = rows[row]!;
      cache.expire(startNs - idleNs - 1);
      // Answers of agents side by side overlap; the cache wants them in order.
      latestNs = Math.max(latestNs, atNs);
      cache.serve(rows[row]!, latestNs);
    }
    return cache;
  }

  test.skipIf(path === undefined).each([
    { limit: 'no limit', idleNs: Infinity, share: 0.963 },
    { limit: 'forgotten after 300 s', idleNs: 300 * NS_PER_S, share: 0.918 },
    { limit: 'forgotten after 3,600 s', idleNs: 3_600 * NS_PER_S, share: 0.96 },
  ])(title('$limit: $share of the prompt tokens are found'), ({ idleNs, share }) => {
    const reader = new SessionReader(bytesOf(gunzipSync(readFileSync(path!))));
    let hitTokens = 0;
    let promptTokens = 0;
    while (reader.next()) {
      const cache = replayed(reader.session!, idleNs);
      hitTokens += cache.hitTokens;
      promptTokens += cache.promptTokens;
    }

    expectShare(hitTokens / promptTokens, share);
  });
});
