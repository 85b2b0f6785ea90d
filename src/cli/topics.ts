/** What `tokenfleet list` can list. */
export const TOPICS = ['accelerators', 'models', 'engines', 'workloads', 'routing', 'batching'] as const;
export type Topic = (typeof TOPICS)[number];
