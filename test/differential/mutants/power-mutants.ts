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
    find: 'this.#caps[instance]!, this.#maxRunning[instance]!);',
    replace: 'this.#caps[instance]!, this.clocks[instance] === 1 ? this.#maxRunning[instance]! : Infinity);',
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
    find: 'instance.idleTime.isOn ? power.idleWatts : power.offWatts',
    replace: 'power.idleWatts',
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
    find: 'aroundInstance(power, accelerators, !isIdle)',
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
];
