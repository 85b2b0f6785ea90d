const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** One bar a value, from nothing to the largest; a blank where the value is 0. */
export function sparkline(values: readonly number[]): string {
  const largest = Math.max(...values);
  return values
    .map((value) => (value === 0 ? ' ' : BARS[Math.min(Math.floor((value / largest) * BARS.length), BARS.length - 1)]))
    .join('');
}
