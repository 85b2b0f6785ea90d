import type { AcceleratorNumbers, LinkNumbers } from '../sim/profiles.ts';
import { DTYPES } from '../sim/profiles.ts';

/**
 * What a calibration changes of an accelerator: how long it takes, relative to its profile, to read weights, to read the KV
 * cache, to compute, to exchange between accelerators, and to get through a layer's small kernels. Peaks, memory and the
 * coefficients of the engine stay. The standard deviations are how far such a factor is from 1 before anything was measured:
 * about what fits to single systems found them to differ by.
 */
export const COEFFICIENTS = {
  weightReads: 0.1,
  kvReads: 0.15,
  compute: 0.15,
  links: 0.2,
  layerFloor: 0.25,
} as const;
export type Coefficient = keyof typeof COEFFICIENTS;
export const COEFFICIENT_NAMES = Object.keys(COEFFICIENTS) as readonly Coefficient[];

/** Factors of time; 1 is the profile as it is. */
export type Factors = Readonly<Record<Coefficient, number>>;

export const UNCHANGED: Factors = { weightReads: 1, kvReads: 1, compute: 1, links: 1, layerFloor: 1 };

/** Numbers of a profile that a calibration changes, with the paths they have in its file. */
export interface ScaledNumber {
  readonly path: readonly string[];
  readonly coefficient: Coefficient;
  readonly value: number | { readonly tokens: readonly number[]; readonly mfu: readonly number[] };
}

/** The accelerator with these factors. */
export function scaled(numbers: AcceleratorNumbers, factors: Factors): AcceleratorNumbers {
  const result: AcceleratorNumbers = structuredClone(numbers);
  for (const { path, value } of scaledNumbers(numbers, factors)) setIn(result, path, value);
  return result;
}

/** A share of a peak stays a share. */
export function scaledNumbers(numbers: AcceleratorNumbers, factors: Factors): ScaledNumber[] {
  const { gemmMfu, kvReadSpeedup, prefillAttention, expertTflops, allReduce, allToAll = {} } = numbers;
  const { weightReads, kvReads, compute, layerFloor } = factors;
  const of = (coefficient: Coefficient, path: readonly string[], value: ScaledNumber['value']): ScaledNumber => ({
    path,
    coefficient,
    value,
  });
  return [
    of('weightReads', ['weightReadRatio'], rounded(numbers.weightReadRatio * weightReads)),
    of('layerFloor', ['layerFloorRatio'], rounded(numbers.layerFloorRatio * layerFloor)),
    ...DTYPES.flatMap((dtype) => {
      const speedup = kvReadSpeedup[dtype];
      return speedup === undefined ? [] : [of('kvReads', ['kvReadSpeedup', dtype], rounded(speedup / kvReads))];
    }),
    ...DTYPES.flatMap((dtype) => {
      const curve = gemmMfu[dtype];
      if (curve === undefined) return [];
      return [of('compute', ['gemmMfu', dtype], { tokens: curve.tokens, mfu: slowed(curve.mfu, compute) })];
    }),
    of('compute', ['prefillAttention', 'mfu'], slowed([prefillAttention.mfu], compute)[0]!),
    ...Object.entries(expertTflops).map(([format, tflops]) =>
      of('compute', ['expertTflops', format], rounded(tflops / compute)),
    ),
    ...linkNumbers('allReduce', allReduce, factors),
    ...linkNumbers('allToAll', allToAll, factors),
  ];
}

function linkNumbers(name: string, groups: Readonly<Record<string, LinkNumbers>>, { links }: Factors): ScaledNumber[] {
  return Object.entries(groups).flatMap(([size, { latencyUs, gbPerS }]) => [
    { path: [name, size, 'latencyUs'], coefficient: 'links' as const, value: rounded(latencyUs * links) },
    { path: [name, size, 'gbPerS'], coefficient: 'links' as const, value: rounded(gbPerS / links) },
  ]);
}

/** The largest share of the curve is at most 1, and its shape is kept, so that more tokens take more time. */
function slowed(mfu: readonly number[], factor: number): number[] {
  const least = Math.max(factor, ...mfu);
  return mfu.map((share) => rounded(share / least));
}

/** More figures than anybody measures. */
function rounded(value: number): number {
  return Number(value.toPrecision(5));
}

/** Put a value where the file and the numbers alike have it. */
export function setIn(tree: object, path: readonly string[], value: unknown): void {
  let node: Record<string, unknown> = tree as Record<string, unknown>;
  for (const key of path.slice(0, -1)) {
    const inner = node[key] ?? {};
    node[key] = inner;
    node = inner as Record<string, unknown>;
  }
  node[path.at(-1)!] = value;
}
