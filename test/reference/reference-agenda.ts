/** In the order in which things happen at one instant. */
export const INSTANCE_READY = 0;
export const STEP_END = 1;
export const TRANSFER_END = 2;
export const ARRIVAL = 3;
export const CONTROL_TICK = 4;
export const BATCH_FORMATION = 5;

interface Event {
  readonly timeNs: number;
  readonly kind: number;
  /** Among equals in time and kind: the instance's index, or the running number of the push. */
  readonly order: number;
  happen(): void;
}

/** What is going to happen, in order. */
export class ReferenceAgenda {
  readonly #events: Event[] = [];

  add(timeNs: number, kind: number, order: number, happen: () => void): void {
    const event = { timeNs, kind, order, happen };
    let place = this.#events.length;
    while (place > 0 && precedes(event, this.#events[place - 1]!)) place -= 1;
    this.#events.splice(place, 0, event);
  }

  takeNext(): Event | undefined {
    return this.#events.shift();
  }

  get expectsArrivals(): boolean {
    return this.#events.some(({ kind }) => kind === ARRIVAL);
  }
}

function precedes(a: Event, b: Event): boolean {
  if (a.timeNs !== b.timeNs) return a.timeNs < b.timeNs;
  if (a.kind !== b.kind) return a.kind < b.kind;
  return a.order < b.order;
}
