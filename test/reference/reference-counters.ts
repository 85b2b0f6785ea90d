/** Everything that has been counted since the start of the run. */
export interface ReferenceCounters {
  arrivedRequests: number;
  finishedRequests: number;
  preemptions: number;
  steps: number;
  prefillTokens: number;
  promptTokens: number;
  cachedTokens: number;
  outputTokens: number;
  decodeSeqSteps: number;
  kvTokenSteps: number;
  prefillPairs: number;
  prefillContextTokens: number;
  kvTransferTokens: number;
  busyNs: number;
  prefillNs: number;
}

export function noCounts(): ReferenceCounters {
  return {
    arrivedRequests: 0,
    finishedRequests: 0,
    preemptions: 0,
    steps: 0,
    prefillTokens: 0,
    promptTokens: 0,
    cachedTokens: 0,
    outputTokens: 0,
    decodeSeqSteps: 0,
    kvTokenSteps: 0,
    prefillPairs: 0,
    prefillContextTokens: 0,
    kvTransferTokens: 0,
    busyNs: 0,
    prefillNs: 0,
  };
}
