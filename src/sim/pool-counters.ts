import { QuantaSum } from './quanta-sum.ts';

/**
 * What the instances of one pool did in the current timeline interval. Names and meanings are those of TimelineColumns.
 * Sums of one interval stay whole and below 2⁵³, or are kept in parts that do, so they do not depend on the order of adding.
 */
export class PoolCounters {
  arrivedRequests = 0;
  finishedRequests = 0;
  escalatedRequests = 0;
  preemptions = 0;
  steps = 0;
  prefillTokens = 0;
  promptTokens = 0;
  cachedTokens = 0;
  loadedTokens = 0;
  outputTokens = 0;
  decodeSeqSteps = 0;
  kvTokenSteps = 0;
  prefillPairs = 0;
  prefillContextTokens = 0;
  kvTransferTokens = 0;
  dramReadBlocks = 0;
  dramWrittenBlocks = 0;
  ssdReadBlocks = 0;
  ssdWrittenBlocks = 0;
  remoteReadBlocks = 0;
  remoteWrittenBlocks = 0;
  busyNs = 0;
  prefillNs = 0;
  idleNs = 0;
  sleepNs = 0;
  readonly busyEnergy = new QuantaSum();
  readonly prefillEnergy = new QuantaSum();

  reset(): void {
    this.arrivedRequests = 0;
    this.finishedRequests = 0;
    this.escalatedRequests = 0;
    this.preemptions = 0;
    this.steps = 0;
    this.prefillTokens = 0;
    this.promptTokens = 0;
    this.cachedTokens = 0;
    this.loadedTokens = 0;
    this.outputTokens = 0;
    this.decodeSeqSteps = 0;
    this.kvTokenSteps = 0;
    this.prefillPairs = 0;
    this.prefillContextTokens = 0;
    this.kvTransferTokens = 0;
    this.dramReadBlocks = 0;
    this.dramWrittenBlocks = 0;
    this.ssdReadBlocks = 0;
    this.ssdWrittenBlocks = 0;
    this.remoteReadBlocks = 0;
    this.remoteWrittenBlocks = 0;
    this.busyNs = 0;
    this.prefillNs = 0;
    this.idleNs = 0;
    this.sleepNs = 0;
    this.busyEnergy.reset();
    this.prefillEnergy.reset();
  }
}
