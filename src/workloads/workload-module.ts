import type { Module, ModuleContext } from '../sim/module.ts';
import type { LoadForm } from '../sim/plan.ts';
import type { ByteSource, Workload } from '../sim/ports.ts';
import type { Ns } from '../sim/units.ts';
import type { TraceSummary } from './trace-summary.ts';
import { unpacked } from './unpacked.ts';

export interface WorkloadContext extends ModuleContext {
  /** The workload's name in its scenario; its random streams carry it. */
  readonly name: string;
  /** Nothing arrives at or after it. */
  readonly horizonNs: Ns;
  /** ISO 8601 with offset: the moment that is 0 ns; needed where a rate follows the hours of a day. */
  readonly start?: string;
  /** Sessions are in progress at the start as in the long run, or none is. */
  readonly startState?: 'empty' | 'steady';
  /** The file it replays, from its start; given to those with `readsTrace`. */
  readonly trace?: ByteSource;
}

/** Tokens of contexts that a session comes back to, per second over all sessions, with a pause since its request before. */
export interface Returning {
  readonly tokensPerS: number;
  readonly afterS: number;
}

/** What a workload asks for on average, known before anything is simulated. */
export interface Demand {
  readonly requestsPerS: number;
  readonly meanPromptTokens: number;
  /** Hidden reasoning included. */
  readonly meanOutputTokens: number;
  /** Of the prompt tokens, those that a prefix cache without limits would find. */
  readonly meanReusedTokens: number;
  /** First request to last, as far as it is known before the run; 0 where every request stands alone. */
  readonly meanSessionS: number;
  /** What requests find of their own sessions, by the time that was kept for them; left out where nobody knows or comes back. */
  readonly returns?: readonly Returning[];
  /** How requests come; `open` if left out. */
  readonly load?: LoadForm;
  /** Of requests that come in jobs: how often one begins, and how long it sends, means in s. */
  readonly jobs?: { readonly everyS: number; readonly lastS: number };
  /** It never ends by itself, though it replays a trace. */
  readonly repeats?: boolean;
}

/**
 * A kind of workload. Its options schema changes nothing that it has once accepted (no transforms), and carries
 * `.meta({ examples: [...] })`: what the contract tests and the documentation run.
 */
export type WorkloadModule<Options> = Module<Workload, Options, WorkloadContext> & {
  /** It replays a trace, which a scenario or the command line must name. */
  readonly readsTrace: boolean;
  /** Read what the options take of such a trace; given by those with `readsTrace`. */
  scanTrace?(source: ByteSource, options: Options): TraceSummary;
  demand(options: Options, trace?: TraceSummary): Demand;
};

/**
 * The same module for options of unknown origin, which are checked against its schema at every use, and for traces that may
 * be packed with gzip.
 */
export function checked<Options>(module: WorkloadModule<Options>): WorkloadModule<unknown> {
  return {
    name: module.name,
    summary: module.summary,
    options: module.options,
    readsTrace: module.readsTrace,
    ...(module.scanTrace !== undefined && {
      scanTrace: (source: ByteSource, options: unknown) =>
        module.scanTrace!(unpacked(source), module.options.parse(options)),
    }),
    create: (options, context) => {
      const { trace } = context;
      return module.create(module.options.parse(options), trace ? { ...context, trace: unpacked(trace) } : context);
    },
    demand: (options, trace) => module.demand(module.options.parse(options), trace),
  };
}
