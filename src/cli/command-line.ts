/** Where results go. */
export const DEFAULT_OUT = 'results';

/** A command as a user would type it in a shell. */
export function commandLine(words: readonly string[]): string {
  return ['tokenfleet', ...words]
    .map((word) => (/^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
