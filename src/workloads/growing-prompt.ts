import type { ArrivalSink } from '../sim/ports.ts';

/**
 * What the prompt of a session consists of, request after request: stretches of streams, each from where the one before
 * it ends. The last stretch has no end of its own; the prompt grows there.
 */
export class GrowingPrompt {
  readonly #streams: number[] = [];
  readonly #starts: number[] = [];

  /** From this token on the content is new: it belongs to a stream that nobody has used. What is before stays. */
  continueWith(stream: number, fromToken: number): void {
    while (this.#starts.length > 0 && this.#starts.at(-1)! >= fromToken) {
      this.#starts.pop();
      this.#streams.pop();
    }
    this.#starts.push(fromToken);
    this.#streams.push(stream);
  }

  /** Describe the first `tokens` tokens to the sink. */
  share(sink: Pick<ArrivalSink, 'share'>, tokens: number): void {
    const starts = this.#starts;
    for (let k = 0; k < starts.length; k++) {
      const end = k + 1 < starts.length ? Math.min(starts[k + 1]!, tokens) : tokens;
      if (end > starts[k]!) sink.share(this.#streams[k]!, end - starts[k]!);
    }
  }
}
