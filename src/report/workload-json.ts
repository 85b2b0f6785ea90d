import type { Histogram } from '../results/histogram.ts';
import type { OfferedLoad } from '../results/manifest.ts';
import { CACHE_SIZES_TOKENS, IDLE_S, type WorkloadFigures } from '../results/workload-statistics.ts';
import { NS_PER_S } from '../sim/units.ts';

/** Raised when a key is renamed, removed or changes its meaning; new keys do not raise it. */
const JSON_SCHEMA_VERSION = 1;

export interface DescribedWorkloads {
  readonly tokenfleetVersion: string;
  /** Name of the scenario, or path of the trace. */
  readonly title: string;
  readonly seed: number;
  /** What should be known of the file. */
  readonly notes: readonly string[];
  readonly workloads: readonly { readonly name: string; readonly figures: WorkloadFigures }[];
  /** All of them together; the only one's again, if there is one. */
  readonly all: WorkloadFigures;
  /** None for a trace. */
  readonly offeredLoads: readonly OfferedLoad[];
}

/** What workloads ask for, for a program; docs/cli.md describes every key. What nobody can know is null. */
export function workloadJson(described: DescribedWorkloads) {
  const { tokenfleetVersion, title, seed, notes, workloads, all, offeredLoads } = described;
  return {
    json_schema_version: JSON_SCHEMA_VERSION,
    tokenfleet_version: tokenfleetVersion,
    source: title,
    seed,
    span_s: all.spanNs / NS_PER_S,
    notes,
    workloads: workloads.map(({ name, figures }) => ({ name, ...jsonFigures(figures) })),
    all: jsonFigures(all),
    offered_loads: offeredLoads.map(({ pool, model, requestsPerS, capacityRequestsPerS, load }) => ({
      pool,
      model,
      requests_per_s: requestsPerS,
      capacity_requests_per_s: capacityRequestsPerS,
      load,
    })),
  };
}

function jsonFigures(figures: WorkloadFigures) {
  const { requests, spanNs, parts, promptTokens, outputTokens, reasoningShare, sessions, reuse } = figures;
  const spanS = spanNs / NS_PER_S;
  return {
    requests,
    requests_per_s: requests / spanS,
    prompt_tokens_per_s: (requests * (promptTokens.mean ?? 0)) / spanS,
    output_tokens_per_s: (requests * (outputTokens.mean ?? 0)) / spanS,
    reasoning_share: reasoningShare,
    peak_to_mean: requests === 0 ? null : figures.peakToMean,
    peak_interval_s: figures.peakOf === 'minute' ? 60 : 1,
    cv_of_gaps: Number.isFinite(figures.cvOfGaps) ? figures.cvOfGaps : null,
    requests_per_s_over_time: parts.map((count) => (count * parts.length) / spanS),
    prompt_tokens: distribution(promptTokens),
    output_tokens: distribution(outputTokens),
    sessions: sessions === undefined ? null : jsonSessions(sessions),
    reuse: reuse === undefined ? null : jsonReuse(reuse),
  };
}

function jsonSessions({ count, turns, tokens, context }: NonNullable<WorkloadFigures['sessions']>) {
  return {
    count,
    requests: distribution(turns),
    tokens: distribution(tokens),
    context: context.map(({ turn, meanPromptTokens, sessions }) => ({
      request: turn,
      mean_prompt_tokens: meanPromptTokens,
      sessions,
    })),
  };
}

function jsonReuse({ blockTokens, unlimited, bySize, byIdle, requests }: NonNullable<WorkloadFigures['reuse']>) {
  return {
    block_tokens: blockTokens,
    requests,
    found_share: unlimited,
    by_cache_size: bySize.map((share, k) => ({ cache_tokens: CACHE_SIZES_TOKENS[k]!, found_share: share })),
    by_idle_time: byIdle.map((share, k) => ({ idle_s: IDLE_S[k]!, found_share: share })),
  };
}

function distribution(values: Histogram) {
  const at = (probability: number) => values.quantile(probability) ?? null;
  return {
    mean: values.mean ?? null,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    max: values.max ?? null,
    half_octaves: values.halfOctaves(),
  };
}
