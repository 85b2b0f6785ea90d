/** Traces of regular arrivals and many lengths, made up, in the form that each kind reads. */
export const SAMPLE_TRACES: Readonly<Record<string, string>> = {
  'azure-trace': [
    'timestamp_s,input_tokens,output_tokens',
    ...rows(20_000, (k) => `${k / 8},${1 + (k % 997)},${1 + ((k * 7) % 301)}`),
  ].join('\n'),
  trace: [
    'timestamp_s,input_tokens,output_tokens',
    ...rows(20_000, (k) => `${k / 8},${1 + (k % 997)},${1 + ((k * 7) % 301)}`),
  ].join('\n'),
  'load-test-trace': [
    'index,arrival_s,prompt_id,input_tokens,output_tokens,ttft_s',
    ...rows(20_000, (k) => `${k},${k / 8},${k % 100},${500 + (k % 100)},${1 + ((k * 7) % 301)},0.05`),
  ].join('\n'),
  'mooncake-trace': rows(20_000, mooncakeRow).join('\n'),
  'session-trace': rows(6_500, sessionOf).join('\n'),
};

function rows(count: number, row: (k: number) => string): string[] {
  return Array.from({ length: count }, (_, k) => row(k));
}

/** One of 100 documents, read to different lengths; every block id is of one document and place. */
function mooncakeRow(k: number): string {
  const tokens = 1 + ((k * 37) % 4_000);
  const ids = rows(Math.ceil(tokens / 512), (block) => String((k % 100) * 1_000 + block));
  return `{"timestamp": ${125 * k}, "input_length": ${tokens}, "output_length": ${1 + (k % 301)}, "hash_ids": [${ids.join(', ')}]}`;
}

/** Four requests, each 640 tokens longer than the one before it, and one of a second agent. */
function sessionOf(k: number): string {
  const first = 1 + (k % 97);
  const steps = rows(4, (step) => {
    const tokens = 640 * (first + step) + 5;
    return `[${30 * step}, 0, ${tokens}, ${1 + ((k * 7) % 301)}, 0, 30, "t", [1, ${10 * (first + step)}]]`;
  });
  const helper = '[45.5, 1, 6400, 12, null, null, "u", [5000, 100]]';
  return `{"id": ${k}, "block": 64, "r": [${[...steps.slice(0, 2), helper, ...steps.slice(2)].join(', ')}]}`;
}
