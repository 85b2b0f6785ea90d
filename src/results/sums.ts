import { NS_PER_MS } from '../sim/units.ts';

export function inMs(durationNs: number | undefined): number | undefined {
  return durationNs === undefined ? undefined : durationNs / NS_PER_MS;
}

export function total<Item>(items: readonly Item[], amount: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + amount(item), 0);
}
