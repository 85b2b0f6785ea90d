/** What `tokenfleet list` can list. */
export const TOPICS = ['accelerators', 'models', 'engines', 'workloads', 'routing', 'batching', 'power'] as const;
export type Topic = (typeof TOPICS)[number];
