const PAGE_SESSIONS = 16_384;
const MARKS_PER_WORD = 16;

/** Two marks for each session of one workload, at two bits each: memory hardly grows with the sessions of a long run. */
export class SessionMarks {
  readonly #pages = new Map<number, Uint32Array>();

  /** Set marks of a session, as bits; answers those it had. */
  add(session: number, added: 1 | 2 | 3): number {
    const page = this.#page(Math.floor(session / PAGE_SESSIONS));
    const within = session % PAGE_SESSIONS;
    const word = Math.floor(within / MARKS_PER_WORD);
    const shift = 2 * (within % MARKS_PER_WORD);
    const marks = (page[word]! >>> shift) & 3;
    page[word]! |= added << shift;
    return marks;
  }

  #page(index: number): Uint32Array {
    const known = this.#pages.get(index);
    if (known !== undefined) return known;
    const page = new Uint32Array(PAGE_SESSIONS / MARKS_PER_WORD);
    this.#pages.set(index, page);
    return page;
  }
}
