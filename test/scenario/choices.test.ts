import { describe, expect, test } from 'vitest';
import { changed, told } from './support.ts';

/** What the user hears of a workload with these options beside its rate. */
function toldOf(options: string): string {
  return told(changed(['requestsPerS: 40', `requestsPerS: 40, ${options}`]));
}

describe('what the user hears of one of a few forms', () => {
  test('that is misspelt, left out, or there without its key', () => {
    expect(toldOf('arrivals: { kind: gama }')).toMatchInlineSnapshot(`
      "desk.yaml:13:92  workloads[0].arrivals.kind
          unknown kind "gama" — did you mean "gamma"? known: clients, gamma, mmpp, on-off, poisson, weibull

      1 problem; nothing was simulated."
    `);
    expect(toldOf('arrivals: { cv: 2 }')).toMatchInlineSnapshot(`
      "desk.yaml:13:84  workloads[0].arrivals.kind
          \`kind\` is missing — write one of poisson, gamma, weibull, on-off, mmpp, clients

      1 problem; nothing was simulated."
    `);
    expect(toldOf('arrivals: poison')).toMatchInlineSnapshot(`
      "desk.yaml:13:84  workloads[0].arrivals
          expected keys and values, found "poison" — write { kind: poisson }

      1 problem; nothing was simulated."
    `);
    expect(toldOf('arrivals: 3')).toMatchInlineSnapshot(`
      "desk.yaml:13:84  workloads[0].arrivals
          expected keys and values, found 3 — write { kind: … } with one of poisson, gamma, weibull, on-off, mmpp, clients

      1 problem; nothing was simulated."
    `);
    expect(told(changed(['kind: chat, ', '']))).toMatchInlineSnapshot(`
      "desk.yaml:13:5  workloads[0].kind
          \`kind\` is missing — write one of chat, reasoning, agentic, rag, batch, mix, trace, azure-trace, mooncake-trace, session-trace, load-test, load-test-trace, background

      1 problem; nothing was simulated."
    `);
  });

  test('that has a name or keys and values', () => {
    expect(toldOf('arrivals: { kind: poisson, week: azure-cat }')).toMatchInlineSnapshot(`
      "desk.yaml:13:107  workloads[0].arrivals.week
          unknown value "azure-cat" — did you mean "azure-chat"? known: azure-chat, azure-code, burstgpt-campus, servegen-reasoning

      1 problem; nothing was simulated."
    `);
    expect(toldOf('turns: []')).toMatchInlineSnapshot(`
      "desk.yaml:13:81  workloads[0].turns
          expected a number or "measured" or keys and values, found a list

      1 problem; nothing was simulated."
    `);
    expect(toldOf('turns: mesured')).toMatchInlineSnapshot(`
      "desk.yaml:13:81  workloads[0].turns
          expected a number or "measured" or keys and values, found "mesured"

      1 problem; nothing was simulated."
    `);
  });

  test('with a mistake inside', () => {
    expect(toldOf('arrivals: { kind: gamma, cv: high }')).toMatchInlineSnapshot(`
      "desk.yaml:13:103  workloads[0].arrivals.cv
          expected a number, found "high"

      1 problem; nothing was simulated."
    `);
  });
});

describe('what the user hears of a number where keys and values belong', () => {
  test('some of which must be there', () => {
    expect(told(changed(['requestsPerS: 40', 'users: 100']))).toMatchInlineSnapshot(`
      "desk.yaml:13:63  workloads[0].users
          expected keys and values, found 100 — write { count: …, tasksPerDay: … }

      1 problem; nothing was simulated."
    `);
  });

  test('all of which may be left out', () => {
    expect(told(changed(['layout: { tensorParallel: 4 }', 'layout: 4']))).toMatchInlineSnapshot(`
      "desk.yaml:5:82  templates.h100-70b.layout
          expected keys and values, found 4 — write { … } with any of the keys tensorParallel, pipelineParallel, dataParallel, expertParallel, expertLoadSkew

      1 problem; nothing was simulated."
    `);
  });
});

describe('what the user hears of a list that is', () => {
  test('too short', () => {
    expect(toldOf('arrivals: { kind: mmpp, states: [{ rate: 1, meanS: 9 }] }')).toMatchInlineSnapshot(`
      "desk.yaml:13:106  workloads[0].arrivals.states
          must have at least 2 entries, found 1

      1 problem; nothing was simulated."
    `);
    expect(toldOf('arrivals: { kind: poisson, week: { hourOfDay: [1, 2] } }')).toMatchInlineSnapshot(`
      "desk.yaml:13:120  workloads[0].arrivals.week.hourOfDay
          must have 24 entries, found 2

      1 problem; nothing was simulated."
    `);
  });

  test('empty', () => {
    expect(told(changed(['horizon: 15min', 'horizon: 15min\nseeds: []']))).toMatchInlineSnapshot(`
      "desk.yaml:4:8  seeds
          needs at least one entry

      1 problem; nothing was simulated."
    `);
  });
});

test('of what goes together, a misspelt half is one problem', () => {
  expect(toldOf('promptTokens: { median: 300, sigmaa: 1 }')).toMatchInlineSnapshot(`
    "desk.yaml:13:103  workloads[0].promptTokens.sigmaa
        unknown key \`sigmaa\` — did you mean \`sigma\`?

    1 problem; nothing was simulated."
  `);
  expect(toldOf('promptTokens: { median: 300 }')).toMatchInlineSnapshot(`
    "desk.yaml:13:88  workloads[0].promptTokens
        median and sigma go together

    1 problem; nothing was simulated."
  `);
});

describe('what the user hears of a tenant of a mix', () => {
  const toldOfTenant = (options: string) =>
    told(
      changed(
        ['kind: chat', 'kind: mix'],
        ['requestsPerS: 40', `requestsPerS: 40, tenants: [{ tenant: desk, share: 1, ${options} }]`],
      ),
    );

  test('that says how much it asks itself, in whatever form', () => {
    for (const amount of ['requestsPerS: 3', 'sessionsPerHour: 3', 'tokensPerDay: 3', 'users: { count: 1 }']) {
      expect(toldOfTenant(`kind: chat, ${amount}`)).toContain('the mix says how much is asked — write share');
    }
    expect(toldOfTenant('kind: chat, requestsPerS: 3')).toMatchInlineSnapshot(`
      "desk.yaml:13:135  workloads[0].tenants[0].requestsPerS
          the mix says how much is asked — write share

      1 problem; nothing was simulated."
    `);
  });

  test('with a misspelt key, outside and inside of an option, or kind', () => {
    expect(toldOfTenant('kind: chat, promtTokens: 5')).toMatchInlineSnapshot(`
      "desk.yaml:13:121  workloads[0].tenants[0].promtTokens
          unknown key \`promtTokens\` — did you mean \`promptTokens\`?

      1 problem; nothing was simulated."
    `);
    expect(toldOfTenant('kind: chat, promptTokens: { median: 9, sigmaa: 1 }')).toMatchInlineSnapshot(`
      "desk.yaml:13:148  workloads[0].tenants[0].promptTokens.sigmaa
          unknown key \`sigmaa\` — did you mean \`sigma\`?

      1 problem; nothing was simulated."
    `);
    expect(toldOfTenant('kind: chta')).toMatchInlineSnapshot(`
      "desk.yaml:13:115  workloads[0].tenants[0].kind
          unknown kind "chta" — did you mean "chat"? known: agentic, batch, chat, rag, reasoning

      1 problem; nothing was simulated."
    `);
  });

  test('with options that do not go together', () => {
    expect(toldOfTenant('kind: rag, documents: 3, retrieved: 3')).toMatchInlineSnapshot(`
      "desk.yaml:13:145  workloads[0].tenants[0].retrieved
          a prompt may hold at most half of the documents

      1 problem; nothing was simulated."
    `);
    expect(toldOfTenant('kind: batch, promptTokens: 300')).toBe('no problem');
  });
});

test('a latency without a unit is offered short ones', () => {
  const tiers = 'layout: { tensorParallel: 4 }, kvTiers: [{ kind: ssd, gb: 100, latency: 20 }]';
  expect(told(changed(['layout: { tensorParallel: 4 }', tiers]))).toContain('20 has no unit — write 20us or 20ms');
});
