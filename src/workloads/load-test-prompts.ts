import type { ArrivalSink } from '../sim/ports.ts';
import type { PromptSet } from './load-test-options.ts';

/**
 * Name the content of prompt k of a set: the beginning of its group, then its own. The last token is left without a
 * name: it is computed anew for every request in any case, and two answers to one prompt do not agree.
 */
export function sharePrompt(sink: ArrivalSink, set: PromptSet, prompt: number, promptTokens: number): void {
  const beginning = Math.min(set.groupPrefixTokens, promptTokens - 1);
  const rest = promptTokens - 1 - beginning;
  if (beginning > 0) sink.share(prompt % set.groups, beginning);
  if (rest > 0) sink.share(set.groups + prompt, rest);
}
