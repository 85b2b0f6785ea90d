import { z } from 'zod';
import { counterUniform, streamSeed } from '../sim/distributions.ts';
import { PendingArrivals } from '../sim/pending-arrivals.ts';
import type { ArrivalSink, Workload } from '../sim/ports.ts';
import { NO_SESSION, NS_PER_HOUR, type Ns } from '../sim/units.ts';
import { arrivalsField } from './arrival-options.ts';
import { arrivalsOf, type Arrivals } from './arrivals.ts';
import { demandFields, exactlyOneDemand, sessionsPerSOf } from './demand-fields.ts';
import { LengthSampler, lengthSchema, type Length } from './lengths.ts';
import { secondsSchema, SecondsSampler } from './seconds.ts';
import type { Demand, WorkloadContext, WorkloadModule } from './workload-module.ts';

// Both lengths: 28,257 arXiv papers and summaries in the traces of Vidur (MLSys 2024; MIT).
/* prettier-ignore */
const paperTokens: Length = {
  quantiles: [
    [0, 1], [0.01, 73], [0.05, 749], [0.1, 1242], [0.25, 1986], [0.4, 2453], [0.5, 2730], [0.6, 2996], [0.75, 3370],
    [0.9, 3702], [0.95, 3813], [0.99, 3933], [1, 4054],
  ],
};
/* prettier-ignore */
const summaryTokens: Length = {
  quantiles: [
    [0, 5], [0.01, 36], [0.05, 60], [0.1, 78], [0.25, 115], [0.4, 145], [0.5, 167], [0.6, 192], [0.75, 242], [0.9, 372],
    [0.95, 736], [0.99, 3270], [1, 4056],
  ],
};

const options = z
  .strictObject({
    ...demandFields,
    arrivals: arrivalsField,
    // 71 stretches of hours above three times the hourly mean in BurstGPT (61 days of one tenant; CC BY 4.0): 1.16 jobs a day.
    requestsPerJob: lengthSchema
      .default({ median: 4_629, sigma: 1.36, max: 182_200 })
      .describe('length of a job, requests'),
    // The same stretches: 1 hour at the median, 2 on average, 3 at p90, 15 at most.
    windowS: secondsSchema
      .default({
        mixture: [
          { weight: 0.55, median: 3_600, sigma: 0.01 },
          { weight: 0.36, median: 6_120, sigma: 0.3 },
          { weight: 0.09, median: 28_800, sigma: 0.5 },
        ],
        max: 54_000,
      })
      .describe('time over which a job sends its requests evenly; 0 sends all at once, s'),
    // One instruction for a whole job: an assumption.
    templateTokens: lengthSchema
      .default({ median: 403, sigma: 0.8 })
      .describe('beginning that all longer prompts of a job share, tokens'),
    promptTokens: lengthSchema.default(paperTokens).describe('prompt length, template included, tokens'),
    outputTokens: lengthSchema.default(summaryTokens).describe('generated length, tokens'),
    deadlineH: z
      .number()
      .positive()
      .max(8_760)
      .default(24)
      .describe('time a job may take from its release; schedulers see it, and results say which jobs kept it, h'),
  })
  .superRefine(exactlyOneDemand)
  .meta({
    examples: [
      { requestsPerS: 4, requestsPerJob: { median: 2, sigma: 0.5, max: 4 }, windowS: 2 },
      { sessionsPerHour: 3600, requestsPerJob: 1, windowS: 0, templateTokens: 300, promptTokens: 500 },
    ],
  });
type Options = z.infer<typeof options>;

const JOB_DRAWS = 4;
const REQUESTS_DRAW = 0;
const WINDOW_DRAW = 1;
const TEMPLATE_DRAW = 2;
const DRAWS_PER_REQUEST = 3;
const PROMPT_DRAW = 0;
const OUTPUT_DRAW = 1;
const PLACE_DRAW = 2;

/** A job with requests to send. */
interface Job {
  readonly startNs: Ns;
  readonly requests: number;
  readonly windowNs: Ns;
  readonly templateTokens: number;
  sent: number;
}

class Batch implements Workload {
  readonly #horizonNs: Ns;
  readonly #arrivals: Arrivals;
  readonly #seed: number;
  readonly #requestsPerJob: LengthSampler;
  readonly #window: SecondsSampler;
  readonly #templateLength: LengthSampler;
  readonly #promptLength: LengthSampler;
  readonly #outputLength: LengthSampler;
  readonly #timeLimitNs: Ns;
  readonly #jobs = new Map<number, Job>();
  /** Jobs by the time of their next request. */
  readonly #due = new PendingArrivals();
  #nextJobNs: Ns;
  #count = 0;

  constructor(options: Options, context: WorkloadContext) {
    const { name, horizonNs, streams } = context;
    this.#horizonNs = horizonNs;
    this.#arrivals = arrivalsOf(options.arrivals, jobsPerS(options), context, `workload/${name}/arrivals`);
    this.#seed = streamSeed(streams.stream(`workload/${name}/lengths`));
    this.#requestsPerJob = new LengthSampler(options.requestsPerJob);
    this.#window = new SecondsSampler(options.windowS);
    this.#templateLength = new LengthSampler(options.templateTokens);
    this.#promptLength = new LengthSampler(options.promptTokens);
    this.#outputLength = new LengthSampler(options.outputTokens);
    this.#timeLimitNs = Math.round(options.deadlineH * NS_PER_HOUR);
    this.#nextJobNs = this.#arrivals.nextNs();
  }

  pull(sink: ArrivalSink): boolean {
    while (this.#nextJobNs < this.#horizonNs && this.#nextJobNs <= this.#due.timeNs) {
      this.#begin(this.#count++, this.#nextJobNs);
      this.#nextJobNs = this.#arrivals.nextNs();
    }
    const arrivalNs = this.#due.timeNs;
    if (arrivalNs >= this.#horizonNs) return false;
    const number = this.#due.pop();
    const job = this.#jobs.get(number)!;
    const draws = JOB_DRAWS + DRAWS_PER_REQUEST * job.sent++;
    if (job.sent === job.requests) this.#jobs.delete(number);
    else this.#due.push(this.#dueNs(number, job), number);
    const promptTokens = this.#promptLength.draw(this.#seed, number, draws + PROMPT_DRAW);
    const outputTokens = this.#outputLength.draw(this.#seed, number, draws + OUTPUT_DRAW);
    if (promptTokens > job.templateTokens) sink.share(number, job.templateTokens);
    sink.due(job.startNs + this.#timeLimitNs);
    // To be of one job is no reason to meet on one instance, as turns of a session do.
    sink.push(arrivalNs, promptTokens, outputTokens, 0, NO_SESSION);
    return true;
  }

  #begin(number: number, startNs: Ns): void {
    const job: Job = {
      startNs,
      requests: this.#requestsPerJob.draw(this.#seed, number, REQUESTS_DRAW),
      windowNs: this.#window.drawNs(this.#seed, number, WINDOW_DRAW),
      templateTokens: this.#templateLength.draw(this.#seed, number, TEMPLATE_DRAW),
      sent: 0,
    };
    this.#jobs.set(number, job);
    this.#due.push(this.#dueNs(number, job), number);
  }

  /** The window has as many equal parts as the job has requests; each is sent somewhere in its part. */
  #dueNs(number: number, { startNs, requests, windowNs, sent }: Job): Ns {
    const place = counterUniform(this.#seed, number, JOB_DRAWS + DRAWS_PER_REQUEST * sent + PLACE_DRAW);
    return startNs + Math.floor(((sent + place) / requests) * windowNs);
  }
}

export const batch: WorkloadModule<Options> = {
  name: 'batch',
  summary: 'jobs of many requests that nobody waits for one by one, released at once or over a window',
  options,
  readsTrace: false,
  create: (options, context) => new Batch(options, context),
  demand,
};

function demand(options: Options): Demand {
  const { requests, promptTokens, outputTokens } = meansOf(options);
  return {
    requestsPerS: jobsPerS(options) * requests,
    meanPromptTokens: promptTokens,
    meanOutputTokens: outputTokens,
    meanReusedTokens: reusedTokensPerJob(options) / requests,
    meanSessionS: 0,
    load: 'queued',
    jobs: { everyS: 1 / jobsPerS(options), lastS: new SecondsSampler(options.windowS).meanS() },
  };
}

const SAMPLED_PROMPTS = 1_000;
const SAMPLED_JOBS = 100;

/** A cache without limits computes the template of a job once: with the first of its prompts that are longer. */
function reusedTokensPerJob(options: Options): number {
  const prompts = sampleOf(options.promptTokens, SAMPLED_PROMPTS);
  const jobs = sampleOf(options.requestsPerJob, SAMPLED_JOBS);
  const meanRequests = new LengthSampler(options.requestsPerJob).mean();
  return new LengthSampler(options.templateTokens).mean((template) => {
    const longer = prompts.filter((prompt) => prompt > template).length / prompts.length;
    const jobsWithout =
      jobs.reduce((sum, requests) => sum + Math.exp(requests * Math.log(1 - longer)), 0) / jobs.length;
    return template * (meanRequests * longer - (1 - jobsWithout));
  });
}

/** Evenly spread over the distribution. */
function sampleOf(length: Length, count: number): number[] {
  const sampler = new LengthSampler(length);
  return Array.from({ length: count }, (_, k) => sampler.of((k + 0.5) / count));
}

function jobsPerS(options: Options): number {
  return sessionsPerSOf(options, {
    requests: () => new LengthSampler(options.requestsPerJob).mean(),
    tokens() {
      const { requests, promptTokens, outputTokens } = meansOf(options);
      return requests * (promptTokens + outputTokens);
    },
  });
}

function meansOf({ requestsPerJob, promptTokens, outputTokens }: Options) {
  return {
    requests: new LengthSampler(requestsPerJob).mean(),
    promptTokens: new LengthSampler(promptTokens).mean(),
    outputTokens: new LengthSampler(outputTokens).mean(),
  };
}
