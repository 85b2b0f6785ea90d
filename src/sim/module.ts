import type { ZodType } from 'zod';
import type { Streams } from './streams.ts';
import type { Ns } from './units.ts';

/**
 * Something a scenario can name with `kind:` — a router, a workload. `options` is one zod schema that is validator,
 * TypeScript type, JSON Schema and documentation at once; give every field a `.describe()` that ends in its unit.
 */
export interface Module<Port, Options, Context = ModuleContext> {
  readonly name: string;
  readonly summary: string;
  readonly options: ZodType<Options>;
  create(options: Options, context: Context): Port;
}

export interface ModuleContext {
  /** Named random streams: ask for one per purpose, by a name that says whose it is. */
  readonly streams: Streams;
}

/** What a batching policy is told when it is made, once for each instance. */
export interface BatchingContext extends ModuleContext {
  /** By workload. */
  readonly workloads: readonly {
    /** Limit on the time to first token of its class, at the lowest stated quantile; Infinity if there is none. */
    readonly ttftNs: Ns;
    /** Its share of an engine, relative to others. */
    readonly fairShareWeight: number;
  }[];
}
