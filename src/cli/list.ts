import { z } from 'zod';
import { catalogue } from '../catalogue.ts';
import { figure } from '../report/figures.ts';
import { alignedRows, wrapped } from '../report/table.ts';
import { TERMINAL_COLUMNS } from '../report/terminal.ts';
import type { Kind } from '../scenario/catalogue-types.ts';
import type { SourcedEntry } from '../sim/profiles.ts';
import { parseListArguments } from './arguments.ts';
import { EXIT_OK } from './failure.ts';
import { priceLines, priceSourceLines, siteLines, siteSourceLines } from './list-prices.ts';
import { TOPICS } from './topics.ts';
import type { Topic } from './topics.ts';

/** `tokenfleet list`: what a scenario can name. */
export function list(given: unknown): number {
  const { topic, sources } = parseListArguments(given);
  const topics = topic === undefined ? TOPICS : [topic];
  const sections = topics.map((each) =>
    [HEADINGS[each], ...(sources ? sourceLines(each) : entryLines(each))].join('\n'),
  );
  process.stdout.write(`${sections.join('\n\n')}\n`);
  return EXIT_OK;
}

const HEADINGS: Readonly<Record<Topic, string>> = {
  accelerators: 'Accelerators (accelerator: of a pool)',
  models: 'Language models (model: of a pool and of a workload)',
  engines: 'Engines (engine.kind: of a pool)',
  workloads: 'Workloads (kind: of a workload)',
  routing: 'Routing (routing.kind:)',
  power: 'Power (power.kind:)',
  batching: 'Batching (batching.kind: of a scenario, a template or a pool)',
  admission: 'Admission (admission.kind:)',
  scaling: 'Scaling (scaling.kind: of a pool)',
  'model-routing': 'Models that take turns (modelRouting.kind: of a workload)',
  sites: 'Sites (site: of a region)',
  prices: 'Prices (rents of accelerators, and price lists for money.tariffs)',
};

function entryLines(topic: Topic): string[] {
  switch (topic) {
    case 'accelerators':
      return acceleratorLines();
    case 'models':
      return modelLines();
    case 'engines':
      return engineLines();
    case 'workloads':
      return [...catalogue.workloads, catalogue.backgroundWork].flatMap((kind) => moduleLines(kind.name, kind));
    case 'routing':
      return catalogue.routing.flatMap((router, index) => moduleLines(withDefault(router.name, index), router));
    case 'power':
      return catalogue.power.flatMap((policy) => moduleLines(policy.name, policy));
    case 'batching':
      return catalogue.batching.flatMap((policy, index) => moduleLines(withDefault(policy.name, index), policy));
    case 'admission':
      return catalogue.admission.flatMap((policy, index) => moduleLines(withDefault(policy.name, index), policy));
    case 'scaling':
      return catalogue.scaling.flatMap((policy) => moduleLines(policy.name, policy));
    case 'model-routing':
      return catalogue.modelRouting.flatMap((policy) => moduleLines(policy.name, policy));
    case 'sites':
      return siteLines();
    case 'prices':
      return priceLines();
  }
}

function acceleratorLines(): string[] {
  const rows = catalogue.accelerators.map((name) => {
    const { numbers, reference, cost, grades } = catalogue.accelerator(name);
    const { denseTflops, hbmGBPerS } = numbers;
    const peaks = [denseTflops.bf16, denseTflops.fp8, denseTflops.fp4];
    return [
      name,
      ...peaks.map((peak) => (peak === undefined ? '–' : figure(peak, 0))),
      figure(reference.hbmGB, 0),
      figure(hbmGBPerS, 0),
      figure(cost.rentUsdPerHour, 2),
      grades.peaks,
      grades.kernels,
    ];
  });
  const head = ['', 'bf16', 'fp8', 'fp4', 'HBM GB', 'GB/s', 'USD/h', 'peaks', 'kernels'];
  return [
    ...alignedRows([head, ...rows], 1),
    '  bf16, fp8, fp4: dense peak TFLOP/s. USD/h: default rent of one accelerator.',
    '  peaks, kernels: worst grade of the spec sheet, and of the shares of it that kernels reach.',
    '  The path of a YAML file with a spec sheet is an accelerator, too.',
  ];
}

function modelLines(): string[] {
  const rows = catalogue.models.map((name) => {
    const { title, numbers, publishedParameters, worstGrade } = catalogue.model(name);
    const billions = figure(publishedParameters / 1e9, 1);
    const { layers, mtpLayers, maxContextTokens } = numbers;
    const allLayers = mtpLayers === undefined ? figure(layers, 0) : `${figure(layers, 0)} + ${figure(mtpLayers, 0)}`;
    return [name, title, billions, allLayers, figure(maxContextTokens, 0), worstGrade];
  });
  return [
    ...alignedRows([['', '', 'billions', 'layers', 'context tokens', 'grade'], ...rows], 2),
    '  billions: of parameters. layers: + those for multi-token prediction in the published checkpoint.',
    '  The path of a Hugging Face config.json is a model, too.',
  ];
}

function engineLines(): string[] {
  const rows = catalogue.engines.map((name, index) => {
    const { title, versionClasses, worstGrade } = catalogue.engine(name);
    return [withDefault(name, index), title, versionClasses.join(', '), worstGrade];
  });
  return [
    ...alignedRows([['', '', 'version classes', 'grade'], ...rows], 2),
    '  version classes: of engine.versionClass, the first is meant where none is named.',
  ];
}

interface ListedModule extends Pick<Kind, 'summary' | 'options'> {
  readonly readsTrace?: boolean;
}

const TRACE_OPTION = '      file: the trace to replay, relative to the scenario; --trace overrides it';

/** Of engines and routers the first is what a scenario gets that names none. */
function withDefault(name: string, index: number): string {
  return index === 0 ? `${name} (default)` : name;
}

function moduleLines(name: string, { summary, options, readsTrace = false }: ListedModule): string[] {
  const { properties, required } = optionsShape.parse(z.toJSONSchema(options, { io: 'input' }));
  const described = Object.entries(properties).flatMap(([key, { description = '', default: value }]) => [
    ...wrapped(`      ${key}: ${description}${required.includes(key) ? ' (required)' : ''}`, TERMINAL_COLUMNS, 10),
    ...(value === undefined ? [] : wrapped(`          default: ${valueText(value)}`, TERMINAL_COLUMNS, 12)),
  ]);
  return [
    ...wrapped(`  ${name}: ${summary}`, TERMINAL_COLUMNS, 6),
    ...described,
    ...(readsTrace ? [TRACE_OPTION] : []),
  ];
}

/** As a scenario would write it on one line. */
function valueText(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll(/"(\w+)":/g, '$1: ')
    .replaceAll(',', ', ');
}

/** The part of a JSON Schema that tells a person about options. */
const optionsShape = z.object({
  required: z.array(z.string()).default([]),
  properties: z
    .record(z.string(), z.object({ description: z.string().optional(), default: z.json().optional() }))
    .default({}),
});

function sourceLines(topic: Topic): string[] {
  switch (topic) {
    case 'accelerators':
      return catalogue.accelerators.flatMap((name) => {
        const { title, sources, siteSources } = catalogue.accelerator(name);
        return profileLines(name, title, [...sources, ...siteSources]);
      });
    case 'models':
      return catalogue.models.flatMap((name) =>
        profileLines(name, catalogue.model(name).title, catalogue.model(name).sources),
      );
    case 'engines':
      return catalogue.engines.flatMap((name) =>
        profileLines(name, catalogue.engine(name).title, catalogue.engine(name).sources),
      );
    case 'sites':
      return siteSourceLines();
    case 'prices':
      return priceSourceLines();
    case 'workloads':
    case 'routing':
    case 'batching':
    case 'admission':
    case 'scaling':
    case 'model-routing':
    case 'power':
      return entryLines(topic);
  }
}

function profileLines(name: string, title: string, sources: readonly SourcedEntry[]): string[] {
  return [`  ${name}: ${title}`, ...sources.flatMap(sourceOf)];
}

function sourceOf({ path, value, grade, source }: SourcedEntry): string[] {
  return [
    ...wrapped(`    ${path}: ${valueText(value)} (${grade})`, TERMINAL_COLUMNS, 8),
    ...wrapped(`        ${source}`, TERMINAL_COLUMNS, 8),
  ];
}
