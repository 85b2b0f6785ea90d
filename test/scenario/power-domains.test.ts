import { expect, test } from 'vitest';
import { changed, scenarioOf } from './support.ts';

const MINUTE_NS = 60e9;

/** Domains of eight instances of four accelerators each. */
const domainsOf = (domain: string) =>
  scenarioOf(changed(['slos:', `power: { kind: uncapped, domains: [${domain}] }\nslos:`])).power!.domains;

test('two instances of four accelerators share a node of eight, and eight fill a rack of 32', () => {
  const nodes = domainsOf('{ level: node, kW: 9 }');
  expect(nodes.map(({ instances }) => instances)).toEqual([
    [0, 1],
    [2, 3],
    [4, 5],
    [6, 7],
  ]);
  expect(nodes.map(({ budget }) => budget)).toEqual(nodes.map(() => [{ fromNs: 0, watts: 9_000 }]));
  expect(domainsOf('{ level: rack, kW: 40 }').map(({ instances }) => instances.length)).toEqual([8]);
});

test('what does not fit a rack begins the next, and what fills several has all their budgets', () => {
  const racks = domainsOf('{ level: rack, accelerators: 11, kW: 9 }');
  expect(racks.map(({ instances }) => instances.length)).toEqual([2, 2, 2, 2]);
  const small = domainsOf('{ level: node, accelerators: 2, kW: 2 }');
  expect(small.map(({ instances, budget }) => [instances.length, budget[0]!.watts])).toEqual(
    Array.from({ length: 8 }, () => [1, 4_000]),
  );
  const [first] = domainsOf('{ level: accelerator, W: 500 }');
  expect(first).toMatchObject({ instances: [0], counts: 'accelerators', budget: [{ fromNs: 0, watts: 2_000 }] });
});

test('a window takes its share of the budget, and one that follows at once leaves no gap', () => {
  const windows = '[{ from: 5min, to: 6min, share: 0.8 }, { from: 2min, to: 5min, share: 0.75 }]';
  expect(domainsOf(`{ level: site, MW: 0.04, windows: ${windows} }`)[0]!.budget).toEqual([
    { fromNs: 0, watts: 40_000 },
    { fromNs: 2 * MINUTE_NS, watts: 30_000 },
    { fromNs: 5 * MINUTE_NS, watts: 32_000 },
    { fromNs: 6 * MINUTE_NS, watts: 40_000 },
  ]);
  expect(domainsOf('{ level: site, kW: 40, windows: [{ from: 0s, to: 1min, share: 0.9 }] }')[0]!.budget).toEqual([
    { fromNs: 0, watts: 36_000 },
    { fromNs: MINUTE_NS, watts: 40_000 },
  ]);
});

test('delays are in ns, the brake has defaults, and pools are told by their place', () => {
  const control = scenarioOf(
    changed(['slos:', 'power: { kind: two-threshold, brake: {}, lowPriorityPools: [desk], actuationMs: 0.5 }\nslos:']),
  ).power!;
  expect(control).toMatchObject({
    kind: 'two-threshold',
    options: { firstShare: 0.8, secondShare: 0.89 },
    telemetryIntervalNs: 1e9,
    telemetryAgeNs: 2e9,
    actuationNs: 500_000,
    lowPriorityPools: [0],
    domains: [],
    brake: { delayNs: 5e9, clock: 0.3, holdNs: 10e9 },
  });
});
