import type { FleetView, RoutingPolicy } from '../../sim/ports.ts';
import type { Rng } from '../../sim/streams.ts';
import type { InstanceIndex } from '../../sim/units.ts';

/** Of `d` different instances drawn at random, or of all if there are no more, the one with the fewest outstanding requests. */
export function leastOutstandingOf(d: number, rng: Rng): RoutingPolicy {
  if (d === 2) return leastOutstandingOfTwo(rng);
  /** Positions drawn so far, in ascending order. */
  const drawn = new Int32Array(d);

  const draw = (count: number, before: number): number => {
    let position = (rng.uniform() * (count - before)) | 0;
    let place = 0;
    // Drawn from those that are left: each drawn one below moves it up by one.
    for (; place < before && drawn[place]! <= position; place++) position++;
    for (let k = before; k > place; k--) drawn[k] = drawn[k - 1]!;
    drawn[place] = position;
    return position;
  };

  return {
    route(_request, _requests, fleet: FleetView): InstanceIndex {
      const count = fleet.eligibleCount;
      if (count === 1) return fleet.eligible(0);
      const draws = Math.min(d, count);
      let best = fleet.eligible(draw(count, 0));
      let fewest = fleet.outstandingRequests(best);
      for (let before = 1; before < draws; before++) {
        const instance = fleet.eligible(draw(count, before));
        const outstanding = fleet.outstandingRequests(instance);
        if (outstanding < fewest) {
          best = instance;
          fewest = outstanding;
        }
      }
      return best;
    },
  };
}

/** The same with less to do: by far the most frequent case. */
function leastOutstandingOfTwo(rng: Rng): RoutingPolicy {
  return {
    route(_request, _requests, fleet: FleetView): InstanceIndex {
      const count = fleet.eligibleCount;
      if (count === 1) return fleet.eligible(0);
      const position = (rng.uniform() * count) | 0;
      const other = (rng.uniform() * (count - 1)) | 0;
      const first = fleet.eligible(position);
      const second = fleet.eligible(other >= position ? other + 1 : other);
      return fleet.outstandingRequests(second) < fleet.outstandingRequests(first) ? second : first;
    },
  };
}
