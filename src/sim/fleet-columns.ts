/** A figure of every instance, by index. Never written by whoever reads it. */
export interface InstanceColumn {
  readonly [instance: number]: number;
}

/**
 * What `FleetView` answers instance by instance, as columns: a router that looks at hundreds of instances for every request
 * takes the ones it needs before its loop and calls nothing in it. They are those of the decision that is being made: by the
 * next one a column may have been replaced.
 */
export interface FleetColumns {
  /** The eligible instances in ascending order; what stands behind the first `eligibleCount` of them means nothing. */
  readonly eligible: InstanceColumn;
  /**
   * Of the k-th eligible instance: the end (the index after the last) of the stretch of eligible instances that it is in, all
   * of one pool and one next to the other. Mostly a pool is one stretch.
   */
  readonly stretchEnd: InstanceColumn;
  readonly outstandingRequests: InstanceColumn;
  readonly outstandingPromptTokens: InstanceColumn;
  readonly reportedWaitingRequests: InstanceColumn;
  readonly reportedKvUse: InstanceColumn;
}

/** Fill in where the stretches end of so many instances in ascending order. */
export function markStretches(instances: Int32Array, count: number, poolOf: InstanceColumn, into: Int32Array): void {
  for (let k = count - 1; k >= 0; k--) {
    const instance = instances[k]!;
    const goesOn = k + 1 < count && instances[k + 1] === instance + 1 && poolOf[instance] === poolOf[instance + 1];
    into[k] = goesOn ? into[k + 1]! : instance + 1;
  }
}
