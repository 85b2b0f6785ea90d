import type { LinkNumbers } from '../sim/profiles.ts';
import type { WithSources } from './accelerator-tree.ts';
import type { Filler } from './filler.ts';
import { rounded } from './filler.ts';

type Link = WithSources<LinkNumbers>;
type Links = Readonly<Record<string, Link>>;

/** Nobody shares a layer among more. */
const LARGEST_GROUP = 64;
/** All-to-all in an NVL72 domain loses 19 % of its rate from 8 to 64 GPUs (TensorRT-LLM): this with every doubling. */
const RATE_PER_DOUBLING = 0.93;

/** What is known of the links of an accelerator and of those of the nearest one. */
export interface LinkRatios {
  /** Own rate over that of the nearest. */
  readonly scaleUpRate: number;
  readonly networkRate: number;
  readonly scaleUpAccelerators: number;
  readonly nearestScaleUpAccelerators: number;
}

/**
 * All-reduce of 2, 4, 8 … up to the scale-up domain, 64 at most: the groups of the file; then those of the nearest
 * accelerator with its latency, and its rate in proportion to the links; then each as the half of it, with 7 % less rate
 * and as much more latency as the doubling before.
 */
export function filledAllReduce(own: Links, filler: Filler, ratios: LinkRatios): Links {
  const groups: Record<string, Link> = { ...own };
  const known = filler.nearest?.performance.allReduce ?? {};
  for (const size of doublings(ratios.scaleUpAccelerators)) {
    if (groups[size] !== undefined) continue;
    const link = known[size] === undefined ? undefined : scaled(known[size], filler, ratios.scaleUpRate);
    const found = link ?? doubled(groups, size);
    if (found !== undefined) groups[size] = found;
  }
  return groups;
}

/**
 * All-to-all: the groups of the file; then those of the nearest accelerator that are on the same side of the border of the
 * scale-up domain in both, in proportion to the links that carry them; then larger ones within the domain as above.
 */
export function filledAllToAll(own: Links, filler: Filler, ratios: LinkRatios): Links {
  const groups: Record<string, Link> = { ...own };
  for (const [size, link] of Object.entries(filler.nearest?.performance.allToAll ?? {})) {
    const inside = Number(size) <= ratios.scaleUpAccelerators;
    if (groups[size] !== undefined || inside !== Number(size) <= ratios.nearestScaleUpAccelerators) continue;
    groups[size] = scaled(link, filler, inside ? ratios.scaleUpRate : ratios.networkRate);
  }
  for (const size of doublings(ratios.scaleUpAccelerators)) {
    const link = groups[size] ?? doubled(groups, size);
    if (link !== undefined) groups[size] = link;
  }
  return noFasterThanSmaller(groups, own);
}

/** A larger group that was filled in is no faster than a smaller one. */
function noFasterThanSmaller(groups: Links, own: Links): Links {
  let slowest = Infinity;
  const entries = Object.entries(groups).map(([size, link]) => {
    const { gbPerS } = link;
    slowest = Math.min(slowest, gbPerS.value);
    if (own[size] !== undefined || gbPerS.value === slowest) return [size, link] as const;
    const source = `no faster than smaller groups; else ${gbPerS.source}`;
    return [size, { ...link, gbPerS: { ...gbPerS, value: slowest, source } }] as const;
  });
  return Object.fromEntries(entries);
}

function doublings(limit: number): number[] {
  return [2, 4, 8, 16, 32, LARGEST_GROUP].filter((size) => size <= limit);
}

function scaled({ latencyUs, gbPerS }: Link, filler: Filler, ratio: number): Link {
  return {
    latencyUs: filler.as(undefined, 'latencyUs', () => latencyUs),
    gbPerS: filler.inProportion(
      undefined,
      'gbPerS',
      () => gbPerS,
      () => ratio,
      'the rate of the links',
    ),
  };
}

/** A group from those of half and of a quarter its size. */
function doubled(groups: Links, size: number): Link | undefined {
  const half = groups[size / 2];
  if (half === undefined) return undefined;
  const before = (groups[size / 4] ?? half).latencyUs.value;
  const latencyUs = half.latencyUs.value + Math.max(0, half.latencyUs.value - before);
  const estimate = (value: number, how: string) =>
    ({ value: rounded(value), source: `as groups of ${size / 2}, ${how}`, grade: 'estimated' }) as const;
  return {
    latencyUs: estimate(latencyUs, 'and what the doubling before added'),
    gbPerS: estimate(half.gbPerS.value * RATE_PER_DOUBLING, 'less the 7 % that all-to-all loses in an NVL72 domain'),
  };
}
