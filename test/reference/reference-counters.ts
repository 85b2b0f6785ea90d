/** Everything that has been counted since the start of the run. */
export interface ReferenceCounters {
  arrivedRequests: number;
  finishedRequests: number;
  escalatedRequests: number;
  preemptions: number;
  steps: number;
  prefillTokens: number;
  promptTokens: number;
  cachedTokens: number;
  loadedTokens: number;
  outputTokens: number;
  decodeSeqSteps: number;
  kvTokenSteps: number;
  prefillPairs: number;
  prefillContextTokens: number;
  kvTransferTokens: number;
  dramReadBlocks: number;
  dramWrittenBlocks: number;
  ssdReadBlocks: number;
  ssdWrittenBlocks: number;
  remoteReadBlocks: number;
  remoteWrittenBlocks: number;
  busyNs: number;
  prefillNs: number;
}

export function noCounts(): ReferenceCounters {
  return {
    arrivedRequests: 0,
    finishedRequests: 0,
    escalatedRequests: 0,
    preemptions: 0,
    steps: 0,
    prefillTokens: 0,
    promptTokens: 0,
    cachedTokens: 0,
    loadedTokens: 0,
    outputTokens: 0,
    decodeSeqSteps: 0,
    kvTokenSteps: 0,
    prefillPairs: 0,
    prefillContextTokens: 0,
    kvTransferTokens: 0,
    dramReadBlocks: 0,
    dramWrittenBlocks: 0,
    ssdReadBlocks: 0,
    ssdWrittenBlocks: 0,
    remoteReadBlocks: 0,
    remoteWrittenBlocks: 0,
    busyNs: 0,
    prefillNs: 0,
  };
}
