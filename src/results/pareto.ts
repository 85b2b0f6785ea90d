/**
 * Which points nothing beats: no other is at least as low in both coordinates and lower in one. Points that lack a
 * coordinate are not among them. O(n log n).
 */
export function paretoFront(
  points: readonly { readonly x: number | undefined; readonly y: number | undefined }[],
): boolean[] {
  const known = points.flatMap(({ x, y }, index) => (x === undefined || y === undefined ? [] : [{ x, y, index }]));
  known.sort((a, b) => a.x - b.x || a.y - b.y);
  const onFront = Array<boolean>(points.length).fill(false);
  let lowest = { x: -Infinity, y: Infinity };
  for (const { x, y, index } of known) {
    const sameAsLowest = x === lowest.x && y === lowest.y;
    if (y >= lowest.y && !sameAsLowest) continue;
    onFront[index] = true;
    lowest = { x, y };
  }
  return onFront;
}
