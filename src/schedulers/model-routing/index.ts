import type { ModelRoutingContext } from '../../sim/module.ts';
import type { ModelRoutingPolicy } from '../../sim/ports.ts';
import { cascade } from './cascade.ts';
import { classifier } from './classifier.ts';
import { type ModelRoutingModule, checked } from './model-routing-module.ts';

/** Every way for models to share the requests of a workload. */
export const modelRoutingPolicies: readonly ModelRoutingModule<ModelRoutingPolicy, unknown, ModelRoutingContext>[] = [
  checked(cascade), //
  checked(classifier),
];
