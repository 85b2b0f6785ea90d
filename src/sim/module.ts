import type { ZodType } from 'zod';
import type { Streams } from './streams.ts';

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
