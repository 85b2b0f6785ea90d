import type { FigureDifference } from '../results/comparison.ts';
import { jsonKey } from '../results/summary.ts';
import type { ComparisonReport } from './comparison-report.ts';
import { verdictSentence } from './comparison-words.ts';
import { JSON_SCHEMA_VERSION } from './json-document.ts';

/** A comparison for a program; docs/cli.md describes every key. */
export function comparisonDocument({ comparison, seeds, tokenfleetVersion, precision, arms }: ComparisonReport) {
  return {
    json_schema_version: JSON_SCHEMA_VERSION,
    tokenfleet_version: tokenfleetVersion,
    baseline: comparison.baseline,
    seeds,
    precision_wanted: precision?.wanted ?? null,
    precision_reached: precision?.reached ?? null,
    arms: arms.map(({ name, scenario, warmUpS, settlesAfterS, costBasis, runs }) => ({
      name,
      scenario,
      warm_up_s: warmUpS,
      settles_after_s: settlesAfterS ?? null,
      cost_basis: costBasis ?? null,
      runs: runs.map(({ seed, runId, directory }) => ({ seed, run_id: runId, directory })),
    })),
    variants: comparison.variants.map((variant) => ({
      name: variant.name,
      verdict: verdictSentence(variant),
      figures: variant.figures.map(figureDocument),
    })),
  };
}

function figureDocument(figure: FigureDifference) {
  const { scope, scopeName, unit, grade, isHeadline, baseline, variant, paired, verdict } = figure;
  return {
    scope,
    scope_name: scopeName,
    figure: jsonKey(figure),
    unit,
    grade,
    headline: isHeadline,
    baseline: baseline.value,
    baseline_half_width_95: baseline.halfWidth95 ?? null,
    variant: variant.value,
    variant_half_width_95: variant.halfWidth95 ?? null,
    pairs: paired.pairs,
    difference: paired.difference.value,
    difference_half_width_95: paired.difference.halfWidth95 ?? null,
    relative_difference: paired.relative?.value ?? null,
    relative_half_width_95: paired.relative?.halfWidth95 ?? null,
    decision_half_width_95: figure.decisionHalfWidth95 ?? null,
    p: paired.p ?? null,
    p_holm: figure.adjustedP ?? null,
    verdict,
  };
}
