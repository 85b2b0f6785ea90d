/** A broken invariant is a bug in the simulator, never a user's error: stop at once and say which. */
export function assert(holds: boolean, invariant: string): asserts holds {
  if (!holds) fail(invariant);
}

/** Apart, because the compiler leaves calls that never happened out of hot code, but not what a throw needs. */
function fail(invariant: string): never {
  throw new Error(`simulator bug: ${invariant}`);
}
