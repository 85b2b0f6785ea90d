/** Numbers as people read them: three digits or all the whole ones, thousands apart. */
export function figure(value: number, decimals = decimalsOf(value)): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** `123 ± 4`, both to the same decimal place. */
export function withHalfWidth(value: number, halfWidth: number | undefined): string {
  const decimals = decimalsOf(value);
  return halfWidth === undefined
    ? figure(value, decimals)
    : `${figure(value, decimals)} ± ${figure(halfWidth, decimals)}`;
}

/** `99.93 %`: more decimals close to the whole, where they decide. */
export function percent(share: number): string {
  if (share === 0 || share === 1) return `${100 * share} %`;
  const percents = 100 * share;
  const decimals = (percents > 99 && percents < 100) || percents < 1 ? 2 : 1;
  const text = figure(percents, decimals);
  // A share just below the whole must not read as the whole, nor a small one as nothing.
  if (Number(text) === 100) return `> ${figure(99.99, decimals)} %`;
  return Number(text) === 0 ? `< ${figure(0.01, decimals)} %` : `${text} %`;
}

function decimalsOf(value: number): number {
  const size = Math.abs(value);
  if (size === 0 || size >= 100) return 0;
  if (size >= 10) return 1;
  if (size >= 1) return 2;
  return Math.min(6, 2 - Math.floor(Math.log10(size)));
}
