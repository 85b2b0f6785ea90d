import { expect, test } from 'vitest';
import { changed, told } from './support.ts';

/** The good scenario with a `power:` of these lines. */
const withPower = (...lines: readonly string[]) =>
  told(changed(['slos:', `power:\n${lines.map((line) => `  ${line}\n`).join('')}slos:`]));

test('a budget that is kept by slowing is no problem', () => {
  expect(withPower('kind: uniform-cap', 'domains: [{ level: site, kW: 40 }]')).toBe('no problem');
});

test('a budget below what is drawn idle', () => {
  expect(withPower('kind: evenly', 'domains: [{ level: site, kW: 2 }]')).toMatchInlineSnapshot(`
    "desk.yaml:16:13  power.domains[0]
        virginia: the budget of 2.00 kW is below the 15.0 kW that it draws idle, with 32 accelerators — no policy can keep it: raise the budget or take accelerators away

    1 problem; nothing was simulated."
  `);
  expect(withPower('kind: evenly', 'domains: [{ level: site, counts: facility, kW: 5 }]')).toMatchInlineSnapshot(`
    "desk.yaml:16:13  power.domains[0]
        virginia: the budget of 5.00 kW, of which 2.77 kW are for IT, is below the 15.0 kW that it draws idle, with 32 accelerators — no policy can keep it: raise the budget or take accelerators away

    1 problem; nothing was simulated."
  `);
  expect(withPower('kind: evenly', 'domains: [{ level: accelerator, W: 60 }]')).toMatchInlineSnapshot(`
    "desk.yaml:16:13  power.domains[0]
        virginia accelerator 1: the budget of 0.24 kW is below the 0.48 kW that it draws idle, with 4 accelerators — no policy can keep it: raise the budget or take accelerators away

    1 problem; nothing was simulated."
  `);
});

test('a cut below what is drawn idle', () => {
  const windows = 'windows: [{ from: 5min, to: 6min, share: 0.1 }]';
  expect(withPower('kind: evenly', `domains: [{ level: site, kW: 40, ${windows} }]`)).toMatchInlineSnapshot(`
    "desk.yaml:16:13  power.domains[0]
        virginia: the budget of 4.00 kW from 300 s on is below the 15.0 kW that it draws idle, with 32 accelerators — no policy can keep it: raise the budget or take accelerators away

    1 problem; nothing was simulated."
  `);
});

test('windows that overlap, and one that ends before it begins', () => {
  const windows =
    '[{ from: 1min, to: 3min, share: 0.9 }, { from: 2min, to: 4min, share: 0.8 }, { from: 9min, to: 8min, share: 1 }]';
  expect(withPower('kind: evenly', `domains: [{ level: site, kW: 40, windows: ${windows} }]`)).toMatchInlineSnapshot(`
    "desk.yaml:16:92  power.domains[0].windows[1].from
        the windows 1 and 2 overlap — a budget has one value at a time
    desk.yaml:16:140  power.domains[0].windows[2].to
        the window ends before it begins — write the earlier one first

    2 problems; nothing was simulated."
  `);
});

test('a budget that is missing, given twice, of no known region; a pool that is not there', () => {
  const domains = '[{ level: site }, { level: site, kW: 40, MW: 1 }, { level: site, region: virgina, kW: 40 }]';
  expect(withPower('kind: evenly', `domains: ${domains}`, 'lowPriorityPools: [nobody]')).toMatchInlineSnapshot(`
    "desk.yaml:16:13  power.domains[0]
        has no budget — write one of W, kW, MW or file
    desk.yaml:16:57  power.domains[1].MW
        the budget is given twice, by kW and MW — keep one
    desk.yaml:16:85  power.domains[2].region
        unknown region "virgina" — did you mean "virginia"? known: virginia
    desk.yaml:17:22  power.lowPriorityPools[0]
        unknown pool "nobody" — known: desk

    4 problems; nothing was simulated."
  `);
});

test('an unknown policy, and limits in the wrong order', () => {
  expect(withPower('kind: uniformcap')).toMatchInlineSnapshot(`
    "desk.yaml:15:9  power.kind
        unknown power policy "uniformcap" — did you mean "uniform-cap"? known: batch-limit, decode-first, dvfs-governor, evenly, fixed-clock, follow-carbon, follow-price, prefill-first, priority-aware, race-to-idle, shed, two-threshold, uncapped, uniform-cap

    1 problem; nothing was simulated."
  `);
  expect(withPower('kind: evenly', 'targetShare: 0.8', 'releaseShare: 0.9')).toMatchInlineSnapshot(`
    "desk.yaml:17:17  power.releaseShare
        what was taken would be given back where it is to be taken — write a releaseShare below targetShare

    1 problem; nothing was simulated."
  `);
});
