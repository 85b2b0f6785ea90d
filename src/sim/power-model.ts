import { assert } from './assert.ts';
import { hbmShareAtClock, touchedShare } from './roofline-formula.ts';
import type { RooflineParameters, StepShape } from './roofline-types.ts';
import { achievedFlops, achievedHbmBytes, draftWork } from './roofline-work.ts';
import type { Ns } from './units.ts';

/**
 * The draw of one accelerator while it computes, from how much of its compute and of its memory it uses. Two shapes agree
 * with measured serving: one that saturates, and a straight line that is cut off; which, is told by the accelerator.
 */
export const DRAW_FORMS = ['saturating', 'linear'] as const;
export type DrawForm = (typeof DRAW_FORMS)[number];

/** Watts of one accelerator; host, network, server and facility are its share of what is around it. */
export interface PowerNumbers {
  readonly tdpWatts: number;
  /** No model is loaded. */
  readonly idleWatts: number;
  /** A model is loaded, and nothing runs. */
  readonly idleWithContextWatts: number;
  readonly draw: DrawNumbers;
  /** CPUs, memory, fans, switches of the server while its accelerators idle, and what they add when all are busy. */
  readonly hostIdleWatts: number;
  readonly hostBusyWatts: number;
  /** Switches and optics between servers. */
  readonly networkWatts: number;
  readonly serverWattsMax: number;
  readonly facilityWattsProvisioned: number;
  readonly facilityWattsTypical: number;
}

/** Shares are of the TDP. */
export interface DrawNumbers {
  readonly form: DrawForm;
  /** While a kernel is resident that uses nothing, and at most. */
  readonly floorShare: number;
  readonly ceilingShare: number;
  /** What full use of compute and of memory add: to the exponent, or in the linear form to the share itself. */
  readonly computeWeight: number;
  readonly memoryWeight: number;
  /** The same for a step of nothing but what is done sequence by sequence, and of nothing but tiles of experts in fp8. */
  readonly sequenceWeight: number;
  readonly expertTileWeight: number;
  /** Use of memory beyond it adds nothing. */
  readonly mostMemoryUse: number;
  /** Lost with every doubling of the tensor group, to waiting for each other. */
  readonly groupLossPerDoubling: number;
  /** The part that follows the clock does so with this exponent, … */
  readonly clockExponent: number;
  /** … down to this clock, relative to the highest. Below it the voltage is at its lowest. */
  readonly leastVoltageClock: number;
  /** The part of the draw above the floor that follows the clock, in prompts and in decoding. */
  readonly clockShare: { readonly prefill: number; readonly decode: number };
  readonly mostMHz: number;
  readonly leastMHz: number;
}

/** What the draw depends on besides the step. */
export interface PowerLayout {
  readonly tensorParallel: number;
}

/** Of one accelerator of a pool, as plain numbers. */
export interface PowerParameters extends Omit<DrawNumbers, 'groupLossPerDoubling'> {
  readonly tdpWatts: number;
  /** What waiting for the tensor group leaves, in (0, 1]. */
  readonly groupShare: number;
  /** Lowest clock relative to the highest. */
  readonly leastClock: number;
}

/** What a step uses at full clock; all in [0, 1]. */
export interface StepUse {
  /** FLOPs over what the peak of the type in use does in the same time. */
  readonly computeUse: number;
  /** Bytes over what the peak bandwidth carries in the same time. */
  readonly memoryUse: number;
  /** Share of the time that goes to sampling and to whatever else is done sequence by sequence, apart from the layers. */
  readonly sequenceUse: number;
  /** Share of the time that goes to tiles of experts in fp8 beyond what their FLOPs and bytes take. */
  readonly expertTileUse: number;
  /** Prompt tokens among all tokens. */
  readonly prefillShare: number;
}

export function powerParameters({ tdpWatts, draw }: PowerNumbers, layout: PowerLayout): PowerParameters {
  const { groupLossPerDoubling, ...rest } = draw;
  return {
    ...rest,
    tdpWatts,
    groupShare: Math.max(0, 1 - groupLossPerDoubling * Math.log2(layout.tensorParallel)),
    leastClock: draw.leastMHz / draw.mostMHz,
  };
}

/** @param ns duration of the step at full clock */
export function stepUse(p: RooflineParameters, step: StepShape, ns: Ns): StepUse {
  const { decodeSeqs, kvTokens, prefillTokens, prefillPairs, prefillContextTokens } = step;
  const work = {
    steps: 1,
    decodeSeqSteps: decodeSeqs,
    prefillTokens,
    kvTokenSteps: kvTokens,
    prefillPairs,
    prefillContextTokens,
  };
  const drafted = draftWork(p, work);
  const seconds = ns / 1e9;
  return {
    computeUse: Math.min(1, achievedFlops(p, work, drafted) / (p.peakFlopsPerS * seconds)),
    memoryUse: Math.min(1, achievedHbmBytes(p, work, drafted) / (p.peakHbmBytesPerS * seconds)),
    sequenceUse: Math.min(1, sequencesNs(p, step) / ns),
    expertTileUse: Math.min(1, touchedTilesNs(p, step) / ns),
    prefillShare: prefillTokens === 0 ? 0 : prefillTokens / (prefillTokens + decodeSeqs),
  };
}

/** On the accelerator, and of the host where the accelerator does not go on meanwhile. */
function sequencesNs(p: RooflineParameters, { decodeSeqs, promptsFinished }: StepShape): Ns {
  const each = p.sequenceNs + (p.hostSerialShare ?? 0) * p.hostSequenceNs;
  return (each * (decodeSeqs + promptsFinished)) / p.dataParallel;
}

/** Tiles of experts that no token uses take their time, but compute nothing. */
function touchedTilesNs({ experts, speculation }: RooflineParameters, { decodeSeqs, prefillTokens }: StepShape): Ns {
  if (experts?.tilesNs === undefined) return 0;
  const tokens = decodeSeqs * (speculation?.tokensPerSequence ?? 1) + prefillTokens;
  return experts.tilesNs * touchedShare(experts, tokens);
}

/** Mean draw over a step. Between steps it is `idleWithContextWatts`. */
export function busyWatts(p: PowerParameters, use: StepUse, clock = 1): number {
  const share = clockShareOf(p, use);
  return p.tdpWatts * (p.floorShare + aboveFloor(p, use) * (1 - share + share * clockFactor(p, clock)));
}

/**
 * The highest clock, relative to full, at which a step draws no more than `capWatts`; the lowest there is where even that
 * draws more.
 */
export function clockUnderCap(p: PowerParameters, use: StepUse, capWatts: number): number {
  const above = aboveFloor(p, use);
  const share = clockShareOf(p, use);
  if (busyWatts(p, use) <= capWatts) return 1;
  if (busyWatts(p, use, p.leastClock) >= capWatts) return p.leastClock;
  const factor = 1 - (1 - (capWatts / p.tdpWatts - p.floorShare) / above) / share;
  return clockOfFactor(p, factor);
}

/** Accelerators step their clock by so much (nvidia-smi: supported clocks). */
const CLOCK_STEP_MHZ = 15;
/** A clock that was a step before it was divided by the highest is that step again. */
const CLOCK_ROUNDING = 1e-6;

/** The highest step of the accelerator's clock that is not above `clock`, relative to the highest of all; or the lowest. */
export function steppedClock({ mostMHz, leastClock }: PowerParameters, clock: number): number {
  if (clock >= 1) return 1;
  const steps = Math.floor((clock * mostMHz) / CLOCK_STEP_MHZ + CLOCK_ROUNDING);
  return Math.max(leastClock, (steps * CLOCK_STEP_MHZ) / mostMHz);
}

/** The step of the accelerator's clock before another step of it; or the lowest. */
export function lowerClock({ mostMHz, leastClock }: PowerParameters, clock: number): number {
  const steps = Math.ceil((clock * mostMHz) / CLOCK_STEP_MHZ - CLOCK_ROUNDING) - 1;
  return Math.max(leastClock, (steps * CLOCK_STEP_MHZ) / mostMHz);
}

/** What a step spends its time on at full clock. */
export interface StepTimes {
  readonly memoryNs: Ns;
  readonly computeNs: Ns;
  /** Links, launches, the host: whatever no clock changes. */
  readonly fixedNs: Ns;
}

/** How much longer a step takes at a clock. `stepNs` does the same kernel by kernel. */
export function slowdownAtClock({ memoryNs, computeNs, fixedNs }: StepTimes, clock: number): number {
  const slowed = Math.max(memoryNs / hbmShareAtClock(clock), computeNs / clock) + fixedNs;
  return slowed / (Math.max(memoryNs, computeNs) + fixedNs);
}

/** What is around an accelerator and switched on: its server and the network. @param load busy share, in [0, 1] */
export function aroundWatts(power: PowerNumbers, load: number): number {
  assert(load >= 0 && load <= 1, 'a share is in [0, 1]');
  return power.hostIdleWatts + power.hostBusyWatts * load + power.networkWatts;
}

/** Draw above the floor at full clock, as a share of the TDP. */
function aboveFloor(p: PowerParameters, use: StepUse): number {
  const weighed =
    p.computeWeight * use.computeUse +
    p.memoryWeight * Math.min(use.memoryUse, p.mostMemoryUse) +
    p.sequenceWeight * use.sequenceUse +
    p.expertTileWeight * use.expertTileUse;
  const most = p.ceilingShare - p.floorShare;
  const raised = p.form === 'linear' ? weighed : most * (1 - Math.exp(-weighed));
  return Math.min(most, raised * p.groupShare);
}

function clockShareOf({ clockShare }: PowerParameters, { prefillShare }: StepUse): number {
  return clockShare.decode + (clockShare.prefill - clockShare.decode) * prefillShare;
}

/** With the voltage at its lowest the draw falls little faster than the clock. */
const LEAST_VOLTAGE_EXPONENT = 1.2;

function clockFactor({ clockExponent, leastVoltageClock: knee }: PowerParameters, clock: number): number {
  // What the formula says, too, and almost always so.
  if (clock === 1) return 1;
  if (clock >= knee) return power(clock, clockExponent);
  return power(knee, clockExponent) * power(clock / knee, LEAST_VOLTAGE_EXPONENT);
}

function clockOfFactor({ clockExponent, leastVoltageClock: knee }: PowerParameters, factor: number): number {
  const atKnee = power(knee, clockExponent);
  if (factor >= atKnee) return power(factor, 1 / clockExponent);
  return knee * power(factor / atKnee, 1 / LEAST_VOLTAGE_EXPONENT);
}

function power(base: number, exponent: number): number {
  return Math.exp(exponent * Math.log(base));
}
