/** Whole nanoseconds since the start of the run, in a double: exact for 104 days. */
export type Ns = number;

/** Step durations: whole ticks of 2⁻¹⁶ ns, so that the sum of any number of steps is exact (see docs/engine.md). */
export type Ticks = number;

/** Energy of steps: whole quanta of 2⁻²⁶ J, for the same reason. */
export type Quanta = number;

/** Row of the request table. Rows are reused: an index names a request only while it is in flight. */
export type RequestIndex = number;
export type InstanceIndex = number;
export type PoolIndex = number;
export type ModelIndex = number;
/** A segment of the path of a prompt. */
export type SegmentIndex = number;

export const TICKS_PER_NS = 65_536;
export const QUANTA_PER_JOULE = 67_108_864;
export const NS_PER_US = 1_000;
export const NS_PER_MS = 1_000_000;
export const NS_PER_S = 1_000_000_000;
export const NS_PER_HOUR = 3_600 * NS_PER_S;

/** A router's answer when no instance can take the request. */
export const NO_INSTANCE: InstanceIndex = -1;
/** The end of a prompt's path. */
export const NO_SEGMENT: SegmentIndex = -1;
/** The session of a request that belongs to none. */
export const NO_SESSION = -1;

/** Sums of ticks stay below this, half of what a double counts exactly; a segment that would pass it is split. */
export const MAX_SEGMENT_TICKS = 2 ** 52;
/** The same of quanta. */
export const MAX_SEGMENT_QUANTA = 2 ** 52;

const WATTS_PER_QUANTUM_AND_TICK = (TICKS_PER_NS * NS_PER_S) / QUANTA_PER_JOULE;

/** Mean draw of what takes so much energy in so much time: two whole numbers, rounded once or twice. */
export function wattsOf(quanta: Quanta, ticks: Ticks): number {
  return (quanta / ticks) * WATTS_PER_QUANTUM_AND_TICK;
}
