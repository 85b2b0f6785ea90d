import { test } from 'vitest';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { meanE2eNs } from './queue.ts';
import { affineStep, constantStep } from '../support/step-costs.ts';
import { exponential, overSeeds } from '../support/statistics.ts';
const D = 1_000_000;
const whole = (x: number) => Math.max(1, Math.round(x));
test('probe', () => {
  for (const load of [0.3, 0.9]) {
    for (const [name, q] of [
      ['md1', { meanGapNs: 10 * D / load, outputTokens: () => 10, stepCost: constantStep(D * TICKS_PER_NS), engine: { maxNumSeqs: 1 } }],
      ['ps', { meanGapNs: 10_000 * 1000 / load, outputTokens: (r: any) => whole(exponential(r, 10_000)), stepCost: affineStep({ fixed: 0, perSeq: 1000 * TICKS_PER_NS, perPrefillToken: 1000 * TICKS_PER_NS }), engine: { maxNumSeqs: 512 } }],
      ['psD', { meanGapNs: 10_000 * 1000 / load, outputTokens: () => 10_000, stepCost: affineStep({ fixed: 0, perSeq: 1000 * TICKS_PER_NS, perPrefillToken: 1000 * TICKS_PER_NS }), engine: { maxNumSeqs: 512 } }],
      ['mmc', { meanGapNs: 10_000 * 1000 / load/4, outputTokens: (r: any) => whole(exponential(r, 10_000)), stepCost: constantStep(1000 * TICKS_PER_NS), engine: { maxNumSeqs: 4 } }],
    ] as const) {
      const t = performance.now();
      const e = overSeeds(10, (s) => meanE2eNs(q, s, 20_000));
      console.log(name, load, 'ms', (performance.now() - t).toFixed(0), 'rel SE', e.standardError / e.mean, e.mean);
    }
  }
});
