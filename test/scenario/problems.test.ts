import { describe, expect, test } from 'vitest';
import { changed, GOOD, told } from './support.ts';

test('a good scenario has no problem', () => {
  expect(told(GOOD)).toBe('no problem');
});

describe('what the user hears of', () => {
  test('an unknown key, and not also that the right one is missing', () => {
    expect(told(changed(['requestsPerS', 'requestPerS']))).toMatchInlineSnapshot(`
      "desk.yaml:13:56  workloads[0].requestPerS
          unknown key \`requestPerS\` — did you mean \`requestsPerS\`?

      1 problem; nothing was simulated."
    `);
  });

  test('an unknown key with nothing like it', () => {
    expect(told(changed(['horizon: 15min', 'horizon: 15min\ncolour: blue']))).toMatchInlineSnapshot(`
      "desk.yaml:4:1  colour
          unknown key \`colour\` — known keys: name, start, horizon, warmUp, startState, seeds, timelineInterval, templates, regions, workloads, routing, admission, record, batching, outputPrediction, power, slos, money, commitments, policies, sweep

      1 problem; nothing was simulated."
    `);
  });

  test('an unknown accelerator', () => {
    expect(told(changed(['h100-sxm', 'h100-smx']))).toMatchInlineSnapshot(`
      "desk.yaml:5:28  templates.h100-70b.accelerator
          unknown accelerator "h100-smx" — did you mean "h100-sxm"? known: a100-80, b200, b300, gb200, gb300, gh200, h100-pcie, h100-sxm, h200, l4, l40s, mi300x, mi355x, r100, rtx-4090, rtx-pro-6000, rubin-ultra, tpu-v5e, tpu-v5p, tpu-v6e, tpu-v7, trainium2, trainium3; or write the path of a .yaml file

      1 problem; nothing was simulated."
    `);
  });

  test('an unknown model, kind, router, template and workload', () => {
    const text = changed(
      ['template: h100-70b', 'template: h100-7b'],
      ['kind: chat, model: llama-3.1-70b', 'kind: chatt, model: llama'],
      ['workload: support', 'workload: suport'],
      ['slos:', 'routing: { kind: roundrobin }\nslos:'],
    );
    expect(told(text)).toMatchInlineSnapshot(`
      "desk.yaml:11:33  regions[0].pools[0].template
          unknown template "h100-7b" — did you mean "h100-70b"? known: h100-70b
      desk.yaml:13:28  workloads[0].kind
          unknown workload kind "chatt" — did you mean "chat"? known: agentic, azure-trace, background, batch, chat, load-test, load-test-trace, mix, mooncake-trace, rag, reasoning, session-trace, trace
      desk.yaml:14:18  routing.kind
          unknown router "roundrobin" — did you mean "round-robin"? known: bounded-load, cost-aware, energy-aware, least-kv, least-outstanding, power-of-d, power-of-two, prefix-aware, random, round-robin, session-sticky, slo-aware, weighted
      desk.yaml:16:46  slos[0].match.workload
          unknown workload "suport" — did you mean "support"? known: support

      4 problems; nothing was simulated."
    `);
  });

  test('a negative rate', () => {
    expect(told(changed(['requestsPerS: 40', 'requestsPerS: -40']))).toMatchInlineSnapshot(`
      "desk.yaml:13:70  workloads[0].requestsPerS
          must be above 0, found -40

      1 problem; nothing was simulated."
    `);
  });

  test('a text where a number belongs', () => {
    expect(told(changed(['p95: 500', 'p95: 500ms']))).toMatchInlineSnapshot(`
      "desk.yaml:15:72  slos[0].ttftMs.p95
          expected a number, found "500ms"

      1 problem; nothing was simulated."
    `);
  });

  test('a duration without a unit', () => {
    expect(told(changed(['horizon: 15min', 'horizon: 900']))).toMatchInlineSnapshot(`
      "desk.yaml:3:10  horizon
          900 has no unit — write 900s, 900min or 900h

      1 problem; nothing was simulated."
    `);
  });

  test('two classes that cover the same workload', () => {
    const slos = ['slos:', 'slos:\n  - { class: all, e2eMs: { p99: 60000 } }'] as const;
    expect(told(changed([...slos]))).toMatchInlineSnapshot(`
      "desk.yaml:16:34  slos[1].match
          the classes "all" and "interactive" both cover the workload "support" — a request has one class: name the workloads of each with match: { workload: … }

      1 problem; nothing was simulated."
    `);
  });

  test('a horizon without a unit says nothing about the warm-up', () => {
    expect(told(changed(['horizon: 15min', 'horizon: 900\nwarmUp: 2min']))).not.toContain('warmUp');
  });

  test('a duration in a unit that is none', () => {
    expect(told(changed(['horizon: 15min', 'horizon: 15m']))).toMatchInlineSnapshot(`
      "desk.yaml:3:10  horizon
          unknown unit of time "m" in "15m" — write a number and its unit, such as 500ms, 30s, 15min, 1h30min or 7d

      1 problem; nothing was simulated."
    `);
  });

  test('a start without a zone', () => {
    expect(told(changed(['08:00-04:00', '08:00']))).toMatchInlineSnapshot(`
      "desk.yaml:2:8  start
          "2026-06-01T08:00" has no zone — write the offset from UTC with it, such as 2026-06-01T08:00-04:00

      1 problem; nothing was simulated."
    `);
  });

  test('a start on a day that is none', () => {
    expect(told(changed(['2026-06-01', '2026-06-31']))).toMatchInlineSnapshot(`
      "desk.yaml:2:8  start
          "2026-06-31T08:00-04:00" is not a date of the calendar

      1 problem; nothing was simulated."
    `);
  });

  test('a start state that is none', () => {
    expect(told(changed(['horizon: 15min', 'horizon: 15min\nstartState: stedy']))).toMatchInlineSnapshot(`
      "desk.yaml:4:13  startState
          unknown start state "stedy" — did you mean "steady"? known: empty, steady

      1 problem; nothing was simulated."
    `);
  });

  test('two problems at once, one in the form and one between the parts', () => {
    const text = changed(['accelerator: h100-sxm', 'acelerator: h100-sxm'], ['workload: support', 'workload: suport']);
    expect(told(text)).toMatchInlineSnapshot(`
      "desk.yaml:5:15  templates.h100-70b.acelerator
          unknown key \`acelerator\` — did you mean \`accelerator\`?
      desk.yaml:15:46  slos[0].match.workload
          unknown workload "suport" — did you mean "support"? known: support

      2 problems; nothing was simulated."
    `);
  });

  test('a syntax error', () => {
    expect(told('name: desk\nseeds: [1, 2\nhorizon: 15min\n')).toMatchInlineSnapshot(`
      "desk.yaml:3:1
          not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]

      1 problem; nothing was simulated."
    `);
  });

  test('a tab', () => {
    expect(told('name: desk\nregions:\n\t- name: virginia\n')).toMatchInlineSnapshot(`
      "desk.yaml:3:1
          a tab indents this line — indent with spaces

      1 problem; nothing was simulated."
    `);
  });

  test('a key written twice', () => {
    expect(told(changed(['horizon: 15min', 'horizon: 15min\nhorizon: 20min']))).toMatchInlineSnapshot(`
      "desk.yaml:4:1
          the key \`horizon\` is written twice — keep one of them

      1 problem; nothing was simulated."
    `);
  });

  test('an alias to nothing', () => {
    expect(told('name: *other\n')).toMatchInlineSnapshot(`
      "desk.yaml:1:1
          not valid YAML: Unresolved alias (the anchor must be set before the alias): other

      1 problem; nothing was simulated."
    `);
  });

  test('an empty file', () => {
    expect(told('')).toMatchInlineSnapshot(`
      "desk.yaml:1:1
          expected keys and values, found nothing

      1 problem; nothing was simulated."
    `);
  });

  test('duplicate names', () => {
    const workload = '  - { name: support, kind: chat, model: llama-3.1-70b, requestsPerS: 40 }\n';
    const pool = '      - { name: desk, template: h100-70b, instances: 8 }\n';
    expect(told(changed([workload, workload + workload], [pool, pool + pool]))).toMatchInlineSnapshot(`
      "desk.yaml:12:17  regions[0].pools[1].name
          the pool name "desk" is taken by regions[0].pools[0].name — names are unique
      desk.yaml:15:13  workloads[1].name
          the workload name "support" is taken by workloads[0].name — names are unique

      2 problems; nothing was simulated."
    `);
  });

  test('a workload that no pool serves', () => {
    expect(told(changed(['kind: chat, model: llama-3.1-70b', 'kind: chat, model: llama-3.1-8b'])))
      .toMatchInlineSnapshot(`
      "desk.yaml:13:41  workloads[0].model
          no pool serves "llama-3.1-8b" — the pools serve llama-3.1-70b

      1 problem; nothing was simulated."
    `);
  });

  test('a warm-up that leaves nothing', () => {
    expect(told(changed(['horizon: 15min', 'horizon: 15min\nwarmUp: 1h']))).toMatchInlineSnapshot(`
      "desk.yaml:4:9  warmUp
          the warm-up leaves nothing to measure — make it shorter than the horizon

      1 problem; nothing was simulated."
    `);
  });

  test('objectives that say nothing, or not what can be', () => {
    const text = changed([
      'ttftMs: { p95: 500 } }',
      'ttftMs: { p95: 500, pp9: 3 }, attainment: 99 }\n  - { class: idle }\n  - { class: vague, e2eMs: {} }',
    ]);
    expect(told(text)).toMatchInlineSnapshot(`
      "desk.yaml:15:77  slos[0].ttftMs.pp9
          unknown percentile \`pp9\` — write p50, p90, p95, p99 or p99.9
      desk.yaml:15:99  slos[0].attainment
          must be at most 1, found 99 — a share: write 0.99 for 99 %
      desk.yaml:16:5  slos[1]
          has no objective — add ttftMs, tpotMs or e2eMs, such as ttftMs: { p95: 500 }
      desk.yaml:17:28  slos[2].e2eMs
          names no percentile — write one, such as { p95: 500 }

      4 problems; nothing was simulated."
    `);
  });

  test('seeds that repeat, or are no whole numbers', () => {
    expect(told(changed(['horizon: 15min', 'horizon: 15min\nseeds: [1, 2, 1]']))).toMatchInlineSnapshot(`
      "desk.yaml:4:15  seeds[2]
          seed 1 is listed twice — it would be the same run

      1 problem; nothing was simulated."
    `);
    expect(told(changed(['horizon: 15min', 'horizon: 15min\nseeds: [1.5]']))).toMatchInlineSnapshot(`
      "desk.yaml:4:9  seeds[0]
          expected a whole number, found 1.5

      1 problem; nothing was simulated."
    `);
  });

  test('a mistake inside a length', () => {
    const text = changed([
      'requestsPerS: 40',
      'requestsPerS: 40, promptTokens: { median: 300, sigmaa: 1 }, outputTokens: x',
    ]);
    expect(told(text)).toMatchInlineSnapshot(`
      "desk.yaml:13:103  workloads[0].promptTokens.sigmaa
          unknown key \`sigmaa\` — did you mean \`sigma\`?
      desk.yaml:13:130  workloads[0].outputTokens
          expected a number or keys and values, found "x"

      2 problems; nothing was simulated."
    `);
  });

  test('no time, or no time left', () => {
    expect(told(changed(['horizon: 15min', 'horizon: 0s']))).toMatchInlineSnapshot(`
      "desk.yaml:3:10  horizon
          must be longer than 0

      1 problem; nothing was simulated."
    `);
    expect(told(changed(['horizon: 15min', 'horizon: 15min\ntimelineInterval: 0s']))).toMatchInlineSnapshot(`
      "desk.yaml:4:19  timelineInterval
          cuts the horizon into more than 1000000 intervals — make it longer

      1 problem; nothing was simulated."
    `);
  });
});
