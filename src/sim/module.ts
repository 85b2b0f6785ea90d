import type { ZodType } from 'zod';
import type { SeriesPlan } from './money-plan.ts';
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

/** What electricity costs and emits in a region. */
export interface ElectricityContext {
  readonly usdPerKWh: SeriesPlan;
  readonly gramsPerKWh?: SeriesPlan;
}

/** What an admission policy is told of the run when it is made. */
export interface AdmissionContext extends ModuleContext {
  /** ISO 8601 with offset: the moment that is 0 ns, and the zone that hours are in. */
  readonly start: string;
  /** Names; an index is a position here. */
  readonly workloads: readonly string[];
  readonly models: readonly string[];
  /** By model, of the region of the first pool that serves it, over the run; nothing of carbon where nothing is known. */
  readonly electricityOfModel: readonly (ElectricityContext | undefined)[];
  /** By workload, its limit on the TTFT of a single request; undefined where nothing was promised. */
  readonly ttftLimitsNs: readonly (Ns | undefined)[];
}

/** What a scaling policy is told of its pool when it is made. */
export interface ScalingContext extends ModuleContext {
  readonly start: string;
  readonly intervalNs: Ns;
  readonly startInstances: number;
  /** From the order of an instance until it is ready. */
  readonly leadNs: Ns;
}

/** What a model routing policy is told when it is made. */
export interface ModelRoutingContext extends ModuleContext {
  readonly models: readonly string[];
}

/** What a power policy is told when it is made. */
export interface PowerContext extends ModuleContext {
  /** By pool, of its region over the run; nothing of carbon where nothing is known. */
  readonly electricityOfPool: readonly ElectricityContext[];
}

/** A name in the options of a module that something else of the scenario must have. */
export interface NamedInOptions {
  readonly path: readonly (string | number)[];
  readonly noun: 'workload' | 'model';
  readonly name: string;
}

/** A module whose options name workloads or models of the scenario. */
export interface NamingModule<Port, Options, Context> extends Module<Port, Options, Context> {
  namesIn?(options: Options): readonly NamedInOptions[];
}
