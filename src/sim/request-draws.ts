import { counterUniform } from './distributions.ts';
import { NO_SESSION } from './units.ts';

/** Draws of different purposes for one request are so far apart. */
const PURPOSE_STRIDE = 1_000_003;

/** What a request is known by, whatever happens to it. */
export interface KnownBy {
  readonly workload: number;
  readonly session: number;
  /** Its running number, which stands in for the session of one that has none. */
  readonly id: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** How hard a request is to answer, in (0, 1). @param seed of the run */
export function difficultyOf(seed: number, request: KnownBy): number {
  return uniform(seed, request, 0);
}

/** A uniform of its own for every attempt: @param attempts how many models have begun with it */
export function attemptDrawOf(seed: number, request: KnownBy, attempts: number): number {
  return uniform(seed, request, 1 + attempts);
}

function uniform(
  seed: number,
  { workload, session, id, promptTokens, outputTokens }: KnownBy,
  purpose: number,
): number {
  const owner = session === NO_SESSION ? 2 * id + 1 : 2 * session;
  const lengths = Math.imul(promptTokens, 65_537) ^ outputTokens;
  const stream = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(lengths, 0x85ebca6b) ^ workload;
  return counterUniform(stream, owner, purpose * PURPOSE_STRIDE);
}
