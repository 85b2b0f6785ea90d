import { z } from 'zod';
import type { ByteSource } from '../sim/ports.ts';
import { NO_SESSION } from '../sim/units.ts';
import { MAX_TOKENS } from './lengths.ts';
import { LoadTestLogReader } from './load-test-log.ts';
import { sharePrompt } from './load-test-prompts.ts';
import { missingTrace, rateScaleField, replayDemand, replayed } from './replay.ts';
import { TraceSummer, type TraceSummary } from './trace-summary.ts';
import type { WorkloadModule } from './workload-module.ts';

const options = z
  .strictObject({
    rateScale: rateScaleField,
    groups: z.int().min(1).max(MAX_TOKENS).default(1).describe('prompt k belongs to group k mod groups, groups'),
    groupPrefixTokens: z
      .int()
      .min(0)
      .max(MAX_TOKENS)
      .default(0)
      .describe('beginning that the prompts of a group share, where the file tells prompts apart, tokens'),
  })
  .meta({ examples: [{}, { rateScale: 2 }] });

export const loadTestTrace: WorkloadModule<z.infer<typeof options>> = {
  name: 'load-test-trace',
  summary: 'replay of what a benchmark client has recorded (CSV); its first request arrives at 0',
  options,
  readsTrace: true,
  scanTrace,

  create({ rateScale, groups, groupPrefixTokens }, { name, horizonNs, trace }) {
    if (trace === undefined) throw missingTrace(name, loadTestTrace.name);
    const reader = new LoadTestLogReader(trace);
    const set = { distinct: MAX_TOKENS, groups, groupPrefixTokens };
    return replayed(reader, { name, horizonNs, rateScale }, (sink, arrivalNs) => {
      const { promptId, promptTokens, outputTokens } = reader;
      if (promptId >= 0) sharePrompt(sink, set, promptId, promptTokens);
      sink.push(arrivalNs, promptTokens, outputTokens, 0, NO_SESSION);
    });
  },

  demand: ({ rateScale }, trace) => replayDemand(loadTestTrace.name, rateScale, trace),
};

/** Read such a file to its end. Of a prompt that came before, all but the last token is reused. */
function scanTrace(source: ByteSource): TraceSummary {
  const reader = new LoadTestLogReader(source);
  const sums = new TraceSummer();
  const seen = new Set<number>();
  while (reader.next()) {
    const { problem, promptId, promptTokens, outputTokens } = reader;
    if (problem !== undefined) sums.problem(problem);
    else sums.row(promptTokens, outputTokens, seen.has(promptId) ? promptTokens - 1 : 0);
    if (promptId >= 0) seen.add(promptId);
  }
  return sums.summary(reader.arrivalNs);
}
