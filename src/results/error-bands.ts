import { bandHalfWidth } from '../sim/error-band.ts';
import type { BandFigure, PoolPlan } from '../sim/plan.ts';
import { BAND_FIGURES } from '../sim/plan.ts';
import { stepNs } from '../sim/roofline.ts';
import type { PoolTally } from './pool-metrics.ts';
import type { ErrorBand, Metric, Statistic } from './summary.ts';

/** A pool as far as it decides how an error of its step times shows. */
export interface BandedPool {
  readonly plan: Pick<PoolPlan, 'errorBands' | 'role' | 'stepCost'>;
  readonly tally: PoolTally;
  /** All instances together, over the measured window. */
  readonly instanceNs: number;
}

const SET_BY_DEMAND: ErrorBand = { halfWidth: undefined, basis: 'set by demand' };
const OVERLOADED: ErrorBand = { halfWidth: undefined, basis: 'overloaded' };

const OF_ENERGY: readonly Metric[] = ['accelerator_power', 'output_token_energy'];
const RATES: readonly Metric[] = ['served_requests', 'prompt_tokens', 'output_tokens', 'blended_cost'];
/** Those that have bands: of most figures a run is told in, nothing is known, and that is to be told quickly. */
const OF_RUNS: ReadonlySet<string> = new Set(BAND_FIGURES.map((figure) => figure.split(' ')[0]!));

/** The band of a figure that rests on these pools: the widest of theirs; undefined where one of them has none. */
export function figureBand(metric: Metric, statistic: Statistic, pools: readonly BandedPool[]): ErrorBand | undefined {
  if (RATES.includes(metric))
    return rateBand(
      statistic,
      pools.filter(({ plan }) => plan.role !== 'prefill'),
    );
  if (!OF_RUNS.has(metric)) return undefined;
  const figure = BAND_FIGURES.find((each) => each === `${metric} ${statistic}`);
  if (figure === undefined) return undefined;
  if (OF_ENERGY.includes(metric)) return widestBand(pools.map(({ plan }) => bandOf(figure, plan, 1)));
  const without = metric === 'ttft' ? 'decode' : metric === 'tpot' ? 'prefill' : undefined;
  const bands = pools.filter(({ plan }) => plan.role !== without).map((pool) => latencyBand(figure, pool));
  return widestBand(bands);
}

/** Of several bands, the one that promises least; none if one is missing. */
export function widestBand(bands: readonly (ErrorBand | undefined)[]): ErrorBand | undefined {
  let widest: ErrorBand | undefined;
  for (const band of bands) {
    if (band === undefined) return undefined;
    if (widest === undefined || rank(band) > rank(widest)) widest = band;
  }
  return widest;
}

function rank({ halfWidth, basis }: ErrorBand): number {
  if (halfWidth !== undefined) return halfWidth;
  return basis === SET_BY_DEMAND.basis ? -1 : Infinity;
}

/** What demand settles, the model cannot get wrong; time of work alone does depend on it. */
function rateBand(statistic: Statistic, pools: readonly BandedPool[]): ErrorBand | undefined {
  if (statistic === 'share') return undefined;
  const isDemanded = ({ plan, tally }: BandedPool) => plan.errorBands?.keepsUp === true && !isOverloaded(tally);
  if (statistic !== 'busy_only' && pools.length > 0 && pools.every(isDemanded)) return SET_BY_DEMAND;
  return widestBand(pools.map(({ plan }) => bandOf('rate', plan, 1)));
}

function latencyBand(figure: BandFigure, pool: BandedPool): ErrorBand | undefined {
  const { plan, tally } = pool;
  const isOpen = plan.errorBands?.openLoop === true;
  const band = bandOf(figure, plan, isOpen ? Math.max(1, knownGain(pool) / VALIDATED_GAIN) : 1);
  return band !== undefined && isOpen && isOverloaded(tally) ? OVERLOADED : band;
}

function bandOf(figure: BandFigure, { errorBands }: BandedPool['plan'], gain: number): ErrorBand | undefined {
  const found = errorBands?.bands.find((band) => band.figure === figure);
  return found === undefined ? undefined : { halfWidth: bandHalfWidth(gain * found.sigma), basis: found.basis };
}

/** A queue that grew over the window by more than a twentieth of what arrived: how long one waits is how long it lasts. */
function isOverloaded({ waitingFirst, waitingLast, arrivedRequests }: PoolTally): boolean {
  return waitingLast - waitingFirst > 0.05 * arrivedRequests;
}

/** The runs of vLLM on H100 that the bands of open loops come from have 1.0 to 1.9, at the median this: it is in their errors. */
const VALIDATED_GAIN = 1.1;
const MOST_GROWING = 0.95;

/** One pool is asked about for every latency of every scope. */
const gains = new WeakMap<BandedPool, number>();

function knownGain(pool: BandedPool): number {
  const gain = gains.get(pool) ?? gainOf(pool);
  gains.set(pool, gain);
  return gain;
}

/**
 * d ln(TPOT) / d ln(step time) in an open loop. While steps get longer, more arrive during each: with B = λ G s sequences of
 * G tokens and prefill work p per request, a step lasts s = d(B) + λ p s. Its logarithmic derivative for an error in both d and
 * p is 1 / ((1 − f)(1 − e)), with f = λ p the share of time that goes to prompts and e = d ln d / d ln B. Time without work
 * takes part in neither.
 */
export function gainOf({ plan, tally, instanceNs }: BandedPool): number {
  const { steps, decodeSeqSteps, kvTokenSteps, prefillNs, busyNs } = tally;
  if (steps === 0 || decodeSeqSteps === 0) return 1;
  const seqs = Math.max(1, Math.round(decodeSeqSteps / steps));
  const kvTokens = (seqs * kvTokenSteps) / decodeSeqSteps;
  const alone = { prefillTokens: 0, prefillPairs: 0, prefillContextTokens: 0, promptsFinished: 0, clock: 1 };
  const now = stepNs(plan.stepCost, { ...alone, decodeSeqs: seqs, kvTokens });
  const twice = stepNs(plan.stepCost, { ...alone, decodeSeqs: 2 * seqs, kvTokens: 2 * kvTokens });
  const growth = (Math.max(0, twice / now - 1) * Math.min(busyNs, instanceNs)) / instanceNs;
  const prompts = prefillNs / instanceNs;
  return 1 / ((1 - Math.min(MOST_GROWING, prompts)) * (1 - Math.min(MOST_GROWING, growth)));
}
