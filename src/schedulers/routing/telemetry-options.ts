import { z } from 'zod';
import type { TelemetryRequest } from '../../sim/ports.ts';
import { NS_PER_MS } from '../../sim/units.ts';

/**
 * How old reports are. The endpoint picker of the Kubernetes Gateway API Inference Extension asks every model server for its
 * metrics every 50 ms by default; 5 ms stand for the answer within a data centre, its rendering and parsing included.
 */
export const telemetryFields = {
  telemetryIntervalMs: z
    .number()
    .min(0.001)
    .max(1e7)
    .default(50)
    .describe('from one snapshot of the instances to the next, ms'),
  telemetryDelayMs: z.number().min(0).max(1e7).default(5).describe('from a snapshot until the router sees it, ms'),
};

interface TelemetryOptions {
  readonly telemetryIntervalMs: number;
  readonly telemetryDelayMs: number;
}

export function telemetryOf({ telemetryIntervalMs, telemetryDelayMs }: TelemetryOptions): TelemetryRequest {
  return {
    intervalNs: Math.round(telemetryIntervalMs * NS_PER_MS),
    delayNs: Math.round(telemetryDelayMs * NS_PER_MS),
  };
}
