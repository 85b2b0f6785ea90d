/** Numbers as people read them: three digits or all the whole ones, thousands apart. */
export function figure(value: number, decimals = decimalsOf(value)): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** A number that somebody wrote down: as it is, thousands apart. */
export function given(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 6 });
}

/** `123 ± 4`, both to the same decimal place; without the half-width where there is none or no spread at all. */
export function withHalfWidth(value: number, halfWidth: number | undefined): string {
  const decimals = decimalsOf(value);
  const text = figure(value, decimals);
  return isSpread(halfWidth) ? `${text} ± ${figure(halfWidth, decimals)}` : text;
}

/** `99.93 %`: more decimals close to the whole, where they decide. */
export function percent(share: number, halfWidth?: number): string {
  const decimals = share === 0 || share === 1 ? 0 : (share > 0.99 && share < 1) || Math.abs(share) < 0.01 ? 2 : 1;
  const text = figure(100 * share, decimals);
  // A share just below the whole must not read as the whole, nor a small one as nothing.
  if (share < 1 && Number(text) === 100) return '> 99.99 %';
  if (share > 0 && Number(text) === 0) return '< 0.01 %';
  return isSpread(halfWidth) ? `${text} % ± ${figure(100 * halfWidth, Math.max(1, decimals))}` : `${text} %`;
}

function isSpread(halfWidth: number | undefined): halfWidth is number {
  return halfWidth !== undefined && halfWidth > 0;
}

function decimalsOf(value: number): number {
  const size = Math.abs(value);
  if (size === 0 || size >= 100) return 0;
  if (size >= 10) return 1;
  if (size >= 1) return 2;
  return Math.min(6, 2 - Math.floor(Math.log10(size)));
}
