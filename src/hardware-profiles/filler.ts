import type { Sourced } from '../sim/profiles.ts';
import type { AcceleratorTree } from './accelerator-tree.ts';

/** A complete accelerator that missing numbers are taken from. */
export interface Nearest extends AcceleratorTree {
  readonly name: string;
}

const FILLED = /^as [a-z0-9-]+: /;

type From<Value> = (nearest: Nearest) => Value;

/** Fills gaps from the nearest accelerator. Every number that it makes up is `estimated`, and says from what. */
export class Filler {
  readonly nearest: Nearest | undefined;

  constructor(nearest: Nearest | undefined) {
    this.nearest = nearest;
  }

  /** @throws Error for a file with gaps that has no nearest accelerator */
  needed(path: string): Nearest {
    if (this.nearest !== undefined) return this.nearest;
    throw new Error(`${path} is missing, and there is no nearest accelerator to take it from`);
  }

  /** Its own number, or the one there. */
  as<Value>(own: Sourced<Value> | undefined, path: string, there: From<Sourced<Value>>): Sourced<Value> {
    if (own !== undefined) return own;
    const nearest = this.needed(path);
    const { value, source } = there(nearest);
    // What was filled in there already names the accelerator that it was taken from.
    const from = FILLED.test(source) ? source : `as ${nearest.name}: ${source}`;
    return { value, source: from, grade: 'estimated' };
  }

  /** Its own number, or the one there in proportion to something that is known of both. @param by what that is */
  inProportion(
    own: Sourced<number> | undefined,
    path: string,
    there: From<Sourced<number>>,
    ratio: From<number>,
    by: string,
  ): Sourced<number> {
    if (own !== undefined) return own;
    const nearest = this.needed(path);
    const { value, source } = there(nearest);
    return {
      value: rounded(value * ratio(nearest)),
      source: `${nearest.name}, scaled by ${by}: ${source}`,
      grade: 'estimated',
    };
  }
}

/** An estimate has no more than four figures. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
