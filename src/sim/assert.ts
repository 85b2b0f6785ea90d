/** A broken invariant is a bug in the simulator, never a user's error: stop at once and say which. */
export function assert(holds: boolean, invariant: string): asserts holds {
  if (!holds) throw new Error(`simulator bug: ${invariant}`);
}
