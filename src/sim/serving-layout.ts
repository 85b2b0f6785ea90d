import { expertsOf, groupedOf, latentOf, linearOf } from './model-shape.ts';
import type {
  AcceleratorNumbers,
  Dtype,
  LinkNumbers,
  ModelNumbers,
  ServingLayout,
  StepCostNumbers,
  WeightFormat,
} from './profiles.ts';
import { NS_PER_US, type Ns } from './units.ts';

/** One part of a layout that cannot be, and the key that says so. */
export interface LayoutProblem {
  readonly key: keyof ServingLayout;
  /** What is wrong, and after a dash what to write. */
  readonly sentence: string;
}

type Layout = Pick<ServingLayout, 'tensorParallel' | 'pipelineParallel' | 'dataParallel'>;

export function acceleratorsOf({ tensorParallel, pipelineParallel, dataParallel }: Layout): number {
  return tensorParallel * pipelineParallel * dataParallel;
}

/** The type that products with weights of a format are computed in; undefined where the accelerator has none. */
export function arithmeticOf(accelerator: AcceleratorNumbers, format: WeightFormat): Dtype | undefined {
  const { denseTflops, gemmMfu } = accelerator;
  // Weights without arithmetic of their own are widened: mxfp4 to fp8 where 4-bit units are, all else to bf16. Not so fp4:
  // no widened fp4 was measured.
  const widened = {
    bf16: 'bf16',
    fp8: denseTflops.fp8 === undefined ? 'bf16' : 'fp8',
    fp4: 'fp4',
    mxfp4: denseTflops.fp4 ? 'fp8' : 'bf16',
    int4: 'bf16',
  } as const;
  const dtype = widened[format];
  return denseTflops[dtype] === undefined || gemmMfu[dtype] === undefined ? undefined : dtype;
}

/** What experts reach in a format; those that are widened to bf16 reach what bf16 reaches. */
export function expertTflopsOf(accelerator: AcceleratorNumbers, format: WeightFormat): number | undefined {
  const { expertTflops, denseTflops } = accelerator;
  const isWidened = format === 'fp8' && denseTflops.fp8 === undefined;
  return expertTflops[format] ?? (isWidened ? expertTflops.bf16 : undefined);
}

/** Time that goes to tiles of experts whatever the batch, of an accelerator; nothing where the engine does not say. */
export function expertTiles(
  model: ModelNumbers,
  { fp8ExpertTilesUs }: StepCostNumbers,
  { weights, expertParallel }: ServingLayout,
): { readonly tilesNs?: Ns } {
  if (weights !== 'fp8' || fp8ExpertTilesUs === undefined) return {};
  const onAccelerator = expertsOf(model).map(({ layers, experts }) => (layers * experts) / expertParallel);
  return { tilesNs: onAccelerator.reduce((sum, experts) => sum + experts, 0) * fp8ExpertTilesUs * NS_PER_US };
}

/** Whether every accelerator of a tensor group gets whole heads: query heads shared out, KV heads shared or replicated. */
export function dividesModel(model: ModelNumbers, tensorParallel: number): boolean {
  const grouped = groupedOf(model).every(({ queryHeads, kvHeads }) => {
    const kvShared = kvHeads % tensorParallel === 0;
    const kvReplicated = tensorParallel % kvHeads === 0;
    return queryHeads % tensorParallel === 0 && (kvShared || kvReplicated);
  });
  return (
    grouped &&
    latentOf(model).every(({ queryHeads }) => queryHeads % tensorParallel === 0) &&
    linearOf(model).every(({ valueHeads }) => valueHeads % tensorParallel === 0)
  );
}

/** Sizes of tensor-parallel groups that share the model's heads evenly and whose all-reduce is known. */
export function possibleTensorGroups(accelerator: AcceleratorNumbers, model: ModelNumbers): number[] {
  const sizes = [1, ...Object.keys(accelerator.allReduce).map(Number)];
  return [...new Set(sizes)]
    .filter((size) => size <= accelerator.scaleUpAccelerators && dividesModel(model, size))
    .sort((a, b) => a - b);
}

/** The measured exchange of the smallest group that holds `accelerators`. */
export function allToAllOf(accelerator: AcceleratorNumbers, accelerators: number): LinkNumbers | undefined {
  const measured = Object.entries(accelerator.allToAll ?? {}).map(([size, link]) => [Number(size), link] as const);
  return measured.sort(([a], [b]) => a - b).find(([size]) => size >= accelerators)?.[1];
}

/** What the sentences call them. */
export interface LayoutNames {
  readonly accelerator: string;
  readonly model: string;
}

interface Asked extends LayoutNames {
  readonly numbers: AcceleratorNumbers;
  readonly shape: ModelNumbers;
  readonly layout: ServingLayout;
}

/** Everything that keeps these numbers from saying how long a step of this layout takes. */
export function layoutProblems(
  numbers: AcceleratorNumbers,
  shape: ModelNumbers,
  layout: ServingLayout,
  names: LayoutNames = { accelerator: 'the accelerator', model: 'the model' },
): LayoutProblem[] {
  const asked: Asked = { ...names, numbers, shape, layout };
  const problems = [
    weightsProblem(asked),
    kvProblem(asked),
    tensorProblem(asked),
    pipelineProblem(asked),
    dataProblem(asked),
    expertProblem(asked),
  ];
  return problems.filter((problem) => problem !== undefined);
}

function weightsProblem({ accelerator, numbers, shape, layout: { weights } }: Asked): LayoutProblem | undefined {
  if (arithmeticOf(numbers, weights) === undefined) {
    const has = Object.keys(numbers.denseTflops).join(', ');
    return { key: 'weights', sentence: `${accelerator} has no ${weights} arithmetic — it has ${has}` };
  }
  if (expertsOf(shape).length > 0 && expertTflopsOf(numbers, weights) === undefined) {
    const known = Object.keys(numbers.expertTflops).join(', ');
    const sentence = `there are no figures for experts in ${weights} on ${accelerator} — there are for ${known}`;
    return { key: 'weights', sentence };
  }
  return undefined;
}

function kvProblem({ accelerator, numbers: { kvReadSpeedup }, layout: { kv } }: Asked): LayoutProblem | undefined {
  if (kvReadSpeedup[kv] !== undefined) return undefined;
  const known = Object.keys(kvReadSpeedup).join(', ');
  const sentence = `there are no figures for a KV cache in ${kv} on ${accelerator} — there are for ${known}`;
  return { key: 'kv', sentence };
}

function tensorProblem({ accelerator, model, numbers, shape, layout }: Asked): LayoutProblem | undefined {
  const { tensorParallel } = layout;
  const possible = possibleTensorGroups(numbers, shape);
  if (possible.includes(tensorParallel)) return undefined;
  const remedy = `possible here: ${possible.join(', ')}`;
  const { acceleratorsPerNode, scaleUpAccelerators } = numbers;
  const problem = (finding: string) => ({ key: 'tensorParallel', sentence: `${finding} — ${remedy}` }) as const;
  if (tensorParallel > scaleUpAccelerators) {
    const where = scaleUpAccelerators === acceleratorsPerNode ? 'node' : 'scale-up domain';
    return problem(
      `${tensorParallel} accelerators are more than the ${scaleUpAccelerators} of a ${where} of ${accelerator}`,
    );
  }
  if (!dividesModel(shape, tensorParallel)) {
    return problem(`${tensorParallel} accelerators cannot share ${headsText(shape)} of ${model}`);
  }
  return problem(`there are no figures for groups of ${tensorParallel} on ${accelerator}`);
}

function headsText(model: ModelNumbers): string {
  const texts = model.attention.map((it) => {
    if (it.kind === 'grouped-query') return `the ${it.queryHeads} query and ${it.kvHeads} KV heads`;
    return it.kind === 'latent' ? `the ${it.queryHeads} heads` : `the ${it.valueHeads} value heads`;
  });
  return [...new Set(texts)].join(' and ');
}

function pipelineProblem({ model, shape: { layers }, layout }: Asked): LayoutProblem | undefined {
  const { pipelineParallel } = layout;
  if (pipelineParallel <= layers) return undefined;
  const sentence = `${pipelineParallel} stages cannot share the ${layers} layers of ${model} — write at most ${layers}`;
  return { key: 'pipelineParallel', sentence };
}

function dataProblem({ accelerator, model, numbers, shape, layout }: Asked): LayoutProblem | undefined {
  const { tensorParallel, dataParallel } = layout;
  if (dataParallel === 1) return undefined;
  const key = 'dataParallel';
  if (expertsOf(shape).length === 0) {
    const sentence = `the groups would share nothing, for ${model} has no experts — leave it out and use more instances`;
    return { key, sentence };
  }
  const group = tensorParallel * dataParallel;
  if (allToAllOf(numbers, group) !== undefined) return undefined;
  const sizes = Object.keys(numbers.allToAll ?? {}).map(Number);
  const remedy = sizes.length === 0 ? 'use tensorParallel' : `there are up to ${Math.max(...sizes)}`;
  return { key, sentence: `there are no figures for sending tokens among ${group} × ${accelerator} — ${remedy}` };
}

function expertProblem({ model, shape, layout }: Asked): LayoutProblem | undefined {
  const { tensorParallel, dataParallel, expertParallel } = layout;
  const key = 'expertParallel';
  const group = tensorParallel * dataParallel;
  const experts = expertsOf(shape);
  if (experts.length === 0) {
    return expertParallel === 1 ? undefined : { key, sentence: `${model} has no experts — leave it out` };
  }
  const possible = Array.from({ length: group }, (_, index) => index + 1).filter(
    (parts) =>
      group % parts === 0 &&
      experts.every((it) => it.experts % parts === 0 && it.expertIntermediate % (group / parts) === 0),
  );
  if (possible.includes(expertParallel)) return undefined;
  const sizes = experts.map((it) => `${it.experts} experts of ${it.expertIntermediate}`).join(' and ');
  const remedy = possible.length === 0 ? 'use another number of accelerators' : `possible here: ${possible.join(', ')}`;
  const sentence = `${expertParallel} parts on ${group} accelerators cannot hold the ${sizes} of ${model} evenly — ${remedy}`;
  return { key, sentence };
}
