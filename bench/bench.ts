/** One figure of a benchmark; its name is stable. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** How much a benchmark does where that can be chosen. */
export interface BenchSize {
  /** Requests of the long run of `memory`. */
  readonly longRequests: number;
}

export interface Bench {
  readonly name: string;
  readonly about: string;
  run(size: BenchSize): Figure[] | Promise<Figure[]>;
}

/** A benchmark whose model changed measures something else: say so instead of reporting a faster or slower figure. */
export function pin(bench: string, events: number, pinned: number): void {
  if (events === pinned) return;
  throw new Error(
    `${bench}: ${events} events, ${pinned} expected; if the model was meant to change, pin the new count`,
  );
}
