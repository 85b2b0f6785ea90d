/** `unknown accelerator "h100-smx" — did you mean "h100-sxm"? Known: b200, h100-sxm, l40s` */
export function unknownName(noun: string, name: unknown, known: readonly string[]): string {
  const guess = typeof name === 'string' ? closest(name, known) : undefined;
  const list = known.length === 0 ? `there is no ${noun} to name` : `known: ${[...known].sort().join(', ')}`;
  return `unknown ${noun} ${JSON.stringify(name)} — ${guess === undefined ? list : `did you mean "${guess}"? ${list}`}`;
}

/** ``unknown key `requestPerS` — did you mean `requestsPerS`?`` */
export function unknownKey(key: string, known: readonly string[]): string {
  const guess = closest(key, known);
  const hint = guess === undefined ? `known keys: ${known.join(', ')}` : `did you mean \`${guess}\`?`;
  return `unknown key \`${key}\` — ${hint}`;
}

/** The known name that is most likely meant, if any is near. */
export function closest(name: string, known: readonly string[]): string | undefined {
  const wanted = plain(name);
  let best: string | undefined;
  let bestDistance = Math.min(4, Math.floor(wanted.length / 3) + 1);
  for (const candidate of known) {
    const distance = editDistance(wanted, plain(candidate), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  if (best !== undefined || wanted.length < 3) return best;
  const holding = known.filter((candidate) => plain(candidate).includes(wanted) || wanted.includes(plain(candidate)));
  return holding.length === 1 ? holding[0] : undefined;
}

/** Case and punctuation are what people get wrong most, and mean nothing here. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** Insertions, deletions, changes and swaps of neighbours that turn one text into the other; `limit` if at least that. */
function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let distance = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) distance = Math.min(distance, beforeLast[column - 2]! + 1);
      current.push(distance);
    }
    beforeLast = last;
    last = current;
  }
  return Math.min(limit, last[to.length]!);
}
