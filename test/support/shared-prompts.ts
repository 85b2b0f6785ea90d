import type { Workload } from '../../src/sim/ports.ts';
import { NO_SESSION } from '../../src/sim/units.ts';

/** A request whose prompt begins with streams that others share. */
export interface SharedRequest {
  readonly arrivalNs: number;
  /** How the prompt begins. */
  readonly path: readonly (readonly [stream: number, tokens: number])[];
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** The requests as listed, in order of arrival. */
export function sharedPrompts(requests: readonly SharedRequest[]): Workload {
  const rest = requests.values();
  return {
    pull(sink) {
      const { value } = rest.next();
      if (value === undefined) return false;
      for (const [stream, tokens] of value.path) sink.share(stream, tokens);
      sink.push(value.arrivalNs, value.promptTokens, value.outputTokens, 0, NO_SESSION);
      return true;
    },
  };
}
