import type { Contract, RentEntry } from './price-catalogue.ts';

const ANY_REGION = 'any';
const MS_PER_DAY = 86_400_000;
/** Rents move by a third within months. */
const OLD_DAYS = 90;

export interface RentedThing {
  readonly accelerator: string;
  /** Name of the region. */
  readonly region: string;
}

/** A price book, as a scenario of some start asks it; it notes what was old. */
export class BookOfRents {
  /** Given by the user; the program's own is asked only where nothing else is known. */
  readonly isUsers: boolean;
  readonly #name: string;
  readonly #entries: readonly RentEntry[];
  readonly #startMs: number;
  readonly #warnings = new Set<string>();

  /** @param name as messages have it */
  constructor(name: string, isUsers: boolean, entries: readonly RentEntry[], start: string) {
    this.#name = name;
    this.isUsers = isUsers;
    this.#entries = entries;
    this.#startMs = Date.parse(start);
  }

  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  /** The newest price at the start: of the region itself, else of any. @param quietly no bill rests on it */
  find(
    { accelerator, region }: RentedThing,
    contract: Contract,
    termYears: number,
    { quietly = false } = {},
  ): RentEntry | undefined {
    const fitting = this.#entries.filter(
      (entry) => entry.accelerator === accelerator && entry.contract === contract && entry.termYears === termYears,
    );
    const own = fitting.filter((entry) => entry.region === region);
    const candidates = own.length > 0 ? own : fitting.filter((entry) => entry.region === ANY_REGION);
    const byDate = candidates.toSorted((a, b) => Date.parse(a.date) - Date.parse(b.date));
    const found = byDate.findLast(({ date }) => Date.parse(date) <= this.#startMs) ?? byDate[0];
    if (found !== undefined && !quietly) this.#noteAge(found);
    return found;
  }

  /** What to tell the user who needs a price that is not there. @param key that would give it in the scenario */
  missing({ accelerator, region }: RentedThing, contract: Contract, termYears: number, key: string): string {
    const what = contractName(contract, termYears);
    const line = `${accelerator},${region},${contract},${termYears},<usd>,<date>`;
    const others = this.#entries.filter((entry) => entry.accelerator === accelerator);
    const known =
      others.length === 0
        ? ''
        : ` (it has ${others.map((entry) => contractName(entry.contract, entry.termYears)).join(', ')})`;
    return `${this.#name} has no price of ${accelerator}, ${what}, in ${region}${known} — write ${key}, or add the line ${line} to a price book`;
  }

  #noteAge({ accelerator, contract, termYears, date }: RentEntry): void {
    const days = Math.floor((this.#startMs - Date.parse(date)) / MS_PER_DAY);
    if (days <= OLD_DAYS) return;
    const what = contractName(contract, termYears);
    this.#warnings.add(
      `${this.#name}: the price of ${accelerator}, ${what}, is of ${date}, ${days} days before the start — check it`,
    );
  }
}

function contractName(contract: Contract, termYears: number): string {
  return termYears === 0 ? contract : `${contract} for ${termYears} year${termYears === 1 ? '' : 's'}`;
}
