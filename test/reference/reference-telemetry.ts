import type { TelemetryRequest } from '../../src/sim/ports.ts';
import type { ReferenceInstance } from './reference-instance.ts';

interface Report {
  readonly waitingRequests: number;
  readonly runningRequests: number;
  readonly kvUse: number;
}

interface Snapshot {
  readonly takenNs: number;
  readonly reports: readonly Report[];
}

const nothing: Report = { waitingRequests: 0, runningRequests: 0, kvUse: 0 };

/** Every snapshot that was ever due, and which of them is seen. */
export class ReferenceTelemetry {
  readonly #request: TelemetryRequest | undefined;
  readonly #instances: readonly ReferenceInstance[];
  readonly #snapshots: Snapshot[] = [];

  constructor(request: TelemetryRequest | undefined, instances: readonly ReferenceInstance[]) {
    this.#request = request;
    this.#instances = instances;
  }

  /** A snapshot of an instant sees everything of it, so it is taken when the next thing happens later. */
  takeBefore(nowNs: number): void {
    if (this.#request === undefined) return;
    for (;;) {
      const takenNs = this.#snapshots.length * this.#request.intervalNs;
      if (takenNs >= nowNs) return;
      this.#snapshots.push({ takenNs, reports: this.#instances.map(reportOf) });
    }
  }

  /** What is reported of an instance by now. */
  seen(index: number, nowNs: number): Report {
    const delayNs = this.#request?.delayNs ?? 0;
    const seen = this.#snapshots.findLast(({ takenNs }) => takenNs < nowNs && takenNs + delayNs <= nowNs);
    return seen?.reports[index] ?? nothing;
  }
}

function reportOf({ waitingRequests, running, kv, engine }: ReferenceInstance): Report {
  return { waitingRequests, runningRequests: running.length, kvUse: kv.usedBlocks / engine.kvBlocks };
}
