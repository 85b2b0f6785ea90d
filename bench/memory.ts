import { pin, type Bench, type BenchSize, type Figure } from './bench.ts';
import { chatOf } from './chat-plan.ts';
import { timeRun } from './run-plan.ts';

const SHORT_REQUESTS = 1_000_000;
export const LONG_REQUESTS = 20_000_000;

/** Twenty times the requests must not need more memory, nor more time for each of them. */
export const memory: Bench = {
  name: 'memory',
  about: 'chat as in the bench of that name, 1 M requests and then 20 M (or --long-requests), rows written',
  run({ longRequests }: BenchSize): Figure[] {
    timeRun(chatOf(100_000)); // warm up the compiler
    const short = timeRun(chatOf(SHORT_REQUESTS));
    pin('memory', short.events, 3_774_803);
    const shortPeakMb = peakMb();
    const long = timeRun(chatOf(longRequests));
    return [
      { name: 'memory.short_peak_rss_mb', value: shortPeakMb, unit: 'MB' },
      { name: 'memory.long_peak_rss_mb', value: peakMb(), unit: 'MB' },
      { name: 'memory.short_requests_per_s', value: short.requests / short.wallS, unit: '1/s' },
      { name: 'memory.long_requests_per_s', value: long.requests / long.wallS, unit: '1/s' },
      {
        name: 'memory.long_over_short_cpu',
        value: long.cpuS / long.requests / (short.cpuS / short.requests),
        unit: '1',
      },
      {
        name: 'memory.long_over_short_time',
        value: long.wallS / long.requests / (short.wallS / short.requests),
        unit: '1',
      },
    ];
  },
};

/** The most memory that this process has occupied until now: what ran before counts, the benchmark's loader, too. */
function peakMb(): number {
  return (process.resourceUsage().maxRSS * 1_024) / 1e6;
}
