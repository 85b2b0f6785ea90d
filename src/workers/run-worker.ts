import { catalogue } from '../catalogue.ts';
import { executeRun } from './execute-run.ts';
import { inlineMore } from './inlining.ts';
import { ProgressBoard } from './progress-board.ts';
import { failure } from './run-outcome.ts';
import type { RunOutcome, WorkerTask } from './run-outcome.ts';

inlineMore();

/** The entry of a worker thread. */
export default function run({ task, position, board: memory }: WorkerTask): RunOutcome {
  const board = new ProgressBoard(memory);
  try {
    const finished = executeRun(task, catalogue, (share) => {
      board.report(position, share);
      return !board.stopAsked;
    });
    return { kind: finished ? 'finished' : 'stopped' };
  } catch (error) {
    return failure(error);
  }
}
