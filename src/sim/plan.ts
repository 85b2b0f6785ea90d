import type { PowerControlPlan } from './power-control-plan.ts';
import type { PowerParameters } from './power-model.ts';
import type { EvictionPlan } from './eviction-plan.ts';
import type { MoneyPlan } from './money-plan.ts';
import type { ScalingPlan } from './scaling-plan.ts';
import type { Ns } from './units.ts';
import type { KvTierPlan } from './kv-tier-plan.ts';
import type { OutputPredictionPlan } from './output-prediction.ts';
import type { RooflineParameters } from './roofline.ts';

export { KV_TIER_KINDS, type KvTierKind, type KvTierPlan } from './kv-tier-plan.ts';

/** How far a number can be trusted, best first. Results carry the worst grade they rest on. */
export const GRADES = ['measured', 'datasheet', 'announced', 'estimated'] as const;
export type Grade = (typeof GRADES)[number];

/** Whether sessions are in progress at the start, as in the long run. */
export const START_STATES = ['empty', 'steady'] as const;
export type StartState = (typeof START_STATES)[number];

/**
 * Everything one run depends on, as plain JSON-able data: with the version it determines the result, byte for byte.
 * Built by src/scenario; names are resolved, defaults filled in, units converted.
 */
export interface RunPlan {
  readonly scenario: string;
  readonly seed: number;
  /** ISO 8601 with offset: the moment that is 0 ns. */
  readonly start: string;
  readonly startState: StartState;
  /** Arrivals stop here; the run then drains. */
  readonly horizonNs: Ns;
  /** Latency statistics cover requests that arrive in [warmUpNs, horizonNs); rates count tokens produced in it. */
  readonly warmUpNs: Ns;
  readonly timelineIntervalNs: Ns;
  readonly models: readonly string[]; // names; a model index is a position here
  readonly regions: readonly RegionPlan[];
  readonly pools: readonly PoolPlan[];
  readonly workloads: readonly WorkloadPlan[];
  readonly routing: ModulePlan;
  /** How well policies know the length of an answer beforehand; the default is in output-prediction.ts. */
  readonly outputPrediction?: OutputPredictionPlan;
  readonly admission?: ModulePlan; // without it, whatever can be served is
  readonly slos: readonly SloPlan[];
  readonly record: RecordPlan;
  /** Left out: every pool is rented at its rate, and nothing is sold. */
  readonly money?: MoneyPlan;
  /** Left out, every accelerator runs at full clock, and nobody looks at what it draws. */
  readonly power?: PowerControlPlan;
}

/** What is recorded besides times and counts. Nothing else in the results depends on it. */
export interface RecordPlan {
  /** Energy of every step and of idle time, in the timeline. */
  readonly energy: boolean;
  /** Resource time of every request, in its row. */
  readonly shares: boolean;
}

/** A module of the catalogue by name, with its validated options, every default written out. */
export interface ModulePlan {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface RegionPlan {
  readonly name: string;
  readonly electricityUsdPerKWh: number;
  readonly pue: number;
}

/** Draw of one accelerator of a pool, and of its share of what is around it, in watts. */
export interface PowerPlan {
  /** While it computes. */
  readonly accelerator: PowerParameters;
  /** The model is loaded, and no step is in progress. */
  readonly idleWatts: number;
  /** No model is loaded. */
  readonly offWatts: number;
  /** CPUs, memory and fans of the server while its accelerators idle, and what they add while these are busy. */
  readonly hostIdleWatts: number;
  readonly hostBusyWatts: number;
  readonly networkWatts: number;
  /** What the site is built for: server and network at their most. */
  readonly ratedWatts: number;
  /** Facility energy over that of all the above, at full load. */
  readonly pue: number;
}

/** Which part of a request an instance does: all of it, its prompt up to the first token, or what follows. */
export const POOL_ROLES = ['mixed', 'prefill', 'decode'] as const;
export type PoolRole = (typeof POOL_ROLES)[number];

/** What carries the KV of finished prompts out of one instance. */
export interface KvLinkPlan {
  /** One direction; a GB/s is a byte per ns. */
  readonly gbPerS: number;
  /** From the last byte sent to the last byte there. */
  readonly latencyNs: Ns;
  readonly kvBytesPerToken: number;
}

export const KV_ALLOCATIONS = ['paged', 'output', 'maximum'] as const;
export type KvAllocation = (typeof KV_ALLOCATIONS)[number];

/** Tokens that are guessed, and verified in one step. */
export interface SpeculationPlan {
  /** Guessed per sequence and step; at least 1. */
  readonly draftTokens: number;
  /** Chance that a guess is right when all before it in its step were; in [0, 1]. */
  readonly acceptance: number;
  /** Draw each request's number of steps; otherwise it is the expected one. */
  readonly random: boolean;
}

/** How requests come: whenever clients like, as others are answered, or all at once. */
export const LOAD_FORMS = ['open', 'closed', 'queued'] as const;
export type LoadForm = (typeof LOAD_FORMS)[number];

/** What decides how near a pool is to something that was measured; no step time rests on it. */
export interface ConditionsPlan {
  readonly accelerator: string;
  readonly generation: string;
  readonly engine: string;
  readonly versionClass: string;
  readonly model: string;
  /** Kinds of attention in the model, in alphabetical order. */
  readonly attention: readonly string[];
  readonly weights: string;
  readonly kv: string;
  /** Accelerators that share one layer: the larger of tensor and expert groups. */
  readonly sharedBy: number;
  readonly dataParallel: boolean;
  readonly speculation: boolean;
  /** Prompts and decoding have pools of their own. */
  readonly apart: boolean;
  readonly load: LoadForm;
  readonly meanPromptTokens: number;
}

/** How far a figure of the pool may be off: the error that validation found in the nearest conditions. */
export interface ErrorBandPlan {
  readonly figure: BandFigure;
  /** Standard deviation of ln(simulated / measured); below the knee, where it was measured. */
  readonly sigma: number;
  /** What the band rests on: `measured on h100-sxm`, `announced numbers`. */
  readonly basis: string;
}

/**
 * Figures that published measurements give, by metric and statistic, and `rate`: requests or tokens per second of a system that is
 * never idle.
 */
export const BAND_FIGURES = [
  'ttft mean',
  'ttft p50',
  'ttft p90',
  'ttft p95',
  'ttft p99',
  'tpot mean',
  'tpot p50',
  'tpot p90',
  'tpot p95',
  'tpot p99',
  'e2e mean',
  'e2e p50',
  'e2e p90',
  'e2e p95',
  'e2e p99',
  'rate',
  'accelerator_power mean',
  'output_token_energy accelerators',
] as const;
export type BandFigure = (typeof BAND_FIGURES)[number];

/** What a pool's figures may be off by. */
export interface ErrorBandsPlan {
  readonly bands: readonly ErrorBandPlan[];
  /** Nobody waits for answers before asking more, so delays feed on themselves near the knee. */
  readonly openLoop: boolean;
  /** Even a system slower by the band of `rate` would keep up: demand, not speed, settles what is served. */
  readonly keepsUp: boolean;
}

/** Instances alike in accelerator, model, parallel layout, engine and role. */
export interface PoolPlan {
  readonly name: string;
  /** Index into regions. */
  readonly region: number;
  readonly accelerator: string;
  /** Index into models. */
  readonly model: number;
  readonly role: PoolRole;
  /** Of each instance of a prefill pool; other pools have none. */
  readonly kvLink?: KvLinkPlan;
  /** Longest prompt that a decode pool takes from clients itself; 0 or none leaves all to the prefill pools. */
  readonly localPrefillTokens?: number;
  readonly instances: number; // all there can be: with scaling, its `maxInstances`
  readonly scaling?: ScalingPlan;
  readonly eviction?: EvictionPlan; // how they can be taken away
  readonly acceleratorsPerInstance: number;
  readonly engine: EnginePlan;
  readonly batching?: ModulePlan; // in which order waiting requests are taken in; none: who comes first
  readonly stepCost: RooflineParameters;
  readonly power: PowerPlan;
  readonly powerGrade: Grade; // the worst among the numbers of `power`
  readonly rentUsdPerAcceleratorHour: number;
  /** The worst grade among the numbers of its accelerator, model and engine profiles. */
  readonly grade: Grade;
  readonly conditions?: ConditionsPlan;
  readonly errorBands?: ErrorBandsPlan;
}

export interface EnginePlan {
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  /** Longest prompt + output the engine accepts. */
  readonly maxModelTokens: number;
  readonly kvBlocks: number;
  readonly blockTokens: number;
  /** Admit only when the blocks of the whole uncached prompt are free, though they are taken chunk by chunk. */
  readonly reserveFullPrompt: boolean;
  /** Blocks that admission leaves free. */
  readonly watermarkBlocks: number;
  /** When the memory for tokens to come is taken: step by step, or at admission for the whole answer, or for maxModelTokens. */
  readonly kvAllocation: KvAllocation;
  /** Requests join a batch at any step; without, only when all that ran before have left. */
  readonly continuousBatching: boolean;
  /** A prompt may be spread over several steps. */
  readonly chunkedPrefill: boolean;
  /** Steps with prompt tokens carry nothing else, and come first. */
  readonly prefillFirst: boolean;
  /** A batch is settled while the step before it runs. */
  readonly asyncScheduling: boolean;
  readonly receiveEverySteps?: number; // while it decodes it looks for new requests every so many steps; none: at each
  readonly speculation?: SpeculationPlan;
  /** Where KV goes beside the accelerators' memory, fastest first; at most one of each kind. */
  readonly kvTiers?: readonly KvTierPlan[];
  /** Keep the content of blocks until their memory is needed, and reuse it for prompts that begin alike. */
  readonly prefixCaching: boolean;
  /** Forget content that nobody has used for so long; 0 keeps it as long as there is room. */
  readonly prefixIdleNs: Ns;
  /** Client's send to the engine's waiting queue: HTTP, tokenizer. */
  readonly frontEndNs: Ns;
  /** End of a step to the client's receipt of its token: detokenizer, streaming. */
  readonly outputNs: Ns;
  /** What the first token takes on top, and nothing waits for in the engine: the response is set up. */
  readonly firstOutputNs: Ns;
  /** Longest segment, in steps; 1 makes the engine tick every step. Results never depend on it. */
  readonly maxSegmentSteps: number;
}

/** Options of an engine where a scenario says nothing, as the engine itself sets them; see `EnginePlan`. */
export type EngineDefaults = Pick<
  EnginePlan,
  | 'asyncScheduling'
  | 'prefillFirst'
  | 'chunkedPrefill'
  | 'continuousBatching'
  | 'kvAllocation'
  | 'prefixCaching'
  | 'reserveFullPrompt'
  | 'blockTokens'
  | 'maxNumSeqs'
  | 'maxNumBatchedTokens'
>;

export interface WorkloadPlan extends ModulePlan {
  readonly name: string;
  /** Index into models. */
  readonly model: number;
  /** Of its requests, for policies that ask: lower goes first; 0 if left out. */
  readonly priority?: number;
  /** Its share of an engine, relative to others, for policies that ask; 1 if left out. */
  readonly fairShareWeight?: number;
  readonly file?: FilePlan; // the trace it replays; its content is hashed, its path is not: moving a file changes no result
  readonly modelRouting?: ModulePlan; // which models answer its requests; without it the one it asks for
}

export interface FilePlan {
  readonly path: string;
  readonly sha256: string;
}

/** Objectives of one class of requests. */
export interface SloPlan {
  readonly class: string;
  /** Workload indices the class covers. */
  readonly workloads: readonly number[];
  readonly objectives: readonly ObjectivePlan[];
  /** Share of requests that must meet every objective. */
  readonly attainment: number;
}

export interface ObjectivePlan {
  readonly metric: 'ttft' | 'tpot' | 'e2e';
  /** In (0, 1): 0.95 for p95. */
  readonly quantile: number;
  readonly limitMs: number;
}
