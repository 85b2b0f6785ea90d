import { z } from 'zod';
import { DEFAULT_OUTPUT_PREDICTION } from '../sim/output-prediction.ts';
import { POOL_ROLES, START_STATES } from '../sim/plan.ts';
import { DTYPES, WEIGHT_FORMATS } from '../sim/profiles.ts';
import { type BackgroundInput } from './background-input.ts';
import { acceleratorName } from './accelerator-files.ts';
import { batchingSchema } from './batching.ts';
import type { Catalogue } from './catalogue-types.ts';
import type { DecisionInput } from './decision-schema.ts';
import { admissionSchema, modelRoutingSchema, routingSchema, scalingSchema } from './decision-schema.ts';
import { unknownName } from './did-you-mean.ts';
import { commitmentsSchema } from './commitments.ts';
import { duration } from './duration.ts';
import { electricityKeys, saysItsPrice } from './electricity.ts';
import { engineSchema } from './engine-schema.ts';
import { MOST, known, size } from './fields.ts';
import { oneKind, withKind } from './kind-schema.ts';
import { kvLinkSchema } from './kv-links.ts';
import { kvTiersSchema } from './kv-tiers.ts';
import { layoutSchema } from './layout-schema.ts';
import { modelName } from './model-files.ts';
import { moneySchema } from './money.ts';
import { powerSchema } from './power-control.ts';
import { recordSchema } from './power.ts';
import { procurementSchema } from './procurement.ts';
import { zonedStart } from './start.ts';
import { policiesSchema, sweepSchema } from './variant-schema.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const PERCENTILE = /^p[1-9][0-9]?(\.[0-9]{1,3})?$/;

export type ScenarioSchemas = ReturnType<typeof scenarioSchemas>;
export type DeploymentInput = z.output<ScenarioSchemas['deployment']>;
export type EngineInput = NonNullable<DeploymentInput['engine']>;
export type PoolInput = z.output<ScenarioSchemas['pool']>;
export type SloInput = z.output<ScenarioSchemas['slo']>;
export type ScenarioInput = z.output<ScenarioSchemas['scenario']>;

/** What a scenario may say: validator, TypeScript types, JSON Schema and documentation at once. */
export function scenarioSchemas(catalogue: Catalogue) {
  const batching = batchingSchema(catalogue);
  const deployment = deploymentSchema(catalogue, batching);
  const pool = poolSchema(catalogue, deployment);
  const workload = workloadSchema(catalogue);
  const slo = sloSchema();
  const scenario = z.strictObject({
    name: name('the folder under results/ is called so'),
    start: zonedStart('the moment that is time 0: date, time and offset from UTC, such as 2026-06-01T08:00-04:00'),
    horizon: duration('arrivals stop here and the run drains, such as 15min'),
    warmUp: duration(
      'what arrives before is not in the statistics (default: 10 % of the horizon, at most 10min)',
    ).optional(),
    startState: z
      .enum(START_STATES, { error: ({ input }) => unknownName('start state', input, START_STATES) })
      .default('empty')
      .describe(
        '`empty`: no session is in progress at the start; `steady`: as many as in the long run, each at its age (chat, reasoning, agentic); caches are empty either way',
      ),
    seeds: seedsSchema(),
    timelineInterval: duration('length of one row of the timeline').prefault('10s'),
    templates: z
      .record(name('how pools refer to it'), deployment)
      .default({})
      .describe('deployments that pools share, by name'),
    regions: z.array(regionSchema(catalogue, pool)).min(1).describe('places with one price of electricity'),
    workloads: z.array(workload).min(1).describe('where the requests come from'),
    routing: routingSchema(catalogue)
      .default({ kind: catalogue.defaults.routing })
      .describe(`which instance takes a request (default: ${catalogue.defaults.routing})`),
    admission: admissionSchema(catalogue)
      .default({ kind: catalogue.defaults.admission })
      .describe(`what is served at all, and when (default: ${catalogue.defaults.admission})`),
    record: recordSchema(),
    batching: batching
      .optional()
      .describe(
        `the order in which an instance takes waiting requests, unless its pool or template says (default: ${catalogue.defaults.batching})`,
      ),
    outputPrediction: z
      .strictObject({
        relativeError: z
          .number()
          .min(0)
          .max(10)
          .describe('standard deviation of ln(predicted / true); 0 knows it, 0.5 is a factor of 1.65'),
      })
      .default({ ...DEFAULT_OUTPUT_PREDICTION })
      .describe('how well policies know the length of an answer beforehand'),
    power: powerSchema(catalogue)
      .optional()
      .describe('who watches what accelerators draw, and slows them (default: nobody)'),
    slos: z.array(slo).default([]).describe('what users were promised, by class of requests'),
    money: moneySchema(catalogue).optional(),
    commitments: commitmentsSchema(catalogue),
    policies: policiesSchema().optional(),
    sweep: sweepSchema().optional(),
  });
  return { deployment, pool, workload, slo, scenario };
}

/** A pool overrides its template key by key, so nothing is required or filled in before the two are merged. */
function deploymentSchema(catalogue: Catalogue, batching: ReturnType<typeof batchingSchema>) {
  return z.strictObject({
    accelerator: acceleratorName(catalogue).optional(),
    model: modelName(catalogue, 'language model it serves').optional(),
    weights: known(
      'number format',
      WEIGHT_FORMATS,
      'number format of the weights (default: that of the published model)',
    ).optional(),
    kv: known('number format', DTYPES, 'number format of the KV cache (default: bf16)').optional(),
    layout: layoutSchema().optional(),
    engine: engineSchema(catalogue).optional().describe('the serving engine and its limits'),
    kvTiers: kvTiersSchema().optional(),
    batching: batching
      .optional()
      .describe('the order in which an instance takes waiting requests (default: that of the scenario)'),
    rentUsdPerAcceleratorHour: z
      .number()
      .min(0)
      .optional()
      .describe("rent of one accelerator, USD/h (default: that of the accelerator's profile)"),
    procurement: procurementSchema().optional().describe('how it is paid for (default: rented by the hour)'),
  });
}

function poolSchema(catalogue: Catalogue, deployment: ReturnType<typeof deploymentSchema>) {
  return z
    .strictObject({
      name: name('name of the pool'),
      template: z.string().optional().describe('the template it is made from; keys beside it override the template'),
      instances: size('its size in copies of the model').optional(),
      accelerators: size('its size in accelerators, a multiple of those of one copy').optional(),
      nodes: size('its size in nodes of the accelerator').optional(),
      role: known(
        'role',
        POOL_ROLES,
        'what it does of a request: all of it (`mixed`), its prompt up to the first token (`prefill`), or what follows (`decode`)',
      ).default('mixed'),
      kvLink: kvLinkSchema().optional(),
      localPrefillTokens: z
        .int()
        .min(0)
        .max(MOST)
        .optional()
        .describe('longest prompt that a decode pool takes from clients itself, tokens (default: 0, none)'),
      scaling: scalingSchema(catalogue)
        .optional()
        .describe('how it grows and shrinks; its size is what it starts with (default: it does not)'),
      ...deployment.shape,
    })
    .describe('instances alike; exactly one of instances, accelerators and nodes says how many');
}

function regionSchema(catalogue: Catalogue, pool: ReturnType<typeof poolSchema>) {
  return z
    .strictObject({
      name: name('name of the region'),
      ...electricityKeys(catalogue),
      pools: z.array(pool).min(1).describe('the instances there'),
    })
    .superRefine(saysItsPrice);
}

export interface WorkloadInput {
  readonly name: string;
  readonly kind: string;
  readonly model: string;
  readonly priority?: number | undefined;
  readonly fairShareWeight?: number | undefined;
  readonly file?: string | undefined;
  readonly modelRouting?: DecisionInput | undefined;
  readonly [option: string]: unknown;
}

/** Who asks, and who has what nobody needs. */
export type AnyWorkloadInput = WorkloadInput | BackgroundInput;

function workloadSchema(catalogue: Catalogue) {
  const beside = {
    name: name('name of the workload'),
    model: modelName(catalogue, 'language model it asks for; a pool must serve it'),
    priority: z
      .int()
      .optional()
      .describe('of its requests, for `batching: { kind: priority }`; lower goes first (default: 0)'),
    fairShareWeight: z
      .number()
      .positive()
      .optional()
      .describe('its share of an instance for `batching: { kind: fair-share }`, relative to others (default: 1)'),
    modelRouting: modelRoutingSchema(catalogue)
      .optional()
      .describe('which models answer its requests (default: the one it asks for)'),
  };
  const file = z
    .string()
    .min(1)
    .optional()
    .describe('the trace to replay, relative to the scenario; --trace overrides it');
  const members = catalogue.workloads.map((kind) => withKind(kind, kind.readsTrace ? { ...beside, file } : beside));
  const background = withKind(catalogue.backgroundWork, {
    name: beside.name,
    pool: z
      .union([z.string(), z.array(z.string()).min(1)])
      .describe('the pool, or the list of pools, whose released instances it has'),
  });
  return oneKind('workload kind', [...members, background]).transform((input) => input as AnyWorkloadInput);
}

function sloSchema() {
  return z.strictObject({
    class: name('name of the class of requests'),
    match: z
      .strictObject({
        workload: z
          .union([z.string(), z.array(z.string()).min(1)])
          .optional()
          .describe('the workload, or the list of workloads, whose requests belong to the class'),
      })
      .default({})
      .describe('which requests belong to the class (default: all)'),
    ttftMs: percentiles('limits on the time to first token, ms, such as { p95: 500 }'),
    tpotMs: percentiles('limits on the time per output token after the first, ms'),
    e2eMs: percentiles('limits on the time from arrival to last token, ms'),
    attainment: z
      .number()
      .gt(0)
      .max(1)
      .default(0.95)
      .describe('share of the requests that must meet every objective, in (0, 1] (default: 0.95)'),
  });
}

function percentiles(description: string) {
  return z
    .record(z.string().regex(PERCENTILE), z.number().positive(), {
      error: ({ code, path }) =>
        code === 'invalid_key'
          ? `unknown percentile \`${String(path?.at(-1))}\` — write p50, p90, p95, p99 or p99.9`
          : undefined,
    })
    .refine((limits) => Object.keys(limits).length > 0, 'names no percentile — write one, such as { p95: 500 }')
    .optional()
    .describe(description);
}

function seedsSchema() {
  return z
    .array(z.int().min(0))
    .min(1)
    .superRefine((seeds, context) => {
      for (const [index, seed] of seeds.entries()) {
        if (seeds.indexOf(seed) === index) continue;
        context.addIssue({
          code: 'custom',
          message: `seed ${seed} is listed twice — it would be the same run`,
          path: [index],
        });
      }
    })
    .default([1, 2, 3])
    .describe('one run for each, alike but for chance (default: [1, 2, 3])');
}

function name(description: string) {
  return z
    .string()
    .regex(NAME, {
      error: ({ input }) => `${JSON.stringify(input)} is not a name — use letters, digits, ".", "_" and "-"`,
    })
    .describe(description);
}
