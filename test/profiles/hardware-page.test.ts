import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { accelerators, loadAccelerator } from '../../src/hardware-profiles/index.ts';

const GROUPS = [
  ['denseTflops', 'usableHbmGB', 'hbmGBPerS', 'reference.hbmGB', 'reference.scaleUpGBPerS'],
  ['gemmMfu', 'kvReadSpeedup', 'prefillAttention', 'expertTflops', 'layerFloorRatio', 'weightReadRatio'],
  ['allReduce', 'allToAll', 'network'],
  ['power'],
  ['cost'],
];

/** Cells of the line of the table: of each group, how many numbers are better than estimated. */
function cellsOf(name: string): string[] {
  const { sources, siteSources, nearest } = loadAccelerator(name);
  const counts = GROUPS.map((keys) => {
    const numbers = [...sources, ...siteSources].filter(({ path }) =>
      keys.some((key) => path === key || path.startsWith(`${key}.`)),
    );
    return `${numbers.filter(({ grade }) => grade !== 'estimated').length} of ${numbers.length}`;
  });
  return [`\`${name}\``, ...counts, nearest === undefined ? '–' : `\`${nearest}\``];
}

test('the page on hardware has every accelerator, and says how many of its numbers are more than estimates', () => {
  const page = readFileSync('docs/hardware.md', 'utf8');
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([name = '']) => accelerators.includes(name.replaceAll('`', '')));

  expect(rows).toEqual(accelerators.map(cellsOf));
});
