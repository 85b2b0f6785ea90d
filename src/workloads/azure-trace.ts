import { z } from 'zod';
import { NO_SESSION } from '../sim/units.ts';
import { missingTrace, rateScaleField, replayDemand, replayed } from './replay.ts';
import { TraceReader } from './trace-reader.ts';
import { scanTrace } from './trace-summary.ts';
import type { WorkloadModule } from './workload-module.ts';

const options = z.strictObject({ rateScale: rateScaleField }).meta({ examples: [{}, { rateScale: 1.5 }] });

export const azureTrace: WorkloadModule<z.infer<typeof options>> = {
  name: 'azure-trace',
  summary: 'replay of an Azure LLM inference trace (CSV); its first request arrives at 0',
  options,
  readsTrace: true,
  scanTrace,

  create({ rateScale }, { name, horizonNs, trace }) {
    if (trace === undefined) throw missingTrace(name, azureTrace.name);
    const reader = new TraceReader(trace);
    return replayed(reader, { name, horizonNs, rateScale }, (sink, arrivalNs) =>
      sink.push(arrivalNs, reader.promptTokens, reader.outputTokens, 0, NO_SESSION),
    );
  },

  demand: ({ rateScale }, trace) => replayDemand(azureTrace.name, rateScale, trace),
};
