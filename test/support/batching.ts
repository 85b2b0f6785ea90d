import { batchingPolicies } from '../../src/schedulers/batching/index.ts';
import type { BatchingModule } from '../../src/schedulers/batching/batching-module.ts';
import type { BatchingContext } from '../../src/sim/module.ts';
import type { BatchingPolicy } from '../../src/sim/ports.ts';
import { Streams } from '../../src/sim/streams.ts';

type ServedAs = Partial<BatchingContext['workloads'][number]>;

/** Workloads without objectives and with equal shares, unless stated. */
export function batchingContext(...workloads: readonly ServedAs[]): BatchingContext {
  return {
    streams: new Streams(1),
    workloads: workloads.map(({ ttftNs = Infinity, fairShareWeight = 1 }) => ({ ttftNs, fairShareWeight })),
  };
}

export function batchingNamed(name: string): BatchingModule {
  const module = batchingPolicies.find((policy) => policy.name === name);
  if (module === undefined) throw new Error(`no batching policy is called ${name}`);
  return module;
}

/** Makes the policy of one instance. */
export function policyOf(
  name: string,
  options: object = {},
  context: BatchingContext = batchingContext({}, {}, {}),
): () => BatchingPolicy {
  const module = batchingNamed(name);
  return () => module.create(module.options.parse(options), context);
}
