/** A slip that somebody could make in src/sim: text that stands there exactly once, and what it becomes. */
export interface Mutant {
  /** The kind of cases in which it shows, if it shows only there. */
  readonly among?: 'apart' | 'expiring' | 'long' | 'tiers' | 'batching' | 'decisions';
  readonly why: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** None of them can keep a run from ending. */
export const mutants: readonly Mutant[] = [
  {
    why: 'the ticks beyond the last whole ns are forgotten at the end of a segment',
    file: 'decode-run.ts',
    find: 'this.#startTicks = this.#endTicks - (this.endNs - this.startNs) * TICKS_PER_NS;',
    replace: 'this.#startTicks = 0;',
  },
  {
    why: 'the ticks beyond the last whole ns are remembered while idle',
    file: 'decode-run.ts',
    find: 'this.startNs = nowNs;\n    this.#startTicks = 0;',
    replace: 'this.startNs = nowNs;',
  },
  {
    why: 'a step that begins exactly at a knot still costs what the piece before it says',
    file: 'decode-run.ts',
    find: 'fits ? limit : Math.ceil((untilKvTokens - kvTokens) / growth)',
    replace: 'Math.min(limit, Math.floor((untilKvTokens - kvTokens) / growth) + 1)',
  },
  {
    among: 'long',
    why: 'segments are not split when their ticks pass what a double can count',
    file: 'decode-run.ts',
    find: '> MAX_SEGMENT_TICKS',
    replace: '> Infinity',
  },
  {
    why: 'an observation at the end of a step misses that step',
    file: 'decode-run.ts',
    find: 'this.#stepsUntil(timeNs + 1) - 1',
    replace: 'this.#stepsUntil(timeNs) - 1',
  },
  {
    why: 'the first step of a segment attends to the tokens of the second',
    file: 'segment.ts',
    find: '(steps * (steps - 1)) / 2',
    replace: '(steps * (steps + 1)) / 2',
  },
  {
    why: 'an arrival exactly at a step boundary joins one step late',
    file: 'segment.ts',
    find: '< ticks) steps++',
    replace: '<= ticks) steps++',
  },
  {
    why: 'a request that is still on its way when a segment starts does not end it',
    file: 'instance.ts',
    find: 'if (enqueuedNs > Math.min(nowNs, admission.receivedNs)) this.#reception.cutForRequest(enqueuedNs);',
    replace: 'if (enqueuedNs > Math.min(nowNs, admission.receivedNs)) this.#reception.cutForRequest(Infinity);',
  },
  {
    among: 'expiring',
    why: 'a prefix that expires does not let a refused request in',
    file: 'instance.ts',
    find: 'else run.cutAt(this.kv.nextExpiryNs);',
    replace: '',
  },
  {
    among: 'expiring',
    why: 'what expired within a segment is still known at its end',
    file: 'instance.ts',
    find: 'if (steps > 1 && this.kv.hasExpiry) this.kv.expire(run.lastStepStartNs);',
    replace: '',
  },
  {
    why: 'hits that nobody holds count twice as free',
    file: 'admission.ts',
    find: 'kv.free - kv.freeHitBlocks',
    replace: 'kv.free',
  },
  {
    why: 'content is evicted before blank memory is used up',
    file: 'kv-blocks.ts',
    find: 'cache.leave(this.capacity - this.used - this.#reserved);',
    replace: 'cache.leave(Math.max(0, this.capacity - this.used - this.#reserved - 1));',
  },
  {
    why: 'after a preemption the engine jumps over the step in which the victim could come back',
    file: 'instance.ts',
    find: 'const limit = preempted || isOutdated ? 1 : ',
    replace: 'const limit = isOutdated ? 1 : ',
  },
  {
    why: 'requests are admitted in the step in which another is preempted',
    file: 'batch.ts',
    find: 'this.#continuePrefill(this.#promptBudget(), nowNs)) || preempted',
    replace: 'this.#continuePrefill(this.#promptBudget(), nowNs)) && preempted',
  },
  {
    why: 'admission leaves no blocks free',
    file: 'admission.ts',
    find: '+ this.#leftBlocks : watermarkBlocks;',
    replace: '+ this.#leftBlocks : 0;',
  },
  {
    why: 'a preempted request computes its prompt again, but not the tokens it has generated',
    file: 'admission.ts',
    find: 'requests.promptTokens[request]! + requests.generated[request]!',
    replace: 'requests.promptTokens[request]!',
  },
  {
    why: 'a preempted request goes to the end of the queue',
    file: 'batch.ts',
    find: 'this.waiting.prepend(request);',
    replace: 'this.waiting.append(request);',
  },
  {
    why: 'a new clock waits for the end of the segment',
    file: 'instance.ts',
    find: 'return this.isBusy && this.run.cutAt(nowNs);',
    replace: 'return false;',
  },
  {
    why: 'the blocks of the step in progress are not counted',
    file: 'instance.ts',
    find: 'this.run.stepsOverAt(timeNs) + 1,',
    replace: 'this.run.stepsOverAt(timeNs),',
  },
  {
    why: 'all of a mixed step counts as prefill',
    file: 'prefill-step.ts',
    find: 'stepNs - Math.floor(decodeTicks / TICKS_PER_NS)',
    replace: 'stepNs',
  },
  {
    why: 'steps that are alike include the one that ends a prompt',
    file: 'prefill-step.ts',
    find: 'Math.ceil(left / prefillTokens) - 1',
    replace: 'Math.floor(left / prefillTokens)',
  },
  {
    why: 'every chunk of a prompt attends to as much as the first of its segment',
    file: 'prefill-step.ts',
    find: 'step.prefillPairs += prefillTokens * prefillTokens;',
    replace: '',
  },
  {
    why: 'chunks go on beyond the end of what decoding is priced with',
    file: 'prefill-step.ts',
    find: 'decoding.growth >= untilKvTokens',
    replace: 'decoding.growth >= Infinity',
  },
  {
    why: 'the memory of the chunks of a segment is taken at its end',
    file: 'prefill-step.ts',
    find: 'this.#isSeries ? this.#blocksOfChunks(this.#taken, steps) : 0',
    replace: '0',
  },
  {
    why: 'chunks are seen to be computed when the last of a segment is',
    file: 'instance.ts',
    find: 'if (this.batch.chunks.count > 0) this.#prefillStep.credit(this.run, steps, this.#counters);',
    replace: '',
  },
  {
    why: 'the last to be admitted leaves first',
    file: 'finish-heap.ts',
    find: 'admission[a]! < admission[b]!',
    replace: 'admission[a]! > admission[b]!',
  },
  {
    why: 'of two instances at one instant the later goes first',
    file: 'event-queue.ts',
    find: 'kind === otherKind ? Math.min(source, other)',
    replace: 'kind === otherKind ? Math.max(source, other)',
  },
  {
    why: 'batches are formed before the arrivals of the instant',
    file: 'event-queue.ts',
    find: 'batchFormation: 5,',
    replace: 'batchFormation: 2,',
  },
  {
    why: 'arrivals of one instant come in any order',
    file: 'pending-arrivals.ts',
    find: 'this.#orders[at]! < order',
    replace: 'this.#orders[at]! > order',
  },
  {
    why: 'a batch is formed at the end of a step although something else happens at that instant',
    file: 'simulate.ts',
    find: 'if (isShared)',
    replace: 'if (this.#nowNs < 0)',
  },
];
