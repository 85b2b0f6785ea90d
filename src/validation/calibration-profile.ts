import { stringify } from 'yaml';
import type { AcceleratorNumbers } from '../sim/profiles.ts';
import type { Calibration } from './calibration-fit.ts';
import { scaledNumbers, setIn } from './calibration-coefficients.ts';

/** What the file says of itself. */
export interface ProfileOrigin {
  /** Name or path of the profile that was calibrated. */
  readonly accelerator: string;
  readonly model: string;
  readonly engine: string;
  readonly files: readonly string[];
  readonly points: number;
}

/** So little is nothing. */
const UNCHANGED = 0.0005;

/**
 * The profile file of an accelerator with the numbers that a calibration has changed, in the same schema. A number that
 * the points say something about is `measured`, one that only moved along with others `estimated`.
 *
 * @param content the file that was started from, parsed
 * @param numbers its numbers, gaps filled
 */
export function profileText(
  content: unknown,
  numbers: AcceleratorNumbers,
  { factors, informed }: Pick<Calibration, 'factors' | 'informed'>,
  origin: ProfileOrigin,
): string {
  const file = structuredClone(content) as { title?: unknown };
  const { accelerator, model, engine, files, points } = origin;
  const title = `${typeof file.title === 'string' ? file.title : accelerator}, calibrated`;
  const fitted = `fit to ${points} points of ${files.join(', ')} (${model}, ${engine})`;
  for (const { path, coefficient, value } of scaledNumbers(numbers, factors)) {
    const factor = factors[coefficient];
    if (Math.abs(factor - 1) < UNCHANGED) continue;
    const source = `${fitted}: ${factor.toFixed(3)} times the time of ${accelerator}`;
    const grade = informed[coefficient] ? 'measured' : 'estimated';
    setIn(file, ['performance', ...path], { value, source, grade });
  }
  const header = [
    `${title}. Written by \`tokenfleet calibrate\`: ${fitted}.`,
    'It holds for this engine and for models like this one; peaks, memory, power and prices are those of the original.',
  ];
  return `${header.map((line) => `# ${line}\n`).join('')}${stringify({ ...file, title }, { lineWidth: 120, aliasDuplicateObjects: false })}`;
}
