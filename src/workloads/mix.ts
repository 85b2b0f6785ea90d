import { z } from 'zod';
import type { LoadForm } from '../sim/plan.ts';
import type { ArrivalSink, ContextSink, RequestView, Workload } from '../sim/ports.ts';
import { NO_SESSION, type Ns, type RequestIndex } from '../sim/units.ts';
import { agentic } from './agentic.ts';
import { batch } from './batch.ts';
import { chat } from './chat.ts';
import { demandFields } from './demand-fields.ts';
import { rag } from './rag.ts';
import { reasoning } from './reasoning.ts';
import { checked, type Demand, type WorkloadContext, type WorkloadModule } from './workload-module.ts';

const generators: [WorkloadModule<unknown>, ...WorkloadModule<unknown>[]] = [
  checked(chat),
  checked(reasoning),
  checked(agentic),
  checked(rag),
  checked(batch),
];

const S_PER_DAY = 86_400;

/** How much each is asked follows from the amount of the mix and the shares. */
const saidByMix = z
  .never({ error: 'the mix says how much is asked — write share' })
  .optional()
  .describe('not here: the mix says how much is asked, and share how much of it');
const amounts = Object.fromEntries(Object.keys(demandFields).map((key) => [key, saidByMix]));

/** The options of a generator but for the amount, and the keys that stand beside them. */
function tenantOf(generator: WorkloadModule<unknown>) {
  if (!(generator.options instanceof z.ZodObject)) throw new Error(`the options of ${generator.name} are no object`);
  const fields: z.ZodRawShape = generator.options.shape;
  return z
    .strictObject({
      ...fields,
      ...amounts,
      tenant: z.string().min(1).describe('its name, which its random streams carry, dimensionless'),
      share: z.number().positive().max(1e9).describe('its requests, relative to those of the others, dimensionless'),
      kind: z.literal(generator.name).describe(generator.summary),
    })
    .superRefine((given, context) => {
      // What concerns one key was said of that key.
      const read = generator.options.safeParse(optionsOf(given, 1));
      for (const { code, message, path } of read.error?.issues ?? []) {
        if (code === 'custom') context.addIssue({ code, message, path: [...path] });
      }
    });
}

const [firstGenerator, ...otherGenerators] = generators;
const tenant = z
  .discriminatedUnion('kind', [tenantOf(firstGenerator), ...otherGenerators.map(tenantOf)])
  .describe('what generates its requests: the options of a kind, without the amount');
interface Tenant {
  readonly tenant: string;
  readonly share: number;
  readonly kind: string;
  readonly [option: string]: unknown;
}

const options = z
  .strictObject({
    requestsPerS: z
      .number()
      .positive()
      .max(10_000_000)
      .optional()
      .describe('mean rate of requests of all tenants, requests/s'),
    tokensPerDay: z
      .number()
      .positive()
      .max(1e15)
      .optional()
      .describe('mean prompt and output tokens of all tenants, cached ones included, tokens/d'),
    tenants: z
      .array(tenant)
      .min(1)
      .max(1_000)
      .refine((all) => new Set(all.map((one) => one.tenant)).size === all.length, 'two tenants have one name')
      .describe('who asks, each with a generator and its share, dimensionless'),
  })
  .superRefine(({ requestsPerS, tokensPerDay }, context) => {
    if ((requestsPerS === undefined) !== (tokensPerDay === undefined)) return;
    context.addIssue({ code: 'custom', message: 'give one of requestsPerS and tokensPerDay' });
  })
  .meta({
    examples: [
      {
        requestsPerS: 40,
        tenants: [
          { tenant: 'desk', share: 3, kind: 'chat' },
          { tenant: 'analysts', share: 1, kind: 'reasoning', promptTokens: 700 },
        ],
      },
    ],
  });
type Options = z.infer<typeof options>;

function generatorOf({ kind }: Tenant): WorkloadModule<unknown> {
  const found = generators.find(({ name }) => name === kind);
  if (found === undefined) throw new Error(`no generator is called "${kind}"`);
  return found;
}

function optionsOf({ tenant: _tenant, share: _share, kind: _kind, ...rest }: Tenant, requestsPerS: number): unknown {
  const own = Object.entries(rest).filter(([key]) => !(key in demandFields));
  return { ...Object.fromEntries(own), requestsPerS };
}

/** A request that a tenant has announced and nobody has been told of. */
class Announced implements ArrivalSink {
  arrivalNs: Ns = Infinity;
  readonly #segments: number[] = [];
  #promptTokens = 0;
  #outputTokens = 0;
  #reasoningTokens = 0;
  #session = NO_SESSION;
  #deadlineNs: Ns = Infinity;

  share(stream: number, tokens: number): void {
    this.#segments.push(stream, tokens);
  }

  due(deadlineNs: Ns): void {
    this.#deadlineNs = deadlineNs;
  }

  push(arrivalNs: Ns, promptTokens: number, outputTokens: number, reasoningTokens: number, session: number): void {
    this.arrivalNs = arrivalNs;
    this.#promptTokens = promptTokens;
    this.#outputTokens = outputTokens;
    this.#reasoningTokens = reasoningTokens;
    this.#session = session;
  }

  /** Say it, and forget it. */
  tell(sink: ArrivalSink): void {
    const segments = this.#segments;
    for (let k = 0; k < segments.length; k += 2) sink.share(segments[k]!, segments[k + 1]!);
    segments.length = 0;
    sink.due(this.#deadlineNs);
    this.#deadlineNs = Infinity;
    sink.push(this.arrivalNs, this.#promptTokens, this.#outputTokens, this.#reasoningTokens, this.#session);
    this.arrivalNs = Infinity;
  }
}

/** What a tenant says, with its streams and sessions numbered so that those of different tenants differ. */
class TenantSink implements ArrivalSink {
  #sink: ArrivalSink;
  readonly #tenant: number;
  readonly #tenants: number;

  constructor(sink: ArrivalSink, tenant: number, tenants: number) {
    this.#sink = sink;
    this.#tenant = tenant;
    this.#tenants = tenants;
  }

  to(sink: ArrivalSink): this {
    this.#sink = sink;
    return this;
  }

  share(stream: number, tokens: number): void {
    this.#sink.share(stream * this.#tenants + this.#tenant, tokens);
  }

  due(deadlineNs: Ns): void {
    this.#sink.due(deadlineNs);
  }

  push(arrivalNs: Ns, promptTokens: number, outputTokens: number, reasoningTokens: number, session: number): void {
    const number = session === NO_SESSION ? NO_SESSION : session * this.#tenants + this.#tenant;
    this.#sink.push(arrivalNs, promptTokens, outputTokens, reasoningTokens, number);
  }
}

class Mix implements Workload {
  readonly #tenants: readonly Workload[];
  readonly #announced: readonly Announced[];
  readonly #sinks: readonly TenantSink[];
  #hasStarted = false;
  /** The view that tenants look at, and how they number their sessions. */
  #view: RequestView | undefined;
  readonly #ownView: RequestView;

  constructor(options: Options, context: WorkloadContext) {
    const rates = ratesOf(options);
    this.#tenants = options.tenants.map((tenant, k) => {
      const generator = generatorOf(tenant);
      return generator.create(optionsOf(tenant, rates[k]!), { ...context, name: `${context.name}/${tenant.tenant}` });
    });
    this.#announced = this.#tenants.map(() => new Announced());
    this.#sinks = this.#announced.map((announced, k) => new TenantSink(announced, k, this.#tenants.length));
    const view = () => this.#view!;
    this.#ownView = {
      arrivalNs: (request) => view().arrivalNs(request),
      promptTokens: (request) => view().promptTokens(request),
      session: (request) => Math.floor(view().session(request) / this.#tenants.length),
      workload: (request) => view().workload(request),
      model: (request) => view().model(request),
      deadlineNs: (request) => view().deadlineNs(request),
    };
  }

  warm(sink: ContextSink): void {
    const count = this.#tenants.length;
    this.#tenants.forEach((tenant, k) =>
      tenant.warm?.({
        share: (stream, tokens) => sink.share(stream * count + k, tokens),
        context: (usedNs, tokens, session) => sink.context(usedNs, tokens, session * count + k),
      }),
    );
  }

  pull(sink: ArrivalSink): boolean {
    if (!this.#hasStarted) for (let tenant = 0; tenant < this.#tenants.length; tenant++) this.#announce(tenant);
    this.#hasStarted = true;
    let first = 0;
    for (let tenant = 1; tenant < this.#announced.length; tenant++) {
      if (this.#announced[tenant]!.arrivalNs < this.#announced[first]!.arrivalNs) first = tenant;
    }
    const announced = this.#announced[first]!;
    if (announced.arrivalNs === Infinity) return false;
    announced.tell(sink);
    this.#announce(first);
    return true;
  }

  onFinish(request: RequestIndex, requests: RequestView, nowNs: Ns, sink: ArrivalSink): void {
    const session = requests.session(request);
    if (session === NO_SESSION) return;
    const tenant = session % this.#tenants.length;
    this.#view = requests;
    this.#tenants[tenant]!.onFinish?.(request, this.#ownView, nowNs, this.#sinks[tenant]!.to(sink));
  }

  #announce(tenant: number): void {
    this.#tenants[tenant]!.pull(this.#sinks[tenant]!.to(this.#announced[tenant]!));
  }
}

export const mix: WorkloadModule<Options> = {
  name: 'mix',
  summary: 'several tenants as one workload, each with a generator and a share of the requests',
  options,
  readsTrace: false,
  create: (options, context) => new Mix(options, context),
  demand,
};

/** Requests per second, by tenant. */
function ratesOf(options: Options): number[] {
  const { requestsPerS, tokensPerDay, tenants } = options;
  const total = tenants.reduce((sum, { share }) => sum + share, 0);
  const shares = tenants.map(({ share }) => share / total);
  if (requestsPerS !== undefined) return shares.map((share) => share * requestsPerS);
  if (tokensPerDay === undefined) throw new Error('a mix passed its schema without an amount');
  const tokens = demandsOf(tenants, shares).map(
    ({ meanPromptTokens, meanOutputTokens }, k) => shares[k]! * (meanPromptTokens + meanOutputTokens),
  );
  const meanTokens = tokens.reduce((sum, term) => sum + term, 0);
  return shares.map((share) => (share * tokensPerDay) / S_PER_DAY / meanTokens);
}

function demandsOf(tenants: readonly Tenant[], rates: readonly number[]): Demand[] {
  return tenants.map((tenant, k) => generatorOf(tenant).demand(optionsOf(tenant, rates[k]!)));
}

/** The longest mean session of any tenant is that of the mix. */
function demand(options: Options): Demand {
  const demands = demandsOf(options.tenants, ratesOf(options));
  const requestsPerS = demands.reduce((sum, one) => sum + one.requestsPerS, 0);
  const mean = (of: (demand: Demand) => number) =>
    demands.reduce((sum, one) => sum + one.requestsPerS * of(one), 0) / requestsPerS;
  return {
    requestsPerS,
    meanPromptTokens: mean((one) => one.meanPromptTokens),
    meanOutputTokens: mean((one) => one.meanOutputTokens),
    meanReusedTokens: mean((one) => one.meanReusedTokens),
    meanSessionS: Math.max(...demands.map((one) => one.meanSessionS)),
    returns: demands.flatMap(({ returns = [] }) => returns),
    load: loadForm(demands),
    ...longestJobs(demands),
  };
}

function longestJobs(demands: readonly Demand[]): Pick<Demand, 'jobs'> {
  const all = demands.flatMap(({ jobs }) => jobs ?? []);
  const span = ({ everyS, lastS }: (typeof all)[number]) => Math.max(everyS, lastS);
  return all.length === 0 ? {} : { jobs: all.reduce((longest, one) => (span(one) > span(longest) ? one : longest)) };
}

/** One tenant that does not wait for answers makes the queue of all. */
function loadForm(demands: readonly Demand[]): LoadForm {
  const forms = demands.map(({ load = 'open' }) => load);
  return (['open', 'queued', 'closed'] as const).find((form) => forms.includes(form)) ?? 'open';
}
