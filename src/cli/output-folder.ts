import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { MANIFEST_FILE, readManifest } from '../results/manifest.ts';
import { discard, publish, removeEmptyFolders, removeLeftovers, runDirectory } from '../workers/run-directory.ts';
import type { RunDirectory } from '../workers/run-directory.ts';
import { InputError } from './failure.ts';

/** The folder of one scenario's results: what it holds already, and what is being added to it. */
export class OutputFolder {
  readonly #folder: string;
  /** The outermost folder that this command made, if any. */
  #made: string | undefined;
  readonly #staged = new Map<string, RunDirectory>();

  constructor(out: string, scenario: string) {
    this.#folder = resolve(out, scenario);
  }

  of(runId: string): string {
    return join(this.#folder, runId);
  }

  /** As the user would type it. */
  shown(runId: string): string {
    const fromHere = relative('', this.of(runId));
    return fromHere.startsWith('..') ? this.of(runId) : fromHere;
  }

  /** Whether the run is there and finished. A folder of its name that is something else is never written over. */
  holds(runId: string): boolean {
    const folder = this.of(runId);
    if (!existsSync(folder)) return false;
    if (isFinished(folder, runId)) return true;
    throw new InputError(
      `${this.shown(runId)} is no finished run, but is where its result belongs — move it away or delete it`,
    );
  }

  /** Make the folder, and remove what a killed process of this machine has left in it. */
  open(): void {
    try {
      this.#made = makeFolders(this.#folder);
      accessSync(this.#folder, constants.W_OK);
      removeLeftovers(this.#folder);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new InputError(
        `cannot write results to ${this.#folder} (${error.message}) — choose another folder with --out`,
      );
    }
  }

  /** Where the files of a run are written until it is finished. */
  stage(runId: string): string {
    const directory = runDirectory(this.#folder, runId);
    this.#staged.set(runId, directory);
    return directory.staging;
  }

  publish(runId: string): void {
    publish(this.#staged.get(runId)!);
    this.#staged.delete(runId);
  }

  /** Remove what was not published, and the folders made for it. */
  close(): void {
    for (const directory of this.#staged.values()) discard(directory);
    if (this.#made !== undefined) removeEmptyFolders(this.#folder, this.#made);
  }
}

/** The folder and what leads to it; answers the outermost that was made. One by one: the recursive call of Node can spin. */
function makeFolders(folder: string): string | undefined {
  if (existsSync(folder)) return undefined;
  const made = makeFolders(dirname(folder));
  mkdirSync(folder);
  return made ?? folder;
}

function isFinished(folder: string, runId: string): boolean {
  if (!existsSync(join(folder, MANIFEST_FILE))) return false;
  try {
    const { run_id, totals } = readManifest(folder);
    return run_id === runId && totals.completed;
  } catch {
    return false;
  }
}
