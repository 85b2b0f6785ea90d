import type { Sourced } from '../sim/profiles.ts';
import type { AcceleratorFile } from './accelerator.ts';
import type { AcceleratorTree } from './accelerator-tree.ts';
import type { Filler } from './filler.ts';
import { rounded } from './filler.ts';

type Power = AcceleratorTree['power'];
type Cost = AcceleratorTree['cost'];
type PowerFile = AcceleratorFile['power'];
type CostFile = NonNullable<AcceleratorFile['cost']>;

/** Watts in proportion to the TDP, the host's to what the server has beyond it, the network's to the rate of the port. */
export function filledPower(own: PowerFile, filler: Filler, networkGbitPerS: number): Power {
  type ByTdp =
    'idleWatts' | 'idleWithContextWatts' | 'serverWattsMax' | 'facilityWattsProvisioned' | 'facilityWattsTypical';
  const byTdp = (key: ByTdp) =>
    filler.inProportion(
      own[key],
      `power.${key}`,
      ({ power }) => power[key],
      ({ power }) => own.tdpWatts.value / power.tdpWatts.value,
      'the TDP',
    );
  const serverWattsMax = byTdp('serverWattsMax');
  const beyondTdp = serverWattsMax.value - own.tdpWatts.value;
  const host = (key: 'hostIdleWatts' | 'hostBusyWatts') =>
    filler.inProportion(
      own[key],
      `power.${key}`,
      ({ power }) => power[key],
      ({ power }) => beyondTdp / (power.serverWattsMax.value - power.tdpWatts.value),
      'what the server draws beyond the TDP',
    );
  const idleWithContextWatts = byTdp('idleWithContextWatts');
  return {
    tdpWatts: own.tdpWatts,
    idleWatts: byTdp('idleWatts'),
    idleWithContextWatts,
    draw: filledDraw(own, filler, idleWithContextWatts),
    hostIdleWatts: host('hostIdleWatts'),
    hostBusyWatts: host('hostBusyWatts'),
    networkWatts: filler.inProportion(
      own.networkWatts,
      'power.networkWatts',
      ({ power }) => power.networkWatts,
      ({ reference }) => networkGbitPerS / reference.networkGbitPerS.value,
      'the rate of the port',
    ),
    serverWattsMax,
    facilityWattsProvisioned: byTdp('facilityWattsProvisioned'),
    facilityWattsTypical: byTdp('facilityWattsTypical'),
  };
}

/** As the nearest, but for the floor, which is the idle draw with a model loaded. */
function filledDraw(
  { draw: own = {}, tdpWatts }: PowerFile,
  filler: Filler,
  idleWithContextWatts: Sourced<number>,
): Power['draw'] {
  type Key = Exclude<keyof Power['draw'], 'form' | 'floorShare' | 'clockShare'>;
  const same = (key: Key) => filler.as(own[key], `power.draw.${key}`, ({ power }) => power.draw[key]);
  const clock = (key: 'prefill' | 'decode') =>
    filler.as(own.clockShare?.[key], `power.draw.clockShare.${key}`, ({ power }) => power.draw.clockShare[key]);
  return {
    form: filler.as(own.form, 'power.draw.form', ({ power }) => power.draw.form),
    floorShare: own.floorShare ?? {
      value: rounded(idleWithContextWatts.value / tdpWatts.value),
      source: 'the idle draw with a model loaded, over the TDP',
      grade: 'estimated',
    },
    ceilingShare: same('ceilingShare'),
    computeWeight: same('computeWeight'),
    memoryWeight: same('memoryWeight'),
    mostMemoryUse: same('mostMemoryUse'),
    sequenceWeight: same('sequenceWeight'),
    expertTileWeight: same('expertTileWeight'),
    groupLossPerDoubling: same('groupLossPerDoubling'),
    clockExponent: same('clockExponent'),
    leastVoltageClock: same('leastVoltageClock'),
    clockShare: { prefill: clock('prefill'), decode: clock('decode') },
    mostMHz: same('mostMHz'),
    leastMHz: same('leastMHz'),
  };
}

/** Prices follow nothing on a spec sheet: they are those of the nearest. */
export function filledCost(own: CostFile, filler: Filler): Cost {
  const same = (key: keyof Cost) => filler.as(own[key], `cost.${key}`, ({ cost }) => cost[key]);
  return {
    rentUsdPerHour: same('rentUsdPerHour'),
    rentUsdPerHourLow: same('rentUsdPerHourLow'),
    rentUsdPerHourHigh: same('rentUsdPerHourHigh'),
    acceleratorUsd: same('acceleratorUsd'),
    itCapexUsd: same('itCapexUsd'),
    ownedUsdPerHour: same('ownedUsdPerHour'),
  };
}
