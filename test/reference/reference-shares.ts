import type { DecodePiece, StepCost } from '../../src/sim/ports.ts';
import type { Share, Step } from './reference-step.ts';

/** Add to every request in a step its share of the step's time, before anything of the step is computed. */
export function shareOut(step: Step, cost: StepCost): void {
  const decoding = step.shares.filter((share) => share.decoding);
  for (const { request } of decoding) {
    request.decodeTicks += decodeShare(step.decodeOnly.piece!, decoding.length, request.computed + 1);
  }
  shareExcess(
    step.shares.filter((share) => !share.decoding),
    step.endTicks - step.startTicks - step.decodeOnly.ticks,
    cost,
  );
}

function decodeShare({ fixedTicks, ticksPerKvToken }: DecodePiece, decodeSeqs: number, kvTokens: number): bigint {
  return floorQuotient(BigInt(fixedTicks), BigInt(decodeSeqs)) + BigInt(ticksPerKvToken) * BigInt(kvTokens);
}

/** What a step lasts beyond its decoding requests belongs to the chunks. */
function shareExcess(chunks: readonly Share[], excessTicks: bigint, cost: StepCost): void {
  const ticks = excessTicks > 0n ? Number(excessTicks) : 0;
  const weights = chunks.map(({ request, tokens }) => cost.chunkWeight(tokens, request.computed));
  const allWeights = weights.reduce((sum, weight) => sum + weight, 0);
  chunks.forEach(({ request }, k) => {
    request.prefillTicks += BigInt(Math.floor((ticks * weights[k]!) / allWeights));
  });
}

/** BigInt division rounds towards 0. */
function floorQuotient(dividend: bigint, divisor: bigint): bigint {
  const remainder = ((dividend % divisor) + divisor) % divisor;
  return (dividend - remainder) / divisor;
}
