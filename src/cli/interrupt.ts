/** What a shell expects of a process that ended for a signal: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof EXIT_CODES;

/** Waits for Ctrl-C and its relatives. */
export interface Interrupt {
  /** Resolves to the exit code when a signal arrives; otherwise never. */
  readonly exitCode: Promise<number>;
  /** Leave signals to the system again. */
  ignore(): void;
}

export function onInterrupt(): Interrupt {
  let ignore = (): void => undefined;
  const exitCode = new Promise<number>((resolve) => {
    const listener = (signal: NodeJS.Signals) => resolve(EXIT_CODES[signal as Signal]);
    for (const signal of Object.keys(EXIT_CODES) as Signal[]) process.on(signal, listener);
    ignore = () => {
      for (const signal of Object.keys(EXIT_CODES) as Signal[]) process.off(signal, listener);
    };
  });
  return { exitCode, ignore };
}
