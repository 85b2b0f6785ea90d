import { Streams } from '../sim/streams.ts';
import { sobolPoint } from './sobol.ts';
import type { AxisInput, RangeInput, SweepInput } from './variant-schema.ts';

/** What one axis is set to at one point of a sweep. */
export interface AxisValue {
  readonly value: unknown;
  /** Position in the list of the axis, if it is one. */
  readonly item?: number;
}

const TWO_32 = 4_294_967_296;
/** Keeps 0.1 + 2 × 0.1 from becoming 0.30000000000000004. */
const DIGITS = 12;

/** Every point of a sweep: the values of its axes, in their order. The order of the points is part of the design. */
export function sweepPoints(sweep: SweepInput): readonly (readonly AxisValue[])[] {
  switch (sweep.kind) {
    case 'grid':
      return combinations(sweep.axes.map(([, axis]) => axisValues(axis)));
    case 'list':
      return sideBySide(sweep.axes.map(([, axis]) => axisValues(axis)));
    case 'latin-hypercube':
      return sample(sweep, latinHypercube(sweep));
    case 'sobol':
      return sample(sweep, shiftedSobol(sweep));
  }
}

/** So many points has a grid, before they are made. */
export function gridSize(axes: SweepInput['axes']): number {
  return axes.reduce((product, [, axis]) => product * axisLength(axis), 1);
}

export function axisLength(axis: AxisInput): number {
  if (Array.isArray(axis)) return axis.length;
  const { from, to, step, count } = axis;
  // A step that reaches the end but for rounding reaches it.
  return count ?? Math.floor(Number(((to - from) / (step ?? to - from)).toPrecision(DIGITS))) + 1;
}

function axisValues(axis: AxisInput): AxisValue[] {
  if (Array.isArray(axis)) return axis.map((value: unknown, item) => ({ value, item }));
  const range = axis;
  const length = axisLength(axis);
  return Array.from({ length }, (_, k) => ({ value: rangeValue(range, k, length) }));
}

function rangeValue({ from, to, step, scale, whole }: RangeInput, k: number, length: number): number {
  const share = k / (length - 1);
  const value = step === undefined ? between(from, to, share, scale) : from + k * step;
  return whole ? Math.round(value) : Number(value.toPrecision(DIGITS));
}

function between(from: number, to: number, share: number, scale: RangeInput['scale']): number {
  if (share === 1) return to;
  return scale === 'log' ? from * Math.exp(share * Math.log(to / from)) : from + share * (to - from);
}

/** The last axis changes fastest. */
function combinations(axes: readonly (readonly AxisValue[])[]): AxisValue[][] {
  return axes.reduce<AxisValue[][]>(
    (points, values) => points.flatMap((point) => values.map((value) => [...point, value])),
    [[]],
  );
}

function sideBySide(axes: readonly (readonly AxisValue[])[]): AxisValue[][] {
  return axes[0]!.map((_, k) => axes.map((values) => values[k]!));
}

/** Coordinates in [0, 1), by point and axis. */
type Coordinates = readonly (readonly number[])[];

function sample({ axes }: SweepInput, coordinates: Coordinates): AxisValue[][] {
  return coordinates.map((point) => axes.map(([, axis], dimension) => valueAt(axis, point[dimension]!)));
}

/** Of a list, or of whole numbers, each gets an equal share of [0, 1): with `log`, of the ratio. */
function valueAt(axis: AxisInput, coordinate: number): AxisValue {
  if (Array.isArray(axis)) {
    const item = Math.floor(coordinate * axis.length);
    return { value: axis[item], item };
  }
  const { from, to, scale, whole } = axis;
  if (whole) return { value: Math.min(to, Math.floor(between(from, to + 1, coordinate, scale))) };
  return { value: Number(between(from, to, coordinate, scale).toPrecision(DIGITS)) };
}

/**
 * McKay, Beckman and Conover, Technometrics 21 (1979): cut every axis into as many strata as there are points, and give
 * every stratum to one point, at random within it. An axis has its own stream: another one beside it changes nothing.
 */
function latinHypercube({ axes, points = 0, seed }: SweepInput): Coordinates {
  const streams = new Streams(seed);
  const columns = axes.map(([path]) => {
    const rng = streams.stream(`sweep/${path}`);
    const strata = Array.from({ length: points }, (_, k) => k);
    for (let k = points - 1; k > 0; k--) {
      const other = Math.floor(rng.uniform() * (k + 1));
      [strata[k], strata[other]] = [strata[other]!, strata[k]!];
    }
    return strata.map((stratum) => (stratum + rng.uniform()) / points);
  });
  return Array.from({ length: points }, (_, point) => columns.map((column) => column[point]!));
}

/**
 * Sobol' points, each coordinate with random bits of its own turned over (a digital shift). Every stratum keeps its one
 * point, and the first point, all zeros, leaves the corner.
 */
function shiftedSobol({ axes, points = 0, seed }: SweepInput): Coordinates {
  const streams = new Streams(seed);
  const shifts = axes.map(([path]) => Math.floor(streams.stream(`sweep/${path}`).uniform() * TWO_32));
  return Array.from({ length: points }, (_, point) =>
    sobolPoint(point, axes.length).map((bits, dimension) => ((bits ^ shifts[dimension]!) >>> 0) / TWO_32),
  );
}
