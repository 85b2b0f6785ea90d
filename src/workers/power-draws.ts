import type { RunPlan } from '../sim/plan.ts';
import type { PowerPolicy } from '../sim/ports.ts';
import { aroundInstance } from '../sim/power-telemetry.ts';
import { simulate } from '../sim/simulate.ts';
import { assemble, type Modules } from './assemble.ts';

/** Per instance, W at every moment at which telemetry was taken in the measured window: accelerators, and what is around them. */
export interface InstanceDraws {
  readonly accelerators: Float64Array[];
  readonly it: Float64Array[];
}

/** Simulate a run in which nothing is slowed, for what its instances draw; nothing is written. */
export function drawsOfRun(plan: RunPlan, modules: Modules): InstanceDraws {
  const { power, pools, warmUpNs, horizonNs } = plan;
  if (power === undefined) throw new Error('the plan says nothing of power');
  const { brake: _brake, ...unbraked } = power;
  const poolOf = pools.flatMap((pool) => Array.from({ length: pool.instances }, () => pool));
  const accelerators: number[][] = poolOf.map(() => []);
  const it: number[][] = poolOf.map(() => []);
  const watching: PowerPolicy = {
    decide(site, _settings, nowNs) {
      if (nowNs < warmUpNs || nowNs >= horizonNs) return;
      poolOf.forEach((pool, instance) => {
        const watts = site.drawWatts(instance);
        const around = aroundInstance(pool.power, pool.acceleratorsPerInstance, site.stepNs(instance) > 0);
        accelerators[instance]!.push(watts);
        it[instance]!.push(watts + around);
      });
    },
  };
  const { parts, close } = assemble(plan, modules);
  try {
    const looked = { ...plan, power: { ...unbraked, telemetryAgeNs: 0 } };
    simulate(looked, { ...parts, power: watching }, { requests: { flush() {} }, timeline: { flush() {} } });
  } finally {
    close();
  }
  return { accelerators: accelerators.map(asColumn), it: it.map(asColumn) };
}

const asColumn = (watts: readonly number[]) => Float64Array.from(watts);
