import { dirname, isAbsolute, join } from 'node:path';
import type { Files } from './files.ts';

const CHUNK_BYTES = 1 << 16;
/** Nothing that describes a model or an accelerator is longer; a file of weights is. */
const MOST_BYTES = 1 << 24;

/** A path in a scenario is relative to it. */
export function pathFrom(scenarioFile: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(scenarioFile), path);
}

/** @throws what `files.open` throws, or an Error if it is too long for `noun` */
export function textOf(files: Files, path: string, noun: string): string {
  const file = files.open(path);
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(CHUNK_BYTES);
  try {
    let text = '';
    for (let bytes = file.read(chunk); bytes > 0; bytes = file.read(chunk)) {
      text += decoder.decode(chunk.subarray(0, bytes), { stream: true });
      if (text.length > MOST_BYTES) throw new Error(`it is too long for ${noun}`);
    }
    return text + decoder.decode();
  } finally {
    file.close();
  }
}

/** Why a file cannot be read, and what to do. @param what it should have been, such as `model` */
export function unreadable(path: string, error: unknown, what: string, noun: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return `there is no ${what} file at ${path} — a path in a scenario is relative to it`;
    case 'EISDIR':
      return `${path} is a folder — name the ${noun} in it`;
    case 'EACCES':
      return `${path} may not be read — change its permissions`;
    default:
      return `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}
