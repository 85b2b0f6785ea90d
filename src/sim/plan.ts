import type { Ns } from './units.ts';
import type { RooflineParameters } from './roofline.ts';

/** How far a number can be trusted, best first. Results carry the worst grade they rest on. */
export const GRADES = ['measured', 'datasheet', 'announced', 'estimated'] as const;
export type Grade = (typeof GRADES)[number];

/**
 * Everything one run depends on, as plain JSON-able data: with the version it determines the result, byte for byte.
 * Built by src/scenario; names are resolved, defaults filled in, units converted.
 */
export interface RunPlan {
  readonly scenario: string;
  readonly seed: number;
  /** ISO 8601 with offset: the moment that is 0 ns. */
  readonly start: string;
  /** Arrivals stop here; the run then drains. */
  readonly horizonNs: Ns;
  /** Latency statistics cover requests that arrive in [warmUpNs, horizonNs); rates count tokens produced in it. */
  readonly warmUpNs: Ns;
  readonly timelineIntervalNs: Ns;
  /** Model names; a model index is a position here. */
  readonly models: readonly string[];
  readonly regions: readonly RegionPlan[];
  readonly pools: readonly PoolPlan[];
  readonly workloads: readonly WorkloadPlan[];
  readonly routing: ModulePlan;
  readonly slos: readonly SloPlan[];
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
  readonly instances: number;
  readonly acceleratorsPerInstance: number;
  readonly engine: EnginePlan;
  readonly stepCost: RooflineParameters;
  readonly rentUsdPerAcceleratorHour: number;
  /** The worst grade among the numbers of its accelerator, model and engine profiles. */
  readonly grade: Grade;
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
  /** Keep the content of blocks until their memory is needed, and reuse it for prompts that begin alike. */
  readonly prefixCaching: boolean;
  /** Forget content that nobody has used for so long; 0 keeps it as long as there is room. */
  readonly prefixIdleNs: Ns;
  /** Client's send to the engine's waiting queue: HTTP, tokenizer. */
  readonly frontEndNs: Ns;
  /** End of a step to the client's receipt of its token: detokenizer, streaming. */
  readonly outputNs: Ns;
  /** Longest segment, in steps; 1 makes the engine tick every step. Results never depend on it. */
  readonly maxSegmentSteps: number;
}

export interface WorkloadPlan extends ModulePlan {
  readonly name: string;
  /** Index into models. */
  readonly model: number;
  /** The trace it replays, if any. The content is hashed, the path is not: moving a file changes no result. */
  readonly file?: FilePlan;
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
