import { z } from 'zod';
import type { SiteView } from '../../sim/ports.ts';

/** Of every policy that acts on the draw of domains: where it begins to act, and where it takes that back. */
export const drawShares = {
  targetShare: z
    .number()
    .gt(0)
    .max(1)
    .default(0.97)
    .describe('less is allowed while a domain draws more than this share of its budget'),
  releaseShare: z
    .number()
    .gt(0)
    .max(1)
    .default(0.93)
    .describe('… and more again while it draws less than this share; below targetShare'),
};

export interface DrawShares {
  readonly targetShare: number;
  readonly releaseShare: number;
}

/** For `refine`. */
export const releasesBelow = ({ targetShare, releaseShare }: DrawShares) => releaseShare < targetShare;
export const RELEASES_ABOVE = {
  error: 'what was taken would be given back where it is to be taken — write a releaseShare below targetShare',
  path: ['releaseShare'],
};

/** Of the newest report; the one before has so much less, and so on. */
const NEWEST_WEIGHT = 0.3;

/** What each domain draws of its budget, smoothed: one report shows the steps of one moment. */
export class SmoothedDraw {
  readonly #shares: number[] = [];

  /** To be asked once for every report. */
  shareOf(site: SiteView, domain: number): number {
    const seen = site.domainDrawWatts(domain) / site.budgetWatts(domain);
    const before = this.#shares[domain] ?? seen;
    const share = before + NEWEST_WEIGHT * (seen - before);
    this.#shares[domain] = share;
    return share;
  }
}
