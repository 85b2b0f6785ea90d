import type { z } from 'zod';
import type { BackgroundInput } from './background-input.ts';
import { isBackground } from './background-input.ts';
import type { BatchingInput } from './batching.ts';
import type { DecisionInput } from './decision-schema.ts';
import type { Finding } from './explain.ts';
import { check } from './explain.ts';
import type { Path } from './problem.ts';
import type { DeploymentInput, PoolInput, ScenarioSchemas, SloInput, WorkloadInput } from './schema.ts';

/**
 * The parts of a scenario that are well-formed, each with its path: what can be checked against each other although
 * something else is wrong.
 */
export interface Draft {
  readonly horizonNs?: number | undefined;
  readonly warmUpNs?: number | undefined;
  readonly timelineIntervalNs?: number | undefined;
  /** `undefined` for a template that is there but not well-formed. */
  readonly templates: ReadonlyMap<string, DeploymentInput | undefined>;
  readonly pools: readonly PoolEntry[];
  /** Of pools that say nothing. */
  readonly batching?: BatchingInput | undefined;
  /** Those that ask for something, … */
  readonly workloads: readonly Entry<WorkloadInput>[];
  /** … and those that have what nobody needs. */
  readonly background: readonly Entry<BackgroundInput>[];
  readonly slos: readonly Entry<SloInput>[];
  readonly admission?: Entry<DecisionInput> | undefined;
  /** Every name that was written, well-formed or not, by what it names. */
  readonly names: readonly NameEntry[];
  /** Nothing was left out of `pools`. */
  readonly everyPool: boolean;
}

export interface Entry<Value> {
  readonly path: Path;
  readonly value: Value;
}

export interface PoolEntry extends Entry<PoolInput> {
  /** Index of its region. */
  readonly region: number;
}

export interface NameEntry {
  readonly noun: 'region' | 'pool' | 'workload' | 'class';
  readonly path: Path;
  readonly name: string;
}

export function draftOf(document: unknown, schemas: ScenarioSchemas): Draft {
  const { shape } = schemas.scenario;
  const regions = listOf(document, 'regions');
  const writtenPools = regions.flatMap((region, index) =>
    listOf(region, 'pools').map((value, position) => ({
      path: ['regions', index, 'pools', position],
      value,
      region: index,
    })),
  );
  const pools = writtenPools.flatMap(({ path, value, region }) =>
    wellFormed(schemas.pool, path, value).map((pool) => ({ ...pool, region })),
  );
  const entries = (key: string) => listOf(document, key).map((value, index) => ({ path: [key, index], value }));
  const templates = Object.entries(recordOf(valueOf(document, 'templates'))).map(
    ([name, value]) => [name, wellFormed(schemas.deployment, [], value)[0]?.value] as const,
  );
  const workloads = entries('workloads').flatMap(({ path, value }) => wellFormed(schemas.workload, path, value));
  return {
    horizonNs: wellFormed(shape.horizon, [], valueOf(document, 'horizon'))[0]?.value,
    warmUpNs: wellFormed(shape.warmUp, [], valueOf(document, 'warmUp'))[0]?.value,
    timelineIntervalNs: wellFormed(shape.timelineInterval, [], valueOf(document, 'timelineInterval'))[0]?.value,
    templates: new Map(templates),
    pools,
    batching: wellFormed(shape.batching, [], valueOf(document, 'batching'))[0]?.value,
    workloads: workloads.flatMap(({ path, value }) => (isBackground(value) ? [] : [{ path, value }])),
    background: workloads.flatMap(({ path, value }) => (isBackground(value) ? [{ path, value }] : [])),
    slos: entries('slos').flatMap(({ path, value }) => wellFormed(schemas.slo, path, value)),
    admission: wellFormed(shape.admission, ['admission'], valueOf(document, 'admission'))[0],
    names: [
      ...namesIn(
        'region',
        'name',
        regions.map((value, index) => ({ path: ['regions', index], value })),
      ),
      ...namesIn('pool', 'name', writtenPools),
      ...namesIn('workload', 'name', entries('workloads')),
      ...namesIn('class', 'class', entries('slos')),
    ],
    everyPool: pools.length > 0 && pools.length === writtenPools.length,
  };
}

function wellFormed<Schema extends z.ZodType>(schema: Schema, path: Path, value: unknown): Entry<z.output<Schema>>[] {
  const checked = check(schema, value);
  return 'value' in checked ? [{ path, value: checked.value }] : [];
}

function namesIn(noun: NameEntry['noun'], key: string, entries: readonly Entry<unknown>[]): NameEntry[] {
  return entries.flatMap(({ path, value }) => {
    const name = valueOf(value, key);
    return typeof name === 'string' ? [{ noun, path: [...path, key], name }] : [];
  });
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function valueOf(container: unknown, key: string): unknown {
  const record = recordOf(container);
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function listOf(container: unknown, key: string): readonly unknown[] {
  const value = valueOf(container, key);
  return Array.isArray(value) ? value : [];
}

/** A finding about the value at a path. */
export function finding(path: Path, sentence: string): Finding {
  return { path, sentence, atKey: false };
}
