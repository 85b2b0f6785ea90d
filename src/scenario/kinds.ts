import { z } from 'zod';
import type { Kind } from './catalogue-types.ts';
import { unknownName } from './did-you-mean.ts';

/** The options of a module and the keys that stand beside them in a scenario, as one strict object. */
export function withKind(kind: Kind, beside: z.ZodRawShape) {
  if (!(kind.options instanceof z.ZodObject))
    throw new Error(`simulator bug: the options of ${kind.name} are no object`);
  const object: z.ZodObject = kind.options;
  return {
    name: kind.name,
    object: object.safeExtend({ kind: z.literal(kind.name).describe(kind.summary), ...beside }).strict(),
  };
}

/** One of several, told apart by `kind`. */
export function oneKind(noun: string, members: readonly ReturnType<typeof withKind>[]) {
  const names = members.map((member) => member.name);
  const [first, ...rest] = members.map((member) => member.object);
  if (first === undefined) throw new Error(`simulator bug: the catalogue has no ${noun}`);
  return z.discriminatedUnion('kind', [first, ...rest], {
    error: ({ code, input }) => {
      if (code !== 'invalid_union') return undefined;
      const kind = (input as { kind?: unknown }).kind;
      return kind === undefined ? undefined : unknownName(noun, kind, names);
    },
  });
}
