import type { ModelRoutingContext, NamingModule } from '../../sim/module.ts';
import type { ModelRoutingPolicy } from '../../sim/ports.ts';

/** A way for models to share the requests of a workload. Its options have `models`, the names. */
export interface ModelRoutingModule<Port, Options, Context> extends NamingModule<Port, Options, Context> {
  /** Of all requests, the share that each model begins with, by name: what is known beforehand. */
  shares(options: Options): Readonly<Record<string, number>>;
}

/** The same module for options of unknown origin: they are checked against its schema at every use. */
export function checked<Options>(
  module: ModelRoutingModule<ModelRoutingPolicy, Options, ModelRoutingContext>,
): ModelRoutingModule<ModelRoutingPolicy, unknown, ModelRoutingContext> {
  const { name, summary, options } = module;
  return {
    name,
    summary,
    options,
    namesIn: (given) => module.namesIn?.(options.parse(given)) ?? [],
    shares: (given) => module.shares(options.parse(given)),
    create: (given, context) => module.create(options.parse(given), context),
  };
}
