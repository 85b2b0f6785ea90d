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
  const timer = setInterval(() => console.error(`simulating: ${Math.floor(PERCENT * share())} %`), LOG_MS);
  return () => clearInterval(timer);
}
