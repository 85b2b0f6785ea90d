import type { Figures } from './figures.ts';

/**
 * What a power cap does, relative to the run without it (or with a higher one): time for the same tokens, and J per output
 * token.
 */
export function capResponse(capped: Figures, uncapped: Figures): Figures {
  return {
    ...ratio('timeUnderCap', uncapped.outputTokensPerS, capped.outputTokensPerS),
    ...ratio('energyUnderCap', capped.joulesPerOutputToken, uncapped.joulesPerOutputToken),
  };
}

function ratio(metric: keyof Figures, figure: number | undefined, reference: number | undefined): Figures {
  return figure === undefined || reference === undefined ? {} : { [metric]: figure / reference };
}
