import { columnValues, readTimeline } from './read.ts';
import { mser5 } from './warm-up.ts';

/** The reader gives moments as milliseconds since 1970. */
const MS_PER_S = 1_000;
/** Ends that differ by less are one: seconds since 1970 as a double are good to a microsecond. */
const PER_S = 1_000;

/**
 * When the fleet has forgotten that it started empty, in seconds: MSER-5 on the requests in it (waiting and running, at
 * the ends of the timeline's intervals), averaged over the seeds before it is cut. Undefined when the run is too short to tell.
 * @param dirs folders of runs that differ by their seed only
 */
export function settlingS(dirs: readonly string[], horizonS: number): number | undefined {
  const runs = dirs.map((dir) => requestsInFleet(dir, horizonS));
  const ends = [...runs[0]!.keys()];
  const series = ends.map((endS) => runs.reduce((sum, run) => sum + (run.get(endS) ?? 0), 0) / runs.length);
  const { values, settled } = mser5(series);
  if (!settled) return undefined;
  return values === 0 ? 0 : ends[values - 1];
}

/** By the end of the interval, in seconds from the start. */
function requestsInFleet(dir: string, horizonS: number): Map<number, number> {
  const table = readTimeline(dir);
  const [starts, lengths, waiting, running] = ['start', 'interval_s', 'waiting_requests', 'running_requests'].map(
    (name) => columnValues(table, name).map(Number),
  );
  const origin = starts![0]!;
  const requests = new Map<number, number>();
  starts!.forEach((start, row) => {
    const endS = Math.round(((start - origin) / MS_PER_S + lengths![row]!) * PER_S) / PER_S;
    if (endS > horizonS) return;
    requests.set(endS, (requests.get(endS) ?? 0) + waiting![row]! + running![row]!);
  });
  return requests;
}
