import { describe, expect, test } from 'vitest';
import { chat } from '../../src/workloads/chat.ts';
import { mix } from '../../src/workloads/mix.ts';
import { bySession, serve } from './closed-loop.ts';
import { contextOf } from './support.ts';

const FAR_NS = 1e18;
const tenants = [
  { tenant: 'desk', share: 3, kind: 'chat', promptTokens: 100, turns: 3, turnGapS: 30 },
  { tenant: 'thinkers', share: 1, kind: 'reasoning', promptTokens: 200 },
  { tenant: 'coders', share: 1, kind: 'agentic' },
];

describe('a mix', () => {
  test('sends for each tenant exactly what its generator sends alone, under its name and rate', () => {
    const horizonNs = 600e9;
    const given = { requestsPerS: 8, tenants: tenants.slice(0, 2) };
    const mixed = serve(mix.create(mix.options.parse(given), contextOf({ horizonNs, name: 'all' })), {
      serviceNs: 2e9,
    });
    const alone = serve(
      chat.create(
        chat.options.parse({ requestsPerS: 6, promptTokens: 100, turns: 3, turnGapS: 30 }),
        contextOf({ horizonNs, name: 'all/desk' }),
      ),
      { serviceNs: 2e9 },
    );
    const ofDesk = mixed.filter(({ session }) => session !== -1);

    expect(ofDesk.map(({ arrivalNs, promptTokens, outputTokens }) => [arrivalNs, promptTokens, outputTokens])).toEqual(
      alone.map(({ arrivalNs, promptTokens, outputTokens }) => [arrivalNs, promptTokens, outputTokens]),
    );
    expect(ofDesk.map(({ session }) => session)).toEqual(alone.map(({ session }) => 2 * session));
    expect(mixed.length - ofDesk.length).toBeGreaterThan(1_000);
  });

  test('keeps sessions and streams of its tenants apart', () => {
    const workload = mix.create(mix.options.parse({ requestsPerS: 2, tenants }), contextOf({ horizonNs: FAR_NS }));
    const sent = serve(workload, { serviceNs: 1e9, sessions: 3_000 });
    const tenantsOfStream = new Map<number, Set<number>>();
    for (const { session, path } of sent) {
      if (session === -1) continue;
      for (const [stream] of path) {
        tenantsOfStream.set(stream, (tenantsOfStream.get(stream) ?? new Set()).add(session % 3));
      }
    }
    expect(
      bySession(sent.filter(({ session }) => session !== -1 && session % 3 === 0)).every((one) => one.length <= 3),
    ).toBe(true);
    expect([...tenantsOfStream.values()].every((users) => users.size === 1)).toBe(true);
    expect(new Set(sent.map(({ session }) => (session === -1 ? -1 : session % 3)))).toEqual(new Set([-1, 0, 2]));
  });

  test('announces the shares of its tenants, and of tokens a day as many requests as they make', () => {
    const byRate = mix.demand(mix.options.parse({ requestsPerS: 10, tenants }));
    const tokensPerDay = 10 * 86_400 * (byRate.meanPromptTokens + byRate.meanOutputTokens);
    const byTokens = mix.demand(mix.options.parse({ tokensPerDay, tenants }));

    expect(byTokens.requestsPerS).toBeCloseTo(10, 6);
  });

  test('queues as its tenants do', () => {
    const loadOf = (...kinds: string[]) =>
      mix.demand(
        mix.options.parse({ requestsPerS: 1, tenants: kinds.map((kind) => ({ tenant: kind, share: 1, kind })) }),
      ).load;

    expect(loadOf('batch')).toBe('queued');
    expect(loadOf('batch', 'chat')).toBe('open');
  });

  test('tells what is wrong with the options of a tenant, and where', () => {
    const read = mix.options.safeParse({
      requestsPerS: 1,
      tenants: [{ tenant: 'desk', share: 1, kind: 'chat', promptTokens: 0.5 }],
    });
    expect(read.error?.issues.map(({ path }) => path.slice(0, 3))).toContainEqual(['tenants', 0, 'promptTokens']);
    const twice = { requestsPerS: 1, tenants: [tenants[1], tenants[1]] };
    expect(mix.options.safeParse(twice).error?.issues.map(({ message }) => message)).toContain(
      'two tenants have one name',
    );
    const none = { requestsPerS: 1, tenants: [{ tenant: 'desk', share: 1, kind: 'chta' }] };
    expect(mix.options.safeParse(none).success).toBe(false);
  });
});
