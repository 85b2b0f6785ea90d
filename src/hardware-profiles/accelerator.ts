import { z } from 'zod';
import { GRADES } from '../sim/plan.ts';
import { DRAW_FORMS } from '../sim/power-model.ts';
import { GENERATIONS, WEIGHT_FORMATS } from '../sim/profiles.ts';
import { sourced } from '../profile-file.ts';

const positive = sourced(z.number().positive());
const amount = sourced(z.number().nonnegative());
const count = sourced(z.int().positive());
const share = sourced(z.number().gt(0).max(1));

const mfuCurve = sourced(
  z
    .strictObject({
      tokens: z.array(z.int().positive()).min(1),
      mfu: z.array(z.number().gt(0).max(1)),
    })
    .refine(({ tokens, mfu }) => tokens.length === mfu.length, 'needs one share for each number of tokens')
    .refine(
      ({ tokens, mfu }) => tokens.every((n, i) => i === 0 || n / mfu[i]! > tokens[i - 1]! / mfu[i - 1]!),
      'more tokens must take more time',
    ),
);

/** Time = latency + bytes / rate. */
const link = z.strictObject({ latencyUs: positive, gbPerS: positive });
const linkByGroupSize = z.record(z.string().regex(/^\d+$/), link);

/** What step times and memory rest on. What is optional is filled in from the nearest accelerator. */
const performance = z.strictObject({
  denseTflops: byDtype(positive),
  usableHbmGB: positive.exactOptional(),
  reservedGB: positive.exactOptional(),
  hbmGBPerS: positive,
  acceleratorsPerNode: count.exactOptional(),
  gemmMfu: eachDtype(mfuCurve).exactOptional(),
  kvReadSpeedup: eachDtype(positive).exactOptional(),
  prefillAttention: z.strictObject({ mfu: share, underfillTokens: amount }).exactOptional(),
  expertTflops: z.partialRecord(z.enum(WEIGHT_FORMATS), positive).exactOptional(),
  allReduce: linkByGroupSize.exactOptional(),
  allToAll: linkByGroupSize.exactOptional(),
  network: link.exactOptional(),
  layerFloorRatio: positive.exactOptional(),
  weightReadRatio: positive.exactOptional(),
});

/** What no step time rests on. */
const reference = z.strictObject({
  hbmGB: positive,
  scaleUpGBPerS: positive,
  scaleUpDomainAccelerators: count.exactOptional(),
  pcieGBPerS: positive.exactOptional(),
  networkGbitPerS: positive.exactOptional(),
  /** Share of the HBM bandwidth that matrix products of a few tokens reach. */
  gemmBandwidthShare: eachDtype(share).exactOptional(),
});

/** The parameters of src/sim/power-model.ts. */
const draw = z.strictObject({
  form: sourced(z.enum(DRAW_FORMS)).exactOptional(),
  floorShare: share.exactOptional(),
  ceilingShare: share.exactOptional(),
  computeWeight: positive.exactOptional(),
  memoryWeight: positive.exactOptional(),
  mostMemoryUse: share.exactOptional(),
  groupLossPerDoubling: amount.exactOptional(),
  sequenceWeight: amount.exactOptional(),
  expertTileWeight: amount.exactOptional(),
  clockExponent: positive.exactOptional(),
  leastVoltageClock: share.exactOptional(),
  clockShare: z.strictObject({ prefill: share.exactOptional(), decode: share.exactOptional() }).exactOptional(),
  mostMHz: positive.exactOptional(),
  leastMHz: positive.exactOptional(),
});

/** Watts of one accelerator; host, network, server and facility are its share of what is around it. */
const power = z.strictObject({
  tdpWatts: positive,
  idleWatts: positive.exactOptional(),
  idleWithContextWatts: positive.exactOptional(),
  draw: draw.exactOptional(),
  hostIdleWatts: positive.exactOptional(),
  hostBusyWatts: positive.exactOptional(),
  networkWatts: positive.exactOptional(),
  serverWattsMax: positive.exactOptional(),
  facilityWattsProvisioned: positive.exactOptional(),
  facilityWattsTypical: positive.exactOptional(),
});

/** US dollars per accelerator. */
const cost = z.strictObject({
  rentUsdPerHour: positive.exactOptional(),
  rentUsdPerHourLow: positive.exactOptional(),
  rentUsdPerHourHigh: positive.exactOptional(),
  acceleratorUsd: positive.exactOptional(),
  itCapexUsd: positive.exactOptional(),
  ownedUsdPerHour: positive.exactOptional(),
});

/**
 * A spec sheet: title, generation, peaks, memory, links and TDP must be there, all else may be. `source` and `grade` are
 * those of every number that is written bare.
 */
export const acceleratorFile = z.strictObject({
  title: z.string(),
  generation: z.enum(GENERATIONS),
  /** The accelerator of the catalogue that missing numbers are taken from; by generation if left out. */
  nearest: z.string().exactOptional(),
  source: z.string().min(8).exactOptional(),
  grade: z.enum(GRADES).exactOptional(),
  performance,
  reference,
  power,
  cost: cost.exactOptional(),
});

export type AcceleratorFile = z.output<typeof acceleratorFile>;

function byDtype<Entry extends z.ZodType>(entry: Entry) {
  return z.strictObject({ bf16: entry, fp8: entry.exactOptional(), fp4: entry.exactOptional() });
}

function eachDtype<Entry extends z.ZodType>(entry: Entry) {
  return z.strictObject({
    bf16: entry.exactOptional(),
    fp8: entry.exactOptional(),
    fp4: entry.exactOptional(),
  });
}

/** Every number that stands bare in a file with a `source` gets that one, and its `grade`: a spec sheet unless it says. */
export function withSharedSource(content: unknown): unknown {
  if (!isRecord(content) || typeof content['source'] !== 'string') return content;
  const { source, grade = 'datasheet' } = content;
  const wrapped = (value: unknown): unknown => {
    if (typeof value === 'number') return { value, source, grade };
    if (!isRecord(value) || 'value' in value) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, wrapped(inner)]));
  };
  return wrapped(content);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
