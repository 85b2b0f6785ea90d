import fc from 'fast-check';
import type { ArrivalSink, Workload } from '../../src/sim/ports.ts';

/**
 * Prompts that begin alike. Streams form a tree: each leaves its parent after some of the parent's own tokens. Every
 * conversation grows a stream of its own out of the one it begins with, and later conversations may begin with that one.
 */
export interface SharedPrompts {
  readonly roots: readonly Branch[];
  readonly conversations: readonly Conversation[];
  /** What was computed before the run. */
  readonly contexts: readonly Context[];
}

interface Context {
  /** Of which conversation, modulo how many there are. */
  readonly conversation: number;
  readonly tokens: number;
  readonly agoSteps: number;
}

interface Branch {
  /** Modulo so many: 0 is the empty prompt, k the k-th of the streams before this one. */
  readonly parent: number;
  /** The parent's own tokens up to the fork; with none it forks where the parent does. */
  readonly parentTokens: number;
}

export interface Conversation extends Branch {
  readonly gapSteps: number;
  /** Tokens that a turn adds. */
  readonly newTokens: number;
  readonly outputTokens: number;
  readonly turns: number;
  readonly thinkSteps: number;
  /**
   * To a stream of its own, which others may begin with; as tokens of nobody's stream, in a single turn; or not at all: then
   * it asks in a single turn what was asked before, and the answer is the same.
   */
  readonly adds: 'stream' | 'tokens' | 'nothing';
}

export interface Sizes {
  readonly conversations: readonly [least: number, most: number];
  readonly gapSteps: number;
  readonly parentTokens: number;
  readonly newTokens: number;
  readonly outputTokens: number;
}

export function sharedPrompts(sizes: Sizes): fc.Arbitrary<SharedPrompts> {
  const [minLength, maxLength] = sizes.conversations;
  const few = (max: number) => fc.oneof(fc.constant(0), fc.integer({ min: 0, max }));
  const branch = {
    parent: fc.oneof(fc.constant(0), fc.nat(1_000)),
    // Few different lengths, so that some prompts are the same and some end where a block does.
    parentTokens: fc.oneof(
      fc.constantFrom(0, 8, 16, sizes.parentTokens),
      fc.integer({ min: 0, max: sizes.parentTokens }),
    ),
  };
  const conversation = fc.record({
    ...branch,
    gapSteps: few(sizes.gapSteps),
    newTokens: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: sizes.newTokens })),
    outputTokens: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: sizes.outputTokens })),
    turns: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 4 })),
    thinkSteps: few(sizes.gapSteps),
    adds: fc.constantFrom('stream', 'stream', 'tokens', 'nothing'),
  });
  const context = fc.record({
    conversation: fc.nat(1_000),
    tokens: fc.oneof(fc.constant(16), fc.integer({ min: 1, max: sizes.newTokens + sizes.outputTokens })),
    agoSteps: few(10 * sizes.gapSteps),
  });
  return fc.record({
    roots: fc.array(fc.record(branch), { minLength: 1, maxLength: 4 }),
    conversations: fc.array(conversation, { minLength, maxLength }),
    contexts: fc.oneof(fc.constant([]), fc.array(context, { minLength: 1, maxLength: 2 * maxLength })),
  });
}

interface Segment {
  readonly stream: number;
  readonly tokens: number;
}

/** For every stream, what comes before its first own token; the conversations' streams follow those of the tree. */
function pathsOf({ roots, conversations }: SharedPrompts): readonly (readonly Segment[])[] {
  const paths: (readonly Segment[])[] = [];
  for (const { parent, parentTokens } of [...roots, ...conversations]) {
    const stream = (parent % (paths.length + 1)) - 1;
    if (stream < 0) paths.push([]);
    else if (parentTokens === 0) paths.push(paths[stream]!);
    else paths.push([...paths[stream]!, { stream, tokens: parentTokens }]);
  }
  return paths;
}

const tokensOf = (path: readonly Segment[]) => path.reduce((sum, { tokens }) => sum + tokens, 0);

/** The last turn of every conversation. */
export function largestTurns(
  prompts: SharedPrompts,
): readonly { readonly promptTokens: number; readonly outputTokens: number }[] {
  const paths = pathsOf(prompts);
  return prompts.conversations.map(({ newTokens, outputTokens, turns, adds }, index) => {
    const before = tokensOf(paths[prompts.roots.length + index]!);
    const tokens = before + (adds === 'stream' ? turns : 1) * (newTokens + outputTokens);
    return { promptTokens: tokens - outputTokens, outputTokens };
  });
}

export function sharingPrompts(prompts: SharedPrompts, ns: (steps: number) => number): Workload {
  const { roots, conversations } = prompts;
  const paths = pathsOf(prompts);
  const turns = conversations.map(() => 0);
  let started = 0;
  let arrivalNs = 0;
  const push = (sink: ArrivalSink, index: number, timeNs: number) => {
    const { newTokens, outputTokens, adds } = conversations[index]!;
    const stream = roots.length + index;
    const path = paths[stream]!;
    const addsNothing = adds === 'nothing' && path.length > 0;
    const ownTokens = addsNothing ? 0 : newTokens + turns[index]! * (newTokens + outputTokens);
    for (const { stream: parent, tokens } of path) sink.share(parent, tokens);
    if (adds === 'stream') sink.share(stream, ownTokens);
    sink.push(timeNs, tokensOf(path) + ownTokens, outputTokens, 0, index);
  };
  return {
    warm(sink) {
      for (const { conversation, tokens, agoSteps } of prompts.contexts) {
        const index = conversation % conversations.length;
        const path = paths[roots.length + index]!;
        for (const { stream, tokens: shared } of path) sink.share(stream, shared);
        if (conversations[index]!.adds === 'stream') sink.share(roots.length + index, tokens);
        sink.context(-ns(agoSteps), tokensOf(path) + tokens, index);
      }
    },
    pull(sink) {
      if (started === conversations.length) return false;
      arrivalNs += ns(conversations[started]!.gapSteps);
      push(sink, started, arrivalNs);
      started += 1;
      return true;
    },
    onFinish(request, requests, nowNs, sink) {
      const index = requests.session(request);
      const { turns: most, adds, thinkSteps } = conversations[index]!;
      turns[index]! += 1;
      if (adds === 'stream' && turns[index]! < most) push(sink, index, nowNs + ns(thinkSteps));
    },
  };
}
