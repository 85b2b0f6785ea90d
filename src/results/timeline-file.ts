import type { RowSink } from '../sim/ports.ts';
import type { SeriesPlan } from '../sim/money-plan.ts';
import { KV_TIER_KINDS, type PoolPlan, type RunPlan } from '../sim/plan.ts';
import type { TimelineColumns } from '../sim/records.ts';
import type { WorkCounters } from '../sim/roofline.ts';
import { meanOver } from '../sim/series.ts';
import { NS_PER_S } from '../sim/units.ts';
import { TIMELINE_COLUMNS } from './columns.ts';
import { TIER_COUNTERS, tierBlockBytes } from './kv-tier-use.ts';
import { poolRentUsd } from './pool-rent.ts';
import { WORK_COUNTERS, resourceUse, shareOf } from './resource-use.ts';
import { TableFile } from './table-file.ts';
import type { FileIdentity, WrittenTable } from './table-file.ts';

/** timeline.arrow: give it to the simulation as its sink of the timeline, then close it. */
export class TimelineFile implements RowSink<TimelineColumns> {
  readonly #file: TableFile<typeof TIMELINE_COLUMNS>;
  readonly #plan: RunPlan;
  readonly #work: Record<keyof WorkCounters, number> = {
    steps: 0,
    decodeSeqSteps: 0,
    prefillTokens: 0,
    kvTokenSteps: 0,
    prefillPairs: 0,
    prefillContextTokens: 0,
  };

  /** @param path must not exist yet */
  constructor(path: string, plan: RunPlan, identity: FileIdentity) {
    const names = {
      region: plan.regions.map((region) => region.name),
      pool: plan.pools.map((pool) => pool.name),
    };
    this.#file = new TableFile(path, TIMELINE_COLUMNS, names, 0, identity);
    this.#file.buffers.start.setOrigin(Date.parse(plan.start));
    this.#plan = plan;
  }

  get rows(): number {
    return this.#file.rows;
  }

  flush(columns: TimelineColumns, rows: number): void {
    this.#file.reserve(rows);
    this.#file.buffers.start.setAll(columns.startNs, rows);
    for (let row = 0; row < rows; row++) {
      const pool = this.#plan.pools[columns.pool[row]!]!;
      this.#setPlace(columns, row, pool);
      this.#setFlows(columns, row, pool);
      this.#setTiers(columns, row, pool);
      this.#setState(columns, row, pool);
      this.#setUse(columns, row, pool);
      this.#setEnergy(columns, row, pool);
      this.#setBackground(columns, row, pool);
      this.#setSettings(columns, row);
    }
    this.#file.writeBatch(rows);
  }

  close(): WrittenTable {
    return this.#file.close();
  }

  #setPlace(columns: TimelineColumns, row: number, home: PoolPlan): void {
    const { interval_s, region, pool, rent_usd, price_usd_per_kwh, carbon_g_per_kwh } = this.#file.buffers;
    const place = this.#plan.regions[home.region]!;
    const lengthNs = columns.endNs[row]! - columns.startNs[row]!;
    interval_s.set(row, lengthNs / NS_PER_S);
    region.set(row, place.name);
    pool.set(row, home.name);
    const { usdPerKWh, gramsPerKWh } = this.#plan.money?.regions[home.region] ?? {};
    const meanOf = (series: SeriesPlan) => meanOver(series, columns.startNs[row]!, columns.endNs[row]!);
    const rent = this.#plan.money?.pools[columns.pool[row]!]?.procurement;
    const moving = rent === undefined || rent.kind === 'own' ? undefined : rent.usdOverTime;
    rent_usd.set(
      row,
      poolRentUsd(home, columns.onNs[row]! + columns.lentNs[row]!, moving === undefined ? undefined : meanOf(moving)),
    );
    price_usd_per_kwh.set(row, usdPerKWh === undefined ? place.electricityUsdPerKWh : meanOf(usdPerKWh));
    if (gramsPerKWh === undefined) carbon_g_per_kwh.setNull(row);
    else carbon_g_per_kwh.set(row, meanOf(gramsPerKWh));
  }

  #setFlows(columns: TimelineColumns, row: number, { kvLink }: PoolPlan): void {
    const buffers = this.#file.buffers;
    const lengthS = (columns.endNs[row]! - columns.startNs[row]!) / NS_PER_S;
    buffers.arrived_requests_per_s.set(row, columns.arrivedRequests[row]! / lengthS);
    buffers.finished_requests_per_s.set(row, columns.finishedRequests[row]! / lengthS);
    buffers.prompt_tokens_per_s.set(row, columns.promptTokens[row]! / lengthS);
    buffers.cached_tokens_per_s.set(row, columns.cachedTokens[row]! / lengthS);
    buffers.loaded_tokens_per_s.set(row, columns.loadedTokens[row]! / lengthS);
    buffers.output_tokens_per_s.set(row, columns.outputTokens[row]! / lengthS);
    buffers.preemptions.set(row, columns.preemptions[row]!);
    buffers.kv_transfer_bytes.set(
      row,
      kvLink === undefined ? 0 : columns.kvTransferTokens[row]! * kvLink.kvBytesPerToken,
    );
  }

  #setTiers(columns: TimelineColumns, row: number, pool: PoolPlan): void {
    const buffers = this.#file.buffers;
    for (const kind of KV_TIER_KINDS) {
      const blockBytes = tierBlockBytes(pool, kind) ?? 0;
      const { read, written } = TIER_COUNTERS[kind];
      buffers[`${kind}_read_bytes`].set(row, columns[read][row]! * blockBytes);
      buffers[`${kind}_written_bytes`].set(row, columns[written][row]! * blockBytes);
    }
  }

  #setState(columns: TimelineColumns, row: number, pool: PoolPlan): void {
    const { waiting_requests, running_requests, kv_use, ready_instances, on_s } = this.#file.buffers;
    ready_instances.set(row, columns.readyInstances[row]!);
    on_s.set(row, columns.onNs[row]! / NS_PER_S);
    waiting_requests.set(row, columns.waitingRequests[row]!);
    running_requests.set(row, columns.runningRequests[row]!);
    kv_use.set(row, shareOf(columns.kvBlocksUsed[row]!, pool.instances * pool.engine.kvBlocks));
  }

  #setUse(columns: TimelineColumns, row: number, pool: PoolPlan): void {
    const { busy_share, prefill_share, compute_use, memory_bandwidth_use } = this.#file.buffers;
    for (const counter of WORK_COUNTERS) this.#work[counter] = columns[counter][row]!;
    const use = resourceUse(pool, this.#work, columns.onNs[row]!);
    busy_share.set(row, shareOf(columns.busyNs[row]!, columns.onNs[row]!));
    prefill_share.set(row, shareOf(columns.prefillNs[row]!, columns.busyNs[row]!));
    compute_use.set(row, shareOf(use.flops, use.peakFlops));
    memory_bandwidth_use.set(row, shareOf(use.hbmBytes, use.peakHbmBytes));
  }

  #setBackground(columns: TimelineColumns, row: number, { scaling }: PoolPlan): void {
    const { lent_s, useful_s, recalls, background_joules } = this.#file.buffers;
    if (scaling?.background === undefined) {
      for (const buffer of [lent_s, useful_s, recalls, background_joules]) buffer.setNull(row);
      return;
    }
    lent_s.set(row, columns.lentNs[row]! / NS_PER_S);
    useful_s.set(row, columns.usefulNs[row]! / NS_PER_S);
    recalls.set(row, columns.recalls[row]!);
    if (this.#plan.record.energy) background_joules.set(row, columns.backgroundJoules[row]!);
    else background_joules.setNull(row);
  }

  #setSettings(columns: TimelineColumns, row: number): void {
    const { clock_share, cap_watts } = this.#file.buffers;
    if (this.#plan.power === undefined) {
      clock_share.setNull(row);
      cap_watts.setNull(row);
      return;
    }
    clock_share.set(row, columns.clockShare[row]!);
    cap_watts.set(row, columns.capWatts[row]!);
  }

  #setEnergy(columns: TimelineColumns, row: number, { acceleratorsPerInstance }: PoolPlan): void {
    const {
      idle_s,
      asleep_s,
      accelerator_watts,
      busy_joules,
      prefill_joules,
      idle_joules,
      host_joules,
      facility_joules,
    } = this.#file.buffers;
    const buffers = [idle_s, asleep_s, accelerator_watts, busy_joules, prefill_joules, idle_joules, host_joules];
    if (!this.#plan.record.energy) {
      for (const buffer of [...buffers, facility_joules]) buffer.setNull(row);
      return;
    }
    const onS = columns.onNs[row]! / NS_PER_S;
    const busyJoules = columns.busyJoules[row]!;
    const idleJoules = columns.idleJoules[row]!;
    idle_s.set(row, columns.idleNs[row]! / NS_PER_S);
    asleep_s.set(row, columns.sleepNs[row]! / NS_PER_S);
    accelerator_watts.set(row, shareOf(busyJoules + idleJoules, onS * acceleratorsPerInstance));
    busy_joules.set(row, busyJoules);
    prefill_joules.set(row, columns.prefillJoules[row]!);
    idle_joules.set(row, idleJoules);
    host_joules.set(row, columns.hostJoules[row]!);
    facility_joules.set(row, columns.facilityJoules[row]!);
  }
}
