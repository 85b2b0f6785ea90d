import type { RunTask } from './execute-run.ts';

/** What crosses to a worker thread: a run, and its place on the board that all of them share. */
export interface WorkerTask {
  readonly task: RunTask;
  readonly position: number;
  readonly board: SharedArrayBuffer;
}

/** What comes back. Errors lose their class and code between threads, so they cross as data. */
export type RunOutcome =
  { readonly kind: 'finished' } | { readonly kind: 'stopped' } | { readonly kind: 'failed'; readonly message: string };

export function failure(error: unknown): RunOutcome {
  return { kind: 'failed', message: errorText(error) };
}

/** An operating system's error says enough in one line; anything else is a bug, where the stack helps. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'syscall' in error ? error.message : (error.stack ?? error.message);
}
