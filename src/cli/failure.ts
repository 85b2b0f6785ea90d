import { errorText } from '../workers/run-outcome.ts';

/** Something the user can put right; nothing was simulated and nothing written. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** The command line itself is wrong. */
export class UsageError extends InputError {}

export const EXIT_OK = 0;
export const EXIT_RUN_FAILED = 1;
export const EXIT_BAD_INPUT = 2;

/** Tell the user what went wrong, and answer the exit code. */
export function reportFailure(error: unknown): number {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\nRun \`tokenfleet --help\` to see the commands and their options.`);
    return EXIT_BAD_INPUT;
  }
  if (error instanceof InputError) {
    console.error(error.message);
    return EXIT_BAD_INPUT;
  }
  console.error(`tokenfleet failed: ${errorText(error)}`);
  return EXIT_RUN_FAILED;
}
