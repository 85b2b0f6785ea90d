import type { AcceleratorEntry, Catalogue, EngineEntry } from '../scenario/catalogue-types.ts';
import type { AcceleratorNumbers, EngineNumbers, Generation, StepCostNumbers } from '../sim/profiles.ts';

/** Those that every engine has. */
type StepCostKey = {
  [Key in keyof StepCostNumbers]-?: undefined extends StepCostNumbers[Key] ? never : Key;
}[keyof StepCostNumbers];

/** Where a coefficient stands: in which classes of which engines, or in the files of accelerators of a generation. */
interface Place {
  /** `engine class`, such as `vllm 0.15`; every engine if left out. */
  readonly classes?: readonly string[];
  readonly generation?: Generation;
}

/**
 * A number of the profiles that measured serving decided. `anchor` is what it would be without any: from kernels of their own, or
 * from the physics; `spread` the standard deviation of its logarithm around that.
 */
export interface FittedCoefficient extends Place {
  readonly name: string;
  readonly key: StepCostKey | 'layerFloorRatio' | 'clientNs';
  readonly anchor: number;
  readonly spread: number;
}

/** Classes whose coefficients were fitted together. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  vllm: ['vllm 0.15'],
  'vllm inferencex': ['vllm inferencex'],
  sglang: ['sglang inferencex'],
  'tensorrt-llm 1.1': ['tensorrt-llm inferencex'],
  'tensorrt-llm 1.0': ['tensorrt-llm 1.0'],
  'tensorrt-llm 1.2': ['tensorrt-llm 1.2'],
};

/** Of all engines together: kernels decide, and engines share them. */
const SHARED: readonly (readonly [StepCostKey, anchor: number, spread: number])[] = [
  ['weightReadTime', 1.08, 0.04],
  ['fp4WeightReadTimeAdded', 0.37, 0.3],
  ['kvReadTime', 1.14, 0.05],
  ['gemmTime', 1.05, 0.08],
  ['activationBytes', 45, 0.3],
  ['expertReadTime', 1.12, 0.05],
  ['expertGemmTime', 1.35, 0.15],
  ['expertActivationBytes', 15, 0.4],
  ['expertTileTokens', 14, 0.3],
  ['expertZipfExponent', 0.5, 0.25],
  ['allReduceLatencyTime', 1, 0.12],
  ['allReduceTransferTime', 1, 0.1],
  ['expertFloorShare', 0.35, 0.25],
  ['latentFloorShare', 0.6, 0.3],
  ['linearFloorShare', 0.6, 0.4],
  ['promptMs', 1.6, 0.25],
  ['promptLayerUs', 10, 0.3],
];

/**
 * The class of vLLM that has those of its own of these which were fitted to runs of it alone. All are on H100, where its kernels,
 * timed alone, read weights, the KV cache and experts at 0.93, 0.88 and 0.89 of the bandwidth (AIConfigurator, NVIDIA, 2026).
 */
const OF_ITS_OWN = 'vllm';
const OWN: readonly (readonly [StepCostKey, anchor: number, spread: number])[] = [
  ['weightReadTime', 1.08, 0.03],
  ['kvReadTime', 1.13, 0.04],
  ['expertReadTime', 1.12, 0.04],
  ['allReduceLatencyTime', 1, 0.12],
  ['expertFloorShare', 0.35, 0.25],
  ['promptMs', 1.6, 0.25],
];
const OWN_KEYS: ReadonlySet<StepCostKey> = new Set(OWN.map(([key]) => key));
const OTHER_CLASSES = Object.entries(GROUPS).flatMap(([group, classes]) => (group === OF_ITS_OWN ? [] : classes));

/** Of each group of classes: versions and hosts differ. */
const OF_GROUPS: readonly (readonly [FittedCoefficient['key'], anchor: number, spread: number])[] = [
  ['layerFloorUs', 57, 0.12],
  ['sequenceGpuUs', 10, 0.25],
  ['hostStepMs', 1.35, 0.3],
  ['hostSequenceUs', 28, 0.3],
  ['prefillLayerUs', 200, 0.6],
  ['clientNs', 3e7, 1],
];

/** mxfp4 is widened by kernels of each engine and generation. */
const WIDENING: readonly (readonly [classes: readonly string[], generation: Generation])[] = [
  [['vllm 0.15', 'vllm inferencex'], 'hopper'],
  [['vllm 0.15', 'vllm inferencex'], 'blackwell'],
  [['tensorrt-llm inferencex', 'tensorrt-llm 1.0', 'tensorrt-llm 1.2'], 'hopper'],
  [['tensorrt-llm inferencex', 'tensorrt-llm 1.0', 'tensorrt-llm 1.2'], 'blackwell'],
];

export const FITTED_COEFFICIENTS: readonly FittedCoefficient[] = [
  ...SHARED.map(([key, anchor, spread]) => ({
    name: key,
    key,
    ...(OWN_KEYS.has(key) && { classes: OTHER_CLASSES }),
    anchor,
    spread,
  })),
  ...OWN.map(([key, anchor, spread]) => ({
    name: `${key} of ${OF_ITS_OWN}`,
    key,
    classes: GROUPS[OF_ITS_OWN]!,
    anchor,
    spread,
  })),
  ...Object.entries(GROUPS).flatMap(([group, classes]) =>
    // In vLLM 0.15 a step with prefill has no least time.
    OF_GROUPS.filter(([key]) => group !== 'vllm' || key !== 'prefillLayerUs').map(([key, anchor, spread]) => ({
      name: `${key} of ${group}`,
      key,
      classes,
      anchor,
      spread,
    })),
  ),
  ...WIDENING.map(([classes, generation]) => ({
    name: `mxfp4ExpertTime of ${classes[0]!.split(' ')[0]!} on ${generation}`,
    key: 'mxfp4ExpertTime' as const,
    classes,
    generation,
    anchor: 1,
    spread: 0.25,
  })),
  {
    name: 'layerFloorRatio of blackwell',
    key: 'layerFloorRatio',
    generation: 'blackwell',
    anchor: 0.85,
    spread: 0.12,
  },
];

/** What the profiles say of a coefficient: of the first place it stands in. */
export function presentValue(coefficient: FittedCoefficient, catalogue: Catalogue): number {
  const { key, classes = ['vllm inferencex'], generation } = coefficient;
  if (key === 'layerFloorRatio') return catalogue.accelerator('b200').numbers.layerFloorRatio;
  const [name = '', versionClass] = classes[0]!.split(' ');
  const { numbers } = catalogue.engine(name, versionClass);
  if (key === 'clientNs') return numbers.frontEndNs + numbers.firstOutputNs;
  const { hopper, blackwell } = numbers.stepCostByGeneration;
  const overriding = generation === undefined ? [hopper, blackwell] : [numbers.stepCostByGeneration[generation]];
  return overriding.find((each) => each?.[key] !== undefined)?.[key] ?? numbers.stepCost[key];
}

/**
 * The catalogue with coefficients times factors, wherever they stand.
 *
 * @param logFactors one per fitted coefficient; 0 leaves it as it is
 */
export function withFactors(catalogue: Catalogue, logFactors: readonly number[]): Catalogue {
  const changes = FITTED_COEFFICIENTS.flatMap((coefficient, k) =>
    logFactors[k] === 0 ? [] : [{ coefficient, factor: Math.exp(logFactors[k]!) }],
  );
  const engines = new Map<string, EngineEntry>();
  const accelerators = new Map<string, AcceleratorEntry>();
  return {
    ...catalogue,
    engine: (name, versionClass) => {
      const entry = catalogue.engine(name, versionClass);
      const id = `${name} ${entry.versionClass ?? ''}`;
      const known = engines.get(id) ?? { ...entry, numbers: changedEngine(entry.numbers, id, changes) };
      engines.set(id, known);
      return known;
    },
    accelerator: (name) => {
      const known = accelerators.get(name) ?? changedAccelerator(catalogue.accelerator(name), changes);
      accelerators.set(name, known);
      return known;
    },
  };
}

interface Change {
  readonly coefficient: FittedCoefficient;
  readonly factor: number;
}

function changedAccelerator(entry: AcceleratorEntry, changes: readonly Change[]): AcceleratorEntry {
  const numbers: { -readonly [Key in keyof AcceleratorNumbers]: AcceleratorNumbers[Key] } = { ...entry.numbers };
  for (const { coefficient, factor } of changes) {
    if (coefficient.key !== 'layerFloorRatio' || coefficient.generation !== numbers.generation) continue;
    numbers.layerFloorRatio *= factor;
  }
  return { ...entry, numbers };
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

function changedEngine(numbers: EngineNumbers, id: string, changes: readonly Change[]): EngineNumbers {
  const changed: Mutable<EngineNumbers> = { ...numbers };
  const general: Mutable<StepCostNumbers> = { ...numbers.stepCost };
  const overrides: Partial<Record<Generation, Partial<Mutable<StepCostNumbers>>>> = {};
  for (const [generation, cost] of Object.entries(numbers.stepCostByGeneration)) {
    overrides[generation as Generation] = { ...cost };
  }
  for (const { coefficient, factor } of changes) {
    const { key, classes, generation } = coefficient;
    if (key === 'layerFloorRatio' || classes?.includes(id) === false) continue;
    if (key === 'clientNs') {
      changed.frontEndNs *= factor;
      changed.firstOutputNs *= factor;
      continue;
    }
    if (generation === undefined) general[key] = scaledShare(key, general[key] * factor);
    for (const [where, cost] of Object.entries(overrides)) {
      if (generation !== undefined && generation !== where) continue;
      const value = cost[key];
      if (value !== undefined) cost[key] = scaledShare(key, value * factor);
    }
  }
  return { ...changed, stepCost: general, stepCostByGeneration: overrides };
}

/** An exponent above 1 means nothing here. */
function scaledShare(key: StepCostKey, value: number): number {
  return key === 'expertZipfExponent' ? Math.min(1, value) : value;
}
