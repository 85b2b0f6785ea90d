import { z } from 'zod';

/** What a router assumes of a request to say what it costs on an instance. */
export const requestFields = {
  ttftMs: z.number().positive().max(1e7).default(500).describe('objective of TTFT, ms'),
  outputTokens: z.number().positive().max(1e6).default(256).describe('length of an answer that is expected, tokens'),
  batchSeqs: z
    .int()
    .min(1)
    .max(65_536)
    .default(64)
    .describe('requests that an instance is expected to decode together, requests'),
};
