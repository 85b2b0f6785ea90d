import { sweepDocument, sweepReport } from '../report/sweep-report.ts';
import type { LatencyFigure } from '../results/sweep-file.ts';
import { parseCollectArguments } from './arguments.ts';
import type { CollectArguments } from './arguments.ts';
import { EXIT_OK } from './failure.ts';
import { collectPoints, readSweptScenario } from './swept-scenario.ts';
import type { SweptScenario } from './swept-scenario.ts';
import { version } from './version.ts';

/** `tokenfleet collect`: the table of a sweep whose runs are all there, such as after its parts ran on several machines. */
export function collect(given: unknown): number {
  const options = parseCollectArguments(given);
  return reportSweep(readSweptScenario(options.scenario, options.out, options.trace), options);
}

/** Write the table of a sweep, and show its points. */
export function reportSweep(
  swept: SweptScenario,
  { latency, json }: Pick<CollectArguments, 'latency' | 'json'>,
): number {
  const [metric, statistic] = latency.split('_') as [LatencyFigure['metric'], LatencyFigure['statistic']];
  const { points, path } = collectPoints(swept, { metric, statistic });
  const costBases = swept.points.map(({ plans }) => plans.runs[0]?.plan.money?.costBasis);
  const tokenfleetVersion = version();
  const report = { scenario: swept.name, tokenfleetVersion, points, path, latency: { metric, statistic }, costBases };
  process.stdout.write(json ? `${JSON.stringify(sweepDocument(report), null, 2)}\n` : sweepReport(report));
  return EXIT_OK;
}
