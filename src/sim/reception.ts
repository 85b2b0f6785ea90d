import type { Admission } from './admission.ts';
import type { DecodeRun } from './decode-run.ts';
import type { EnginePlan } from './plan.ts';
import type { Ns } from './units.ts';

/**
 * When an engine that is decoding looks for requests that have come: at every step boundary, or only so many steps after the
 * last time. It looks whenever it was idle, and after a step with prefill.
 */
export class Reception {
  /** A batch is settled while the step before it runs. */
  readonly #settlesEarly: boolean;
  readonly #everySteps: number;
  readonly #run: DecodeRun;
  readonly #admission: Admission;
  #stepsSince = 0;

  constructor({ asyncScheduling, receiveEverySteps = 1 }: EnginePlan, run: DecodeRun, admission: Admission) {
    this.#settlesEarly = asyncScheduling;
    this.#everySteps = receiveEverySteps;
    this.#run = run;
    this.#admission = admission;
  }

  /** Whether it looks at every step boundary. */
  get isEveryStep(): boolean {
    return this.#everySteps === 1;
  }

  /** A batch is formed, and whoever came until `seenNs` could be seen. Answers whether the engine looks for them. */
  look(isIdle: boolean, seenNs: Ns): boolean {
    if (this.#everySteps === 1) return true;
    if (!isIdle && this.#stepsSince < this.#everySteps) return false;
    this.#admission.receivedNs = seenNs;
    this.#stepsSince = 0;
    return true;
  }

  /** A segment ends. Where it looked within it, there was nobody who could have joined. */
  pass(steps: number, hadPrefill: boolean): void {
    const every = this.#everySteps;
    if (every === 1) return;
    if (hadPrefill) {
      this.#stepsSince = every;
      return;
    }
    const total = this.#stepsSince + steps;
    const looks = Math.ceil(total / every) - 1;
    if (looks > 0) {
      const looked = steps - (total - looks * every);
      this.#admission.receivedNs = this.#run.boundaryNs(this.#settlesEarly ? looked - 1 : looked);
    }
    this.#stepsSince = total - looks * every;
  }

  /** End the segment where a batch can take in what comes at a moment; answers whether that is earlier than planned. */
  cutFor(timeNs: Ns): boolean {
    return this.#settlesEarly ? this.#run.cutAfter(timeNs) : this.#run.cutAt(timeNs);
  }

  /** … where that is a new request. */
  cutForRequest(enqueuedNs: Ns): boolean {
    const every = this.#everySteps;
    if (every === 1) return this.cutFor(enqueuedNs);
    return this.#run.cutAtEvery(enqueuedNs, this.#settlesEarly, every, every - this.#stepsSince);
  }
}
