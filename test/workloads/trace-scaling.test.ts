import { describe, expect, test } from 'vitest';
import { Streams } from '../../src/sim/streams.ts';
import { NS_PER_S } from '../../src/sim/units.ts';
import { trace } from '../../src/workloads/trace.ts';
import { traceOptions, type TraceOptions } from '../../src/workloads/trace-options.ts';
import { reusedTokens, serve, type Sent } from './closed-loop.ts';
import { bytesOf, contextOf, gapsOf, meanOf, standardErrorOf } from './support.ts';

type Given = Partial<TraceOptions>;

function sentBy(text: string, given: Given = {}, { seed = 1, horizonS = 10_000 } = {}): Sent[] {
  const options = traceOptions.parse(given);
  const context = contextOf({ horizonNs: horizonS * NS_PER_S, trace: bytesOf(text), streams: new Streams(seed) });
  return serve(trace.create(options, context), { serviceNs: NS_PER_S });
}

function demand(text: string, given: Given = {}) {
  const options = traceOptions.parse(given);
  return trace.demand(options, trace.scanTrace!(bytesOf(text), options));
}

const HEADER = 'timestamp_s,input_tokens,output_tokens,session';
/** Bursts of three every 10 s: the CV of the gaps is far from 1. */
const TEXT = [
  HEADER,
  ...Array.from({ length: 3_000 }, (_, k) => {
    const atS = 10 * Math.floor(k / 3) + 0.5 * (k % 3);
    return `${atS},${100 + (k % 401)},${20 + (k % 81)},${k % 5 === 0 ? '' : Math.floor(k / 30)}`;
  }),
].join('\n');
const GIVEN_S = 9_991;

const MOONCAKE = Array.from({ length: 400 }, (_, k) => {
  const blocks = 1 + (k % 8);
  const ids = Array.from({ length: blocks }, (_unused, block) => (k % 10) * 100 + block);
  return `{"timestamp": ${1_000 * k}, "input_length": ${512 * blocks}, "output_length": 9, "hash_ids": [${ids.join(', ')}]}`;
}).join('\n');

function cvOfGaps(sent: readonly Sent[]): number {
  const gaps = gapsOf(sent).slice(1);
  const mean = meanOf(gaps);
  return Math.sqrt(meanOf(gaps.map((gap) => (gap - mean) * (gap - mean)))) / mean;
}

const promptsOf = (sent: readonly Sent[]) => sent.map(({ promptTokens }) => promptTokens);

test('rateScale keeps the lengths and the burstiness', () => {
  const plain = sentBy(TEXT);
  const fast = sentBy(TEXT, { rateScale: 4 });

  expect(promptsOf(fast)).toEqual(promptsOf(plain));
  expect(fast.at(-1)!.arrivalNs).toBe(plain.at(-1)!.arrivalNs / 4);
  expect(cvOfGaps(fast)).toBeCloseTo(cvOfGaps(plain), 6);
});

test('lengthScale scales means and quantiles, and keeps the times', () => {
  const plain = sentBy(TEXT);
  const long = sentBy(TEXT, { lengthScale: 2.5 });

  expect(long.map(({ arrivalNs }) => arrivalNs)).toEqual(plain.map(({ arrivalNs }) => arrivalNs));
  expect(promptsOf(long)).toEqual(promptsOf(plain).map((tokens) => Math.round(2.5 * tokens)));
});

test('lengthScale keeps the share of tokens that are reused', () => {
  const share = (sent: readonly Sent[]) => meanOf(reusedTokens(sent)) / meanOf(promptsOf(sent));

  // All but the last token of a prompt of whole blocks is found: one token in 512 or in 1,024.
  expect(share(sentBy(MOONCAKE, { lengthScale: 2 }))).toBeCloseTo(share(sentBy(MOONCAKE)), 2);
});

describe('a slice', () => {
  test('is what the file has from fromS until untilS, which begins at 0', () => {
    const whole = sentBy(TEXT);
    const slice = sentBy(TEXT, { fromS: 100.5, untilS: 200 });
    const expected = whole.filter(({ arrivalNs }) => arrivalNs >= 100.5 * NS_PER_S && arrivalNs < 200 * NS_PER_S);

    expect(slice.map(({ arrivalNs }) => arrivalNs + 100.5 * NS_PER_S)).toEqual(
      expected.map(({ arrivalNs }) => arrivalNs),
    );
    expect(promptsOf(slice)).toEqual(promptsOf(expected));
  });

  test('has a demand of its own', () => {
    // 29 gaps from the first to the last of 30 requests.
    expect(demand(TEXT, { fromS: 100, untilS: 200 }).requestsPerS).toBeCloseTo(29 / 91, 10);
  });

  test('must not end before it begins', () => {
    expect(() => traceOptions.parse({ fromS: 5, untilS: 5 })).toThrow(/must be later than fromS/);
  });
});

describe('a loop', () => {
  test('of a slice repeats its requests after its length', () => {
    const once = sentBy(TEXT, { fromS: 0, untilS: 100 });
    const looped = sentBy(TEXT, { fromS: 0, untilS: 100, loop: true }, { horizonS: 1_000 });

    expect(looped).toHaveLength(10 * once.length);
    looped.forEach(({ arrivalNs, promptTokens }, k) => {
      const original = once[k % once.length]!;
      expect(arrivalNs).toBe(original.arrivalNs + 100 * NS_PER_S * Math.floor(k / once.length));
      expect(promptTokens).toBe(original.promptTokens);
    });
  });

  test('of a whole file goes on after its mean gap, so that the rate stays', () => {
    const horizonS = 5 * GIVEN_S;
    const looped = sentBy(TEXT, { loop: true }, { horizonS });

    expect(looped.length / horizonS).toBeCloseTo(demand(TEXT, { loop: true }).requestsPerS, 3);
    expect(demand(TEXT, { loop: true }).repeats).toBe(true);
  });

  test('finds no prefix of an earlier round in the cache', () => {
    const once = sentBy(MOONCAKE, { spreadMs: 0 }, { horizonS: 400 });
    const looped = sentBy(MOONCAKE, { spreadMs: 0, loop: true }, { horizonS: 800 });

    expect(looped).toHaveLength(800);
    expect(meanOf(reusedTokens(looped))).toBe(meanOf(reusedTokens(once)));
  });

  test('that keeps nothing of a round ends', () => {
    const text = [HEADER, '0,1,1,'].join('\n');

    expect(sentBy(text, { loop: true, keepShare: 1e-9 })).toEqual([]);
  });
});

describe('thinning', () => {
  test('keeps the share, the lengths and whole conversations', () => {
    const keepShare = 0.4;
    const whole = sentBy(TEXT);
    const inWhole = new Map(
      whole.map(({ session }) => [session, whole.filter((one) => one.session === session).length]),
    );
    const counts: number[] = [];
    const means: number[] = [];
    for (let seed = 1; seed <= 30; seed++) {
      const kept = sentBy(TEXT, { keepShare }, { seed });
      const sessions = new Set(kept.map(({ session }) => session).filter((session) => session >= 0));
      for (const session of sessions) {
        expect(kept.filter((one) => one.session === session)).toHaveLength(inWhole.get(session)!);
      }
      counts.push(kept.length);
      means.push(meanOf(promptsOf(kept)));
    }

    expect(Math.abs(meanOf(counts) - keepShare * whole.length)).toBeLessThan(4 * standardErrorOf(counts));
    expect(Math.abs(meanOf(means) - meanOf(promptsOf(whole)))).toBeLessThan(4 * standardErrorOf(means));
  });

  test('is the demand’s, too', () => {
    expect(demand(TEXT, { keepShare: 0.25, rateScale: 2 }).requestsPerS).toBeCloseTo(demand(TEXT).requestsPerS / 2, 12);
  });
});

test('requestsPerS sends the rows in their order at that rate', () => {
  const sent = sentBy(TEXT, { requestsPerS: 2 });

  expect(promptsOf(sent)).toEqual(promptsOf(sentBy(TEXT)));
  expect(cvOfGaps(sent)).toBeCloseTo(1, 1);
  expect(sent.at(-1)!.arrivalNs / NS_PER_S / sent.length).toBeCloseTo(0.5, 1);
});
