import type { ByDtype, Dtype, MfuCurve, Sourced, WeightFormat } from '../sim/profiles.ts';
import { DTYPES, WEIGHT_FORMATS } from '../sim/profiles.ts';
import type { AcceleratorFile } from './accelerator.ts';
import type { AcceleratorTree } from './accelerator-tree.ts';
import { filledAllReduce, filledAllToAll } from './fill-links.ts';
import { filledCost, filledPower } from './fill-site.ts';
import type { Nearest } from './filler.ts';
import { Filler, rounded } from './filler.ts';

type Performance = AcceleratorTree['performance'];
type Reference = AcceleratorTree['reference'];
type Peaks = ByDtype<Sourced<number>>;

const BITS_PER_BYTE = 8;

/**
 * An accelerator with everything that its file leaves out taken from the nearest one: shares and latencies as they are,
 * rates and watts in proportion to what the spec sheets of both tell. docs/hardware.md has the rules in one table.
 *
 * @param nearest `undefined` only for a file without gaps
 * @throws Error that names the first gap if there is no nearest accelerator
 */
export function filled(file: AcceleratorFile, nearest: Nearest | undefined): AcceleratorTree {
  const filler = new Filler(nearest);
  const reference = filledReference(file, filler);
  return {
    performance: filledPerformance(file.performance, reference, filler),
    reference,
    power: filledPower(file.power, filler, reference.networkGbitPerS.value),
    cost: filledCost(file.cost ?? {}, filler),
  };
}

function filledReference({ reference: own, performance }: AcceleratorFile, filler: Filler): Reference {
  type Key = 'scaleUpDomainAccelerators' | 'pcieGBPerS' | 'networkGbitPerS';
  const same = (key: Key) => filler.as(own[key], `reference.${key}`, ({ reference }) => reference[key]);
  return {
    hbmGB: own.hbmGB,
    scaleUpGBPerS: own.scaleUpGBPerS,
    scaleUpDomainAccelerators: same('scaleUpDomainAccelerators'),
    pcieGBPerS: same('pcieGBPerS'),
    networkGbitPerS: same('networkGbitPerS'),
    gemmBandwidthShare: eachArithmetic(performance.denseTflops, (dtype) =>
      filler.as(own.gemmBandwidthShare?.[dtype], `reference.gemmBandwidthShare.${dtype}`, ({ reference }) =>
        widest(reference.gemmBandwidthShare, dtype),
      ),
    ),
  };
}

function filledPerformance(own: AcceleratorFile['performance'], reference: Reference, filler: Filler): Performance {
  type Key = 'reservedGB' | 'acceleratorsPerNode' | 'layerFloorRatio' | 'weightReadRatio';
  const same = (key: Key) => filler.as(own[key], `performance.${key}`, ({ performance }) => performance[key]);
  const acceleratorsPerNode = same('acceleratorsPerNode');
  const gemmMfu = eachArithmetic(own.denseTflops, (dtype) =>
    filler.as(own.gemmMfu?.[dtype], `performance.gemmMfu.${dtype}`, ({ performance }) =>
      widest(performance.gemmMfu, dtype),
    ),
  );
  const ratios = linkRatios(acceleratorsPerNode.value, reference, filler.nearest);
  return {
    denseTflops: own.denseTflops,
    usableHbmGB: filler.inProportion(
      own.usableHbmGB,
      'performance.usableHbmGB',
      ({ performance }) => performance.usableHbmGB,
      (nearest) => reference.hbmGB.value / nearest.reference.hbmGB.value,
      'the memory on the label',
    ),
    reservedGB: same('reservedGB'),
    hbmGBPerS: own.hbmGBPerS,
    acceleratorsPerNode,
    gemmMfu,
    kvReadSpeedup: kvReadSpeedup(own, filler),
    prefillAttention: own.prefillAttention ?? prefillAttention(filler),
    expertTflops: expertTflops(own, gemmMfu, filler),
    allReduce: filledAllReduce(own.allReduce ?? {}, filler, ratios),
    allToAll: filledAllToAll(own.allToAll ?? {}, filler, ratios),
    network: own.network ?? network(reference.networkGbitPerS, filler),
    layerFloorRatio: same('layerFloorRatio'),
    weightReadRatio: same('weightReadRatio'),
  };
}

/** Of bf16, and of narrower types that it computes in and somebody has stored KV in. */
function kvReadSpeedup(own: AcceleratorFile['performance'], filler: Filler): Performance['kvReadSpeedup'] {
  const written = own.kvReadSpeedup ?? {};
  const there = filler.nearest?.performance.kvReadSpeedup;
  const isKnown = (dtype: 'fp8' | 'fp4') =>
    written[dtype] !== undefined || (own.denseTflops[dtype] !== undefined && there?.[dtype] !== undefined);
  const of = (dtype: Dtype) =>
    filler.as(
      written[dtype],
      `performance.kvReadSpeedup.${dtype}`,
      ({ performance }) => performance.kvReadSpeedup[dtype]!,
    );
  return {
    bf16: of('bf16'),
    ...(isKnown('fp8') && { fp8: of('fp8') }),
    ...(isKnown('fp4') && { fp4: of('fp4') }),
  };
}

function linkRatios(acceleratorsPerNode: number, reference: Reference, nearest: Nearest | undefined) {
  const there = nearest?.reference ?? reference;
  const nodeThere = nearest?.performance.acceleratorsPerNode.value ?? acceleratorsPerNode;
  return {
    scaleUpRate: reference.scaleUpGBPerS.value / there.scaleUpGBPerS.value,
    networkRate: reference.networkGbitPerS.value / there.networkGbitPerS.value,
    scaleUpAccelerators: Math.max(acceleratorsPerNode, reference.scaleUpDomainAccelerators.value),
    nearestScaleUpAccelerators: Math.max(nodeThere, there.scaleUpDomainAccelerators.value),
  };
}

function prefillAttention(filler: Filler): Performance['prefillAttention'] {
  const same = (key: 'mfu' | 'underfillTokens') =>
    filler.as(undefined, `performance.prefillAttention.${key}`, (nearest) => nearest.performance.prefillAttention[key]);
  return { mfu: same('mfu'), underfillTokens: same('underfillTokens') };
}

function network(gbitPerS: Sourced<number>, filler: Filler): Performance['network'] {
  return {
    latencyUs: filler.as(undefined, 'performance.network', ({ performance }) => performance.network.latencyUs),
    gbPerS: { ...gbitPerS, value: rounded(gbitPerS.value / BITS_PER_BYTE) },
  };
}

/**
 * Products of many experts reach of large dense products in the same arithmetic what they reach of them on the nearest
 * accelerator. Formats without arithmetic here stay out.
 */
function expertTflops(
  own: AcceleratorFile['performance'],
  gemmMfu: ByDtype<Sourced<MfuCurve>>,
  filler: Filler,
): Performance['expertTflops'] {
  const rates: Partial<Record<WeightFormat, Sourced<number>>> = { ...own.expertTflops };
  for (const format of WEIGHT_FORMATS) {
    const here = denseTflops(own.denseTflops, gemmMfu, format);
    if (filler.nearest === undefined || here === undefined || rates[format] !== undefined) continue;
    const there = filler.nearest.performance;
    const known = ([format, 'fp8', 'bf16'] as const).find((it) => there.expertTflops[it] !== undefined)!;
    rates[format] = filler.inProportion(
      undefined,
      `performance.expertTflops.${format}`,
      () => there.expertTflops[known]!,
      () => here / denseTflops(there.denseTflops, there.gemmMfu, known)!,
      'what large dense products reach',
    );
  }
  return rates;
}

/** What the largest measured dense product reaches in the arithmetic of a format, if there is any. */
function denseTflops(peaks: Peaks, mfu: ByDtype<Sourced<MfuCurve>>, format: WeightFormat): number | undefined {
  // Formats of 4 bits are widened: mxfp4 to fp8 where 4-bit units are, int4 to bf16.
  const wide = { mxfp4: peaks.fp4 === undefined ? 'bf16' : 'fp8', int4: 'bf16' } as const;
  const dtype = format === 'mxfp4' || format === 'int4' ? wide[format] : format;
  const share = mfu[dtype]?.value.mfu.at(-1);
  return share === undefined ? undefined : peaks[dtype]!.value * share;
}

/** An entry for every type that the accelerator computes in. */
function eachArithmetic<Entry>(peaks: Peaks, entry: (dtype: Dtype) => Entry): ByDtype<Entry> {
  return {
    bf16: entry('bf16'),
    ...(peaks.fp8 !== undefined && { fp8: entry('fp8') }),
    ...(peaks.fp4 !== undefined && { fp4: entry('fp4') }),
  };
}

/** Of the type, or of the next wider one that there is. */
function widest<Entry>(of: ByDtype<Entry>, dtype: Dtype): Entry {
  for (let at = DTYPES.indexOf(dtype); at > 0; at--) {
    const found = of[DTYPES[at]!];
    if (found !== undefined) return found;
  }
  return of.bf16;
}
