import { z } from 'zod';
import type { Catalogue } from './catalogue-types.ts';
import { size } from './fields.ts';
import { oneKind, withKind } from './kind-schema.ts';

/** A module that decides, and its options. */
export interface DecisionInput {
  readonly kind: string;
  readonly [option: string]: unknown;
}

export interface ScalingInput extends DecisionInput {
  readonly minInstances: number;
  readonly maxInstances: number;
  readonly intervalS: number;
  readonly provisionS: number;
  readonly storageGBPerS: number;
  readonly engineStartS: number;
}

export function routingSchema(catalogue: Catalogue) {
  const members = catalogue.routing.map((kind) => withKind(kind, {}));
  return oneKind('router', members).transform((input) => input as DecisionInput);
}

export function admissionSchema(catalogue: Catalogue) {
  const members = catalogue.admission.map((kind) => withKind(kind, {}));
  return oneKind('admission policy', members).transform((input) => input as DecisionInput);
}

export function modelRoutingSchema(catalogue: Catalogue) {
  const members = catalogue.modelRouting.map((kind) => withKind(kind, {}));
  return oneKind('way to route models', members).transform((input) => input as DecisionInput);
}

export const PROVISION_S = 210;
export const STORAGE_GB_PER_S = 0.1;
export const ENGINE_START_S = 35;

/**
 * Defaults of what starting takes: DynamoLLM (Stojkovic et al., HPCA 2025) reports 1 to 2 minutes for a virtual machine, 2 for
 * its environment, 3 for the weights of a 70B model on a server of 8 accelerators, and about 35 s for the engine.
 */
export function scalingSchema(catalogue: Catalogue) {
  const beside = {
    minInstances: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(1)
      .describe('never fewer are ready or on their way, instances (default: 1)'),
    maxInstances: size('never more are switched on, instances'),
    intervalS: z.number().positive().default(15).describe('how often the policy is asked, s (default: 15)'),
    provisionS: z
      .number()
      .min(0)
      .default(PROVISION_S)
      .describe('from the order to a machine that can load the model, s (default: 210, a new virtual machine)'),
    storageGBPerS: z
      .number()
      .positive()
      .default(STORAGE_GB_PER_S)
      .describe(
        'how fast each accelerator’s share of the weights is read, GB/s (default: 0.1, from a remote store; local drives give 1 to 6)',
      ),
    engineStartS: z
      .number()
      .min(0)
      .default(ENGINE_START_S)
      .describe('from weights in memory to the first request, s (default: 35)'),
  };
  const members = catalogue.scaling.map((kind) => withKind(kind, beside));
  return oneKind('scaling policy', members).transform((input) => input as ScalingInput);
}
