import type { Mutant } from './mutants.ts';

/** Slips in what is seen of power, what is ordered, and what becomes of it. None of them can keep a run from ending. */
export const powerMutants: readonly Mutant[] = [
  {
    why: 'orders take effect when they are given',
    file: 'power-settings.ts',
    find: `    this.#orders.push({
      dueNs: this.nowNs + this.#actuationNs,
      instance,`,
    replace: `    this.#orders.push({
      dueNs: this.nowNs,
      instance,`,
  },
  {
    why: 'caps are kept in parts of a watt',
    file: 'power-settings.ts',
    find: 'const whole = Math.floor(watts);',
    replace: 'const whole = watts;',
  },
  {
    why: 'a brake forgets lower clocks that were ordered',
    file: 'power-settings.ts',
    find: 'Math.min(ordered, this.#brakeClock)',
    replace: 'this.#brakeClock',
  },
  {
    why: 'a limit of the batch is forgotten when a clock is ordered',
    file: 'power-settings.ts',
    find: 'capWatts, this.#maxRunning[instance]!);',
    replace: 'capWatts, this.clocks[instance] === 1 ? this.#maxRunning[instance]! : Infinity);',
  },
  {
    why: 'somebody joins a batch that is full by order',
    file: 'admission.ts',
    find: 'taken === 0 ? this.mostRunning - taken',
    replace: 'taken === 0 ? this.#engine.maxNumSeqs - taken',
  },
  {
    why: 'a segment is cut for nobody, or not for who may join, where a batch is limited by order',
    file: 'admission.ts',
    find: 'this.#running.size < this.mostRunning &&',
    replace: 'this.#running.size + 1 < this.mostRunning &&',
  },
  {
    why: 'a new limit is not noticed until the segment ends',
    file: 'instance.ts',
    find: 'this.capWatts === capWatts && !isLimited) return false;',
    replace: 'this.capWatts === capWatts) return false;',
  },
  {
    among: 'batching',
    why: 'who has used up a quantum counts places that orders have taken away',
    file: 'batch.ts',
    find: 'this.admission.mostRunning - this.running.size',
    replace: 'this.#engine.maxNumSeqs - this.running.size',
  },
  {
    why: 'requests of a workload that is turned away are let in',
    file: 'front.ts',
    find: 'if (this.#turnedAway[this.#requests.workload[request]!] === 1) {',
    replace: 'if (this.#turnedAway[this.#requests.workload[request]!] === 2) {',
  },
  {
    why: 'a workload once turned away stays so',
    file: 'front.ts',
    find: 'this.#turnedAway[workload] = isTurnedAway ? 1 : 0;',
    replace: 'if (isTurnedAway) this.#turnedAway[workload] = 1;',
  },
  {
    among: 'decisions',
    why: 'instances that are switched off draw what idle ones do',
    file: 'power-telemetry.ts',
    find: 'isOn && !instance.idleTime.isAsleepBefore(nowNs) ? power.idleWatts : power.offWatts',
    replace: '!instance.idleTime.isAsleepBefore(nowNs) ? power.idleWatts : power.offWatts',
  },
  {
    why: 'a report shows how many wait instead of how many run',
    file: 'power-telemetry.ts',
    find: 'this.runningRequests[index] = instance.batch.running.size;',
    replace: 'this.runningRequests[index] = instance.waitingRequests;',
  },
  {
    why: 'servers are never busy in telemetry',
    file: 'power-telemetry.ts',
    find: 'aroundInstance(power, accelerators, !isIdle || isLent)',
    replace: 'aroundInstance(power, accelerators, false)',
  },
  {
    why: 'a budget changes a moment late',
    file: 'power-domains.ts',
    find: 'budget[step]!.fromNs > nowNs',
    replace: 'budget[step]!.fromNs >= nowNs',
  },
  {
    why: 'a brake is let go although its time is not over',
    file: 'power-domains.ts',
    find: 'nowNs - this.#brakedSinceNs[domain]! >= holdNs',
    replace: 'nowNs - this.#brakedSinceNs[domain]! >= 0 * holdNs',
  },
  {
    why: 'what wakes an instance has been waited for already when it falls asleep',
    file: 'idle-time.ts',
    find: 'timeNs > this.#sleepFromNs ? timeNs + this.#wakeNs',
    replace: 'timeNs >= this.#sleepFromNs ? timeNs + this.#wakeNs',
  },
  {
    why: 'who is woken for the second time waits longer',
    file: 'idle-time.ts',
    find: 'if (lookNs >= this.lookNs) return false;',
    replace: 'if (lookNs === this.lookNs) return false;',
  },
  {
    why: 'an instance sleeps while it wakes up',
    file: 'idle-time.ts',
    find: 'Math.min(nowNs, lookNs - this.#wakeNs)',
    replace: 'Math.min(nowNs, lookNs)',
  },
  {
    among: 'decisions',
    why: 'an instance sleeps while it starts',
    file: 'idle-time.ts',
    find: '    this.#sleepFromNs = Infinity;',
    replace: '    this.#sleepFromNs = nowNs + this.#afterNs;',
  },
  {
    among: 'decisions',
    why: 'an instance that has started never sleeps before it has worked',
    file: 'idle-time.ts',
    find: 'this.#isStarting = false;\n    this.#sleepFromNs = nowNs + this.#afterNs;',
    replace: 'this.#isStarting = false;\n    this.#sleepFromNs = nowNs + this.#afterNs + 1;',
  },
  {
    why: 'sleep of an interval counts again in the next',
    file: 'pool-counters.ts',
    find: '    this.sleepNs = 0;',
    replace: '',
  },
  {
    why: 'accelerators draw as much asleep as idle',
    file: 'pool-power.ts',
    find: 'sleepNs * n * offWatts',
    replace: 'sleepNs * n * idleWatts',
  },
  {
    why: 'a clock counts for all of the interval in which it was set',
    file: 'settings-over-time.ts',
    find: '    this.#settle(instance, nowNs);\n    this.#clocks[instance] = clock;',
    replace: '    this.#clocks[instance] = clock;',
  },
  {
    why: 'the clock of an interval counts again in the next',
    file: 'settings-over-time.ts',
    find: '      this.#clockNs[index] = 0;',
    replace: '',
  },
  {
    why: 'a cap above what an accelerator can draw counts as it stands',
    file: 'settings-over-time.ts',
    find: 'Math.min(capWatts, this.#tdpWatts[instance]!)',
    replace: 'Math.min(capWatts, 2 * this.#tdpWatts[instance]!)',
  },
  {
    why: 'accelerators that sleep are seen idle',
    file: 'power-telemetry.ts',
    find: 'isOn && !instance.idleTime.isAsleepBefore(nowNs) ?',
    replace: 'isOn ?',
  },
];
