/** A command that is over before has no need of it. */
const QUIET_MS = 1_000;
const REDRAW_MS = 200;
/** How often a log (no terminal) hears of a long run. */
const LOG_MS = 10_000;
const PERCENT = 100;

/** Draw a bar on a terminal, or write a line now and then to a log, until the returned function is called. */
export async function showProgress(share: () => number): Promise<() => void> {
  return process.stderr.isTTY ? showBar(share) : logLines(share);
}

async function showBar(share: () => number): Promise<() => void> {
  const { SingleBar } = (await import('cli-progress')).default;
  const bar = new SingleBar({
    format: 'simulating [{bar}] {percentage} %  {eta_formatted} left',
    clearOnComplete: true,
    hideCursor: true,
    barsize: 40,
    // The command removes its temporary files itself when it is interrupted.
    gracefulExit: false,
  });
  const startMs = performance.now();
  let drawn = false;
  const timer = setInterval(() => {
    if (performance.now() - startMs < QUIET_MS) return;
    const percent = Math.floor(PERCENT * share());
    if (drawn) bar.update(percent);
    else bar.start(PERCENT, percent);
    drawn = true;
  }, REDRAW_MS);
  return () => {
    clearInterval(timer);
    if (drawn) bar.stop();
  };
}

function logLines(share: () => number): () => void {
  const startMs = performance.now();
  const timer = setInterval(() => {
    const done = share();
    const leftS = done === 0 ? Infinity : ((performance.now() - startMs) / 1_000) * (1 / done - 1);
    console.error(
      `simulating: ${Math.floor(PERCENT * done)} %${Number.isFinite(leftS) ? `, ${timeText(leftS)} left` : ''}`,
    );
  }, LOG_MS);
  return () => clearInterval(timer);
}

function timeText(seconds: number): string {
  if (seconds < 120) return `${Math.ceil(seconds)} s`;
  return seconds < 7_200 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}
