import { counterUniform, exponential, gamma } from '../sim/distributions.ts';
import { NS_PER_S, type Ns } from '../sim/units.ts';
import type { Stage } from './load-test-options.ts';

/** How many requests a stage sends. */
export function requestsOf({ requests, requestsPerS, durationS }: Stage): number {
  return requests ?? Math.round((requestsPerS ?? 0) * (durationS ?? 0));
}

/** What a stage lasts on average; 0 where everything is due at its start. */
export function meanDurationS(stage: Stage): number {
  return stage.requestsPerS === undefined ? 0 : requestsOf(stage) / stage.requestsPerS;
}

/**
 * When each request is due. The last of a stage marks its end. vLLM's `bench serve` and inference-perf stretch the gaps
 * so that a stage takes what its rate says; that needs their sum beforehand, so gap k is a function of k.
 */
export class DueTimes {
  readonly #stages: readonly Stage[];
  readonly #seed: number;
  #stage = -1;
  #stageStart = 0;
  #stageEnd = 0;
  #stretch = 1;
  #next = 0;
  #dueS = 0;

  constructor(stages: readonly Stage[], streamSeed: number) {
    this.#stages = stages;
    this.#seed = streamSeed;
  }

  /** Infinity after the last. */
  nextNs(): Ns {
    while (this.#next === this.#stageEnd) {
      if (this.#stage === this.#stages.length - 1) return Infinity;
      this.#begin(++this.#stage);
    }
    const stage = this.#stages[this.#stage]!;
    this.#dueS += this.#gap(stage, this.#next++) * this.#stretch;
    return Math.round(this.#dueS * NS_PER_S);
  }

  #begin(index: number): void {
    const stage = this.#stages[index]!;
    this.#stageStart = this.#stageEnd;
    this.#stageEnd = this.#stageStart + requestsOf(stage);
    this.#stretch = 1;
    if (!stage.scaled || stage.requestsPerS === undefined) return;
    let sumS = 0;
    for (let k = this.#stageStart; k < this.#stageEnd; k++) sumS += this.#gap(stage, k);
    this.#stretch = meanDurationS(stage) / sumS;
  }

  #gap({ requestsPerS, arrivals, burstiness = 1 }: Stage, k: number): number {
    if (requestsPerS === undefined) return 0;
    switch (arrivals) {
      case 'constant':
        return 1 / requestsPerS;
      case 'poisson':
        return exponential(counterUniform(this.#seed, k, 0), 1 / requestsPerS);
      case 'gamma':
        return gamma(burstiness, this.#seed, k) / burstiness / requestsPerS;
    }
  }
}
