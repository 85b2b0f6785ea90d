import { z } from 'zod';
import { GENERATIONS, WEIGHT_FORMATS } from '../sim/profiles.ts';
import { sourced } from '../profile-file.ts';

const positive = sourced(z.number().positive());
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

/** What step times and memory rest on. */
const performance = z.strictObject({
  denseTflops: byDtype(positive),
  usableHbmGB: positive,
  reservedGB: positive,
  hbmGBPerS: positive,
  acceleratorsPerNode: count,
  gemmMfu: byDtype(mfuCurve),
  kvReadSpeedup: byDtype(positive),
  prefillAttention: z.strictObject({ mfu: share, underfillTokens: sourced(z.number().nonnegative()) }),
  expertTflops: z.partialRecord(z.enum(WEIGHT_FORMATS), positive),
  allReduce: linkByGroupSize,
  allToAll: linkByGroupSize.exactOptional(),
  network: link,
  layerFloorRatio: positive,
});

/** What no step time rests on. */
const reference = z.strictObject({
  hbmGB: positive,
  scaleUpGBPerS: positive,
  scaleUpDomainAccelerators: count,
  pcieGBPerS: positive,
  networkGbitPerS: positive,
  /** Share of the HBM bandwidth that matrix products of a few tokens reach. */
  gemmBandwidthShare: byDtype(share),
});

/** Watts of one accelerator; `server` and `facility` are its share of what is around it. */
const power = z.strictObject({
  tdpWatts: positive,
  idleWatts: positive,
  idleWithContextWatts: positive,
  serverWattsMax: positive,
  facilityWattsProvisioned: positive,
  facilityWattsTypical: positive,
});

/** US dollars per accelerator. */
const cost = z.strictObject({
  rentUsdPerHour: positive,
  rentUsdPerHourLow: positive,
  rentUsdPerHourHigh: positive,
  acceleratorUsd: positive,
  itCapexUsd: positive,
  ownedUsdPerHour: positive,
});

export const acceleratorFile = z.strictObject({
  title: z.string(),
  generation: z.enum(GENERATIONS),
  performance,
  reference,
  power,
  cost,
});

function byDtype<Entry extends z.ZodType>(entry: Entry) {
  return z.strictObject({ bf16: entry, fp8: entry.exactOptional(), fp4: entry.exactOptional() });
}
