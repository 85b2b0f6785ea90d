import { assert } from '../../sim/assert.ts';
import type { FleetView } from '../../sim/ports.ts';
import type { InstanceIndex } from '../../sim/units.ts';

const TWO_32 = 4_294_967_296;

/** Instances at several pseudo-random places each on a circle of 2³² points. */
export class HashRing {
  readonly #virtualNodes: number;
  #instances = 0;
  /** Places in ascending order, and whose they are. */
  #points = new Float64Array(0);
  #owners = new Int32Array(0);

  constructor(virtualNodes: number) {
    this.#virtualNodes = virtualNodes;
  }

  /** From the key's point on, the first eligible instance with fewer than `bound` outstanding requests; there must be one. */
  firstWithRoom(key: number, fleet: FleetView, bound: number): InstanceIndex {
    const last = fleet.eligible(fleet.eligibleCount - 1);
    if (last >= this.#instances) this.#growTo(last + 1);
    const owners = this.#owners;
    let place = this.#placeAfter(pointOf(key, 0));
    for (let tried = 0; tried < owners.length; tried++) {
      const instance = owners[place]!;
      if (instance <= last && fleet.outstandingRequests(instance) < bound && fleet.isEligible(instance))
        return instance;
      place = place + 1 === owners.length ? 0 : place + 1;
    }
    assert(false, 'every instance has as many requests as the bound allows');
  }

  /** The first place at or after a point; beyond the last it is the first. */
  #placeAfter(point: number): number {
    let low = 0;
    let high = this.#points.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#points[middle]! < point) low = middle + 1;
      else high = middle;
    }
    return low === this.#points.length ? 0 : low;
  }

  /** Known instances keep their places, so what is added takes something from each and moves nothing between them. */
  #growTo(instances: number): void {
    const places = Array.from({ length: instances * this.#virtualNodes }, (_, k) => {
      const owner = Math.floor(k / this.#virtualNodes);
      return { point: pointOf(owner, 1 + (k % this.#virtualNodes)), owner };
    }).toSorted((a, b) => a.point - b.point || a.owner - b.owner);
    this.#points = Float64Array.from(places, ({ point }) => point);
    this.#owners = Int32Array.from(places, ({ owner }) => owner);
    this.#instances = instances;
  }
}

/** Two whole numbers hashed to 32 bits: rounds of multiplying and folding, as the finaliser of MurmurHash3 does it. */
function pointOf(key: number, salt: number): number {
  let bits = Math.imul(key | 0, 0x9e3779b1) ^ Math.imul((key / TWO_32) | 0, 0x85ebca6b) ^ Math.imul(salt, 0x27d4eb2f);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
