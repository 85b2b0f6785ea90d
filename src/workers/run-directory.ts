import { existsSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Where one run's files are: written in `staging`, then renamed to `final` in one stroke. So `final` is there with
 * everything in it or not at all, whatever happens to the process.
 */
export interface RunDirectory {
  readonly staging: string;
  readonly final: string;
}

/** Another machine may share the folder, and its process numbers mean nothing here. */
const HOST = hostname().replaceAll(/[^A-Za-z0-9-]/g, '-');
const STAGING = /^\.[^.]+\.(?<host>[^.]+)\.(?<pid>\d+)\.tmp$/;

export function runDirectory(folder: string, runId: string): RunDirectory {
  return { staging: join(folder, `.${runId}.${HOST}.${process.pid}.tmp`), final: join(folder, runId) };
}

/** Put a finished run in its place. When another process has finished the same run meanwhile, its files stay. */
export function publish(directory: RunDirectory): void {
  try {
    renameSync(directory.staging, directory.final);
  } catch (error) {
    if (!existsSync(directory.final)) throw error;
    discard(directory);
  }
}

export function discard(directory: RunDirectory): void {
  rmSync(directory.staging, { recursive: true, force: true });
}

/** Remove what processes of this machine left in a folder when they were killed. */
export function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const { host, pid } = STAGING.exec(name)?.groups ?? {};
    const isLeftover = host === HOST && (Number(pid) === process.pid || !isAlive(Number(pid)));
    if (isLeftover) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/** Take back empty folders, from `innermost` up to `outermost`. */
export function removeEmptyFolders(innermost: string, outermost: string): void {
  for (let folder = innermost; folder.startsWith(outermost); folder = dirname(folder)) {
    if (readdirSync(folder).length > 0) return;
    rmdirSync(folder);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
