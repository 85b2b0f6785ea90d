import type { BatchingModule } from './batching-module.ts';
import { chunked } from './chunked.ts';
import { decodeFirst } from './decode-first.ts';
import { earliestDeadline } from './earliest-deadline.ts';
import { fairShare } from './fair-share.ts';
import { fcfs } from './fcfs.ts';
import { multilevelFeedback } from './multilevel-feedback.ts';
import { priority } from './priority.ts';
import { shortestOutput } from './shortest-output.ts';
import { shortestPrompt } from './shortest-prompt.ts';

/** Every order of the waiting queue that a scenario can name. */
export const batchingPolicies: readonly BatchingModule[] = [
  fcfs, //
  priority,
  earliestDeadline,
  shortestPrompt,
  shortestOutput,
  multilevelFeedback,
  fairShare,
  chunked,
  decodeFirst,
];
