const PAGE_SESSIONS = 16_384;
const MARKS_PER_WORD = 16;

/** Two marks for each session of one workload, at two bits each: memory hardly grows with the sessions of a long run. */
export class SessionMarks {
  readonly #pages = new Map<number, Uint32Array>();
  // Sessions that are near in time are near in number.
  #lastIndex = -1;
  #lastPage: Uint32Array = new Uint32Array(0);

  /** Set marks of a session, as bits; answers those it had. */
  add(session: number, added: 1 | 2 | 3): number {
    const index = Math.floor(session / PAGE_SESSIONS);
    if (index !== this.#lastIndex) this.#turnTo(index);
    const page = this.#lastPage;
    const within = session - index * PAGE_SESSIONS;
    const word = (within / MARKS_PER_WORD) | 0;
    const shift = 2 * (within % MARKS_PER_WORD);
    const marks = (page[word]! >>> shift) & 3;
    page[word]! |= added << shift;
    return marks;
  }

  #turnTo(index: number): void {
    const page = this.#pages.get(index) ?? new Uint32Array(PAGE_SESSIONS / MARKS_PER_WORD);
    this.#pages.set(index, page);
    this.#lastIndex = index;
    this.#lastPage = page;
  }
}
