import type { Recall } from '../sim/background-plan.ts';

/** Kind of the workloads that ask for nothing. */
export const BACKGROUND = 'background';

export interface BackgroundInput {
  readonly name: string;
  readonly kind: typeof BACKGROUND;
  readonly pool: string | readonly string[];
  readonly valueUsdPerAcceleratorHour: number;
  readonly checkpointEveryS: number;
  readonly checkpointS: number;
  readonly restoreS: number;
  readonly onRecall: Recall;
  readonly drawShare: number;
}

export function isBackground(input: { readonly kind: string }): input is BackgroundInput {
  return input.kind === BACKGROUND;
}

export function isAsking<Input extends { readonly kind: string }>(
  input: Input,
): input is Exclude<Input, BackgroundInput> {
  return !isBackground(input);
}
