import type { AcceleratorNumbers, ByDtype, EngineNumbers, Generation, SourcedEntry } from '../sim/profiles.ts';
import { plain, sourcesOf } from '../sim/profiles.ts';
import { acceleratorFile } from './accelerator.ts';
import { engineFile } from './engine.ts';
import type { Profile } from '../profile-file.ts';
import { profileOf, readProfile } from '../profile-file.ts';

/** Every accelerator a scenario can name: one YAML file in accelerators/ and one line here. */
export const accelerators: readonly string[] = [
  'b200', //
  'h100-sxm',
  'l40s',
];

/** Every engine a scenario can name: one YAML file in engines/ and one line here. */
export const engines: readonly string[] = [
  'vllm', //
];

const acceleratorsFolder = new URL('./accelerators/', import.meta.url);
const enginesFolder = new URL('./engines/', import.meta.url);

/** `sources` and `worstGrade` are of the numbers that step times and memory rest on; the rest is in `siteSources`. */
export interface AcceleratorProfile extends Profile<AcceleratorNumbers> {
  readonly generation: Generation;
  readonly reference: ReferenceNumbers;
  readonly power: PowerNumbers;
  readonly cost: CostNumbers;
  readonly siteSources: readonly SourcedEntry[];
}

/** What no step time rests on. */
export interface ReferenceNumbers {
  readonly hbmGB: number;
  readonly scaleUpGBPerS: number;
  readonly scaleUpDomainAccelerators: number;
  readonly pcieGBPerS: number;
  readonly networkGbitPerS: number;
  /** Share of the HBM bandwidth that matrix products of a few tokens reach. */
  readonly gemmBandwidthShare: ByDtype<number>;
}

/** Per accelerator; server and facility figures are its share of what is around it. */
export interface PowerNumbers {
  readonly tdpWatts: number;
  readonly idleWatts: number;
  readonly idleWithContextWatts: number;
  readonly serverWattsMax: number;
  readonly facilityWattsProvisioned: number;
  readonly facilityWattsTypical: number;
}

/** Per accelerator. */
export interface CostNumbers {
  readonly rentUsdPerHour: number;
  readonly rentUsdPerHourLow: number;
  readonly rentUsdPerHourHigh: number;
  readonly acceleratorUsd: number;
  readonly itCapexUsd: number;
  readonly ownedUsdPerHour: number;
}

export interface EngineProfile extends Profile<EngineNumbers> {
  readonly versionClass: string;
  readonly versionClasses: readonly string[];
  /** The versions and hardware that the class stands for. */
  readonly covers: string;
}

export function loadAccelerator(name: string): AcceleratorProfile {
  const file = readProfile('accelerator', acceleratorsFolder, accelerators, name, acceleratorFile);
  const { title, generation, performance, reference, power, cost } = file;
  const profile = profileOf(name, title, performance);
  return {
    ...profile,
    generation,
    numbers: { ...profile.numbers, generation },
    reference: plain(reference),
    power: plain(power),
    cost: plain(cost),
    siteSources: sourcesOf({ reference, power, cost }),
  };
}

/** @param versionClass the file's default unless given */
export function loadEngine(name: string, versionClass?: string): EngineProfile {
  const file = readProfile('engine', enginesFolder, engines, name, engineFile);
  const versionClasses = Object.keys(file.versionClasses);
  const chosen = versionClass ?? file.defaultVersionClass;
  const found = file.versionClasses[chosen];
  if (found === undefined) {
    throw new Error(`unknown version class "${chosen}" of ${name}; known: ${versionClasses.join(', ')}`);
  }
  const { covers, ...numbers } = found;
  return { ...profileOf(name, file.title, numbers), versionClass: chosen, versionClasses, covers };
}
