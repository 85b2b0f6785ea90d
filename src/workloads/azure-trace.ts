import { z } from 'zod';
import { NO_SESSION, NS_PER_S } from '../sim/units.ts';
import { TraceReader } from './trace-reader.ts';
import type { WorkloadModule } from './workload-module.ts';

const options = z
  .strictObject({
    rateScale: z
      .number()
      .positive()
      .max(1_000_000)
      .default(1)
      .describe('arrivals come this many times as fast as in the file, dimensionless'),
  })
  .meta({ examples: [{}, { rateScale: 1.5 }] });

export const azureTrace: WorkloadModule<z.infer<typeof options>> = {
  name: 'azure-trace',
  summary: 'replay of an Azure LLM inference trace (CSV); its first request arrives at 0',
  options,
  readsTrace: true,

  create({ rateScale }, { name, horizonNs, trace }) {
    if (trace === undefined) throw new Error(`workload ${name}: azure-trace needs a trace`);
    const reader = new TraceReader(trace);
    let ended = false;
    return {
      pull(sink) {
        if (ended || !reader.next()) {
          ended = true;
          return false;
        }
        if (reader.problem !== undefined) {
          const { line, column, message } = reader.problem;
          throw new Error(`workload ${name}: trace line ${line}, column ${column}: ${message}`);
        }
        const arrivalNs = Math.floor(reader.arrivalNs / rateScale);
        ended = arrivalNs >= horizonNs;
        if (ended) return false;
        sink.push(arrivalNs, reader.promptTokens, reader.outputTokens, 0, NO_SESSION);
        return true;
      },
    };
  },

  demand({ rateScale }, trace) {
    if (trace === undefined) throw new Error('the demand of azure-trace needs the summary of its trace');
    const gaps = Math.max(trace.rows - 1, 0);
    return {
      requestsPerS: trace.spanNs === 0 ? 0 : (gaps / trace.spanNs) * NS_PER_S * rateScale,
      meanPromptTokens: trace.meanPromptTokens,
      meanOutputTokens: trace.meanOutputTokens,
      meanSessionS: 0,
    };
  },
};
