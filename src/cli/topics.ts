/** What `tokenfleet list` can list. */
export const TOPICS = [
  'accelerators',
  'models',
  'engines',
  'workloads',
  'routing',
  'batching',
  'admission',
  'scaling',
  'model-routing',
  'power',
  'sites',
  'prices',
] as const;
export type Topic = (typeof TOPICS)[number];
