import type { ZodType } from 'zod';
import type { PowerNumbers } from '../sim/power-model.ts';
import type { EnginePlan, Grade, LoadForm } from '../sim/plan.ts';
import type { ByteSource, StepCost } from '../sim/ports.ts';
import type { AcceleratorNumbers, EngineNumbers, ModelNumbers } from '../sim/profiles.ts';
import type { RooflineParameters } from '../sim/roofline.ts';
import type { NamedInOptions } from '../sim/module.ts';
import type { Ns } from '../sim/units.ts';
import type { ValidatedConditions } from './error-bands.ts';
import type { PriceCatalogue } from './price-catalogue.ts';

/** Everything a scenario can name. Given to this folder, so that it depends on the model alone. */
export interface Catalogue {
  readonly accelerators: readonly string[];
  readonly models: readonly string[];
  readonly engines: readonly string[];
  readonly routing: readonly Kind[];
  readonly batching: readonly BatchingKind[];
  readonly admission: readonly NamingKind[];
  readonly scaling: readonly Kind[];
  readonly modelRouting: readonly ModelRoutingKind[];
  readonly power: readonly Kind[];
  readonly workloads: readonly WorkloadKind[];
  /** Work on what scaling has released. */
  readonly backgroundWork: Kind;
  /** What a scenario means when it names none. */
  readonly defaults: {
    readonly engine: string;
    readonly routing: string;
    readonly batching: string;
    readonly admission: string;
  };
  accelerator(name: string): AcceleratorEntry;
  /** Of a user's own profile, or what is wrong with it, with `file:line:column`. */
  acceleratorOfText(
    text: string,
    file: string,
  ): { readonly profile: AcceleratorEntry } | { readonly problems: readonly string[] };
  model(name: string): Profile<ModelNumbers>;
  /** The numbers of a Hugging Face config.json, or what is wrong with it. */
  modelOfConfig(json: unknown): { readonly model: ModelNumbers } | { readonly problems: readonly string[] };
  /** Of the version class, or of the one the profile prefers. */
  engine(name: string, versionClass?: string): EngineEntry;
  stepCost(parameters: RooflineParameters): StepCost;
  readonly prices: PriceCatalogue;
  /** What the model has been compared with; left out, no figure has an error band. */
  readonly validatedErrors?: readonly ValidatedConditions[];
}

export interface Profile<Numbers> {
  readonly numbers: Numbers;
  readonly worstGrade: Grade;
}

export interface AcceleratorEntry extends Profile<AcceleratorNumbers> {
  readonly reference: { readonly scaleUpGBPerS: number; readonly pcieGBPerS: number };
  readonly power: PowerNumbers;
  readonly cost: { readonly rentUsdPerHour: number; readonly itCapexUsd: number };
  readonly grades?: { readonly peaks: Grade; readonly power: Grade; readonly cost?: Grade };
}

export interface EngineEntry extends Profile<EngineNumbers> {
  readonly versionClasses: readonly string[];
  /** The one these numbers are of. */
  readonly versionClass?: string;
}

/** Something a scenario names with `kind:`. */
export interface Kind {
  readonly name: string;
  readonly summary: string;
  readonly options: ZodType;
}

export interface BatchingKind extends Kind {
  /** Why such an engine cannot do what the options ask. */
  conflict?(options: unknown, engine: EnginePlan): string | undefined;
}

/** … and whose options name workloads or models of the scenario. */
export interface NamingKind extends Kind {
  namesIn?(options: unknown): readonly NamedInOptions[];
}

export interface ModelRoutingKind extends NamingKind {
  /** Of all requests, the share that each model begins with, by name. */
  shares(options: unknown): Readonly<Record<string, number>>;
}

export interface WorkloadKind extends Kind {
  readonly readsTrace: boolean;
  /** Read what the options take of such a trace; given by those with `readsTrace`. */
  scanTrace?(source: ByteSource, options: unknown): TraceSummary;
  demand(options: unknown, trace?: TraceSummary): Demand;
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
  readonly meanOutputTokens: number;
  /** Of the prompt tokens, those that a prefix cache without limits would find; none if left out. */
  readonly meanReusedTokens?: number;
  /** First request to last of one session; 0 where every request stands alone. */
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

/** What reading a trace once has told. */
export interface TraceSummary {
  readonly rows: number;
  /** First request to last. */
  readonly spanNs: Ns;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly meanPromptTokens: number;
  readonly meanOutputTokens: number;
  /** The first few. */
  readonly problems: readonly TraceFault[];
  readonly problemCount: number;
  /** Malformed rows that were left out because the options say so; none if left out. */
  readonly skippedRows?: number;
}

export interface TraceFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}
