import { z } from 'zod';
import type { QueuedRequestView } from '../../sim/ports.ts';
import type { RequestIndex } from '../../sim/units.ts';
import type { BatchingModule } from './batching-module.ts';
import { commonConflict, commonParts, stepTokensOption, victimOption, type CommonOptions } from './common-options.ts';

const options = z.strictObject({ victim: victimOption('last-in-order'), stepTokens: stepTokensOption() });

export const earliestDeadline: BatchingModule<CommonOptions> = {
  name: 'earliest-deadline',
  summary:
    'the earliest deadline first: its own, or arrival plus the TTFT objective of its class (`slos`) if that is sooner; requests with neither come last',
  options,
  create(given, { workloads }) {
    const deadlineNs = (request: RequestIndex, requests: QueuedRequestView) =>
      Math.min(
        requests.deadlineNs(request),
        requests.arrivalNs(request) + workloads[requests.workload(request)]!.ttftNs,
      );
    return { queueOf: () => 0, rank: deadlineNs, ...commonParts(given, deadlineNs) };
  },
  conflict: commonConflict,
};
