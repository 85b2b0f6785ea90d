import { z } from 'zod';

const object = z.record(z.string(), z.unknown());
const wholeNumber = z.int().nonnegative();

/** One object of a config.json: typed answers, and a memory of what was asked, so that what nobody asked for can be named. */
export class ConfigFields {
  readonly problems: string[] = [];
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #asked = new Set<string>();

  constructor(fields: Readonly<Record<string, unknown>>) {
    this.#fields = fields;
  }

  /** A whole number above 0 under one of the names; without a fallback it must be there. */
  count(names: string | readonly string[], fallback?: number): number {
    const number = this.countOrZero(names, fallback);
    if (number > 0) return number;
    this.problems.push(`${nameOf(names)} must be above 0`);
    return 1;
  }

  countOrZero(names: string | readonly string[], fallback?: number): number {
    const found = this.optionalCount(names) ?? fallback;
    if (found !== undefined) return found;
    this.problems.push(`${nameOf(names)} is missing`);
    return 1;
  }

  /** Undefined when it is absent, null or not a number, which is a problem of its own. */
  optionalCount(names: string | readonly string[]): number | undefined {
    const [name, value] = this.#find(names);
    if (value === undefined) return undefined;
    const read = wholeNumber.safeParse(value);
    if (read.success) return read.data;
    this.problems.push(`${name} is ${shown(value)}, not a whole number`);
    return 1;
  }

  flag(name: string, fallback: boolean): boolean {
    const [, value] = this.#find(name);
    return typeof value === 'boolean' ? value : fallback;
  }

  text(name: string): string | undefined {
    const [, value] = this.#find(name);
    return typeof value === 'string' ? value : undefined;
  }

  list(name: string): readonly unknown[] | undefined {
    const [, value] = this.#find(name);
    return Array.isArray(value) ? (value as readonly unknown[]) : undefined;
  }

  object(name: string): ConfigFields | undefined {
    const [, value] = this.#find(name);
    const read = object.safeParse(value);
    return read.success ? new ConfigFields(read.data) : undefined;
  }

  /** A field of which only one value is understood. */
  only(name: string, value: number): void {
    const found = this.optionalCount(name) ?? value;
    if (found !== value) this.problems.push(`${name} is ${found}; only ${value} is understood here`);
  }

  /** Fields that were not asked for and say something: not null, false, 0 or empty. */
  unasked(): string[] {
    return Object.keys(this.#fields).filter((name) => !this.#asked.has(name) && !isOff(this.#fields[name]));
  }

  #find(names: string | readonly string[]): [name: string, value: unknown] {
    const candidates = typeof names === 'string' ? [names] : names;
    for (const name of candidates) this.#asked.add(name);
    const name = candidates.find((candidate) => (this.#fields[candidate] ?? undefined) !== undefined);
    return name === undefined ? [candidates[0]!, undefined] : [name, this.#fields[name]];
  }
}

export function configFieldsOf(json: unknown): ConfigFields | undefined {
  const read = object.safeParse(json);
  return read.success ? new ConfigFields(read.data) : undefined;
}

function isOff(value: unknown): boolean {
  if (value === null || value === false || value === 0) return true;
  return typeof value === 'object' && Object.keys(value ?? {}).length === 0;
}

function nameOf(names: string | readonly string[]): string {
  return typeof names === 'string' ? names : names[0]!;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 40 ? text : `${text.slice(0, 37)}…`;
}
