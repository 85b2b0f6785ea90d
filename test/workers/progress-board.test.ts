import { expect, test } from 'vitest';
import { ProgressBoard } from '../../src/workers/progress-board.ts';

test('progress is the mean over the runs, whoever reports it', () => {
  const board = ProgressBoard.forRuns(4);
  new ProgressBoard(board.memory).report(0, 0.5);
  new ProgressBoard(board.memory).report(3, 1);

  expect(board.share()).toBe((0.5 + 0 + 0 + 1) / 4);
});

test('a run that drains after its horizon is no further than its end', () => {
  const board = ProgressBoard.forRuns(1);
  board.report(0, 1.7);

  expect(board.share()).toBe(1);
});

test('the wish to stop reaches everybody', () => {
  const board = ProgressBoard.forRuns(2);
  const elsewhere = new ProgressBoard(board.memory);
  expect(elsewhere.stopAsked).toBe(false);
  board.askToStop();

  expect(elsewhere.stopAsked).toBe(true);
  expect(elsewhere.share()).toBe(0);
});
