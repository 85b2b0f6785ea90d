import yargs from 'yargs';
import type { Argv } from 'yargs';
import { DEFAULT_OUT } from './command-line.ts';
import { reportFailure, UsageError } from './failure.ts';
import { TOPICS } from './topics.ts';
import { version } from './version.ts';

async function main(words: readonly string[]): Promise<number> {
  // A reader that closes the pipe early (`| head`) has seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  let exitCode = 0;
  try {
    await commandLine((code) => (exitCode = code)).parseAsync([...words]);
    return exitCode;
  } catch (error) {
    return reportFailure(error);
  }
}

function commandLine(done: (exitCode: number) => void) {
  return strictly(
    yargs()
      .scriptName('tokenfleet')
      // One language, whatever the machine's: messages are searched for and tested.
      .locale('en')
      .usage('$0 <command>\n\nSimulates a fleet of LLM inference data centres: what it delivers and what it costs.')
      // A list would swallow the scenario that follows it: `--seed 1 scenario.yaml`.
      .parserConfiguration({ 'greedy-arrays': false, 'boolean-negation': false, 'duplicate-arguments-array': true })
      .command('run <scenario>', 'simulate a scenario and write its results', runOptions, async (given) =>
        done(await (await import('./run.ts')).run(given)),
      )
      .command(
        'compare <scenarios..>',
        'what differs for sure between policies or scenarios',
        compareOptions,
        async (given) => done(await (await import('./compare.ts')).compare(given)),
      )
      .command('sweep <scenario>', 'run every point of the sweep of a scenario', sweepOptions, async (given) =>
        done(await (await import('./sweep.ts')).sweep(given)),
      )
      .command('collect <scenario>', 'gather the runs of a sweep into one table', collectOptions, async (given) =>
        done((await import('./collect.ts')).collect(given)),
      )
      .command(
        'check <scenario>',
        'validate a scenario and show the plan, without simulating',
        checkOptions,
        async (given) => done((await import('./check.ts')).check(given)),
      )
      .command(
        'workload <action> <file>',
        'describe what a scenario or a trace asks for, or write it as a trace',
        workloadOptions,
        async (given) => done((await import('./workload.ts')).workload(given)),
      )
      .command(
        'power <action> <scenario>',
        'plan: how many servers may stand behind each power budget',
        powerOptions,
        async (given) => done((await import('./power-plan.ts')).powerPlan(given)),
      )
      .command('list [topic]', 'what a scenario can name, with options and defaults', listOptions, async (given) =>
        done((await import('./list.ts')).list(given)),
      )
      .command('validate', 'simulate what others have measured and show the errors', validateOptions, async (given) =>
        done(await (await import('./validate.ts')).validate(given)),
      )
      .command(
        'calibrate <measurements..>',
        'fit a profile to benchmark results of your own',
        calibrateOptions,
        async (given) => done(await (await import('./calibrate.ts')).calibrate(given)),
      ),
  );
}

/** Mistakes are told in our words, and nothing exits by itself. */
function strictly(parser: Argv): Argv {
  return parser
    .demandCommand(
      1,
      'Name a command: run, compare, sweep, collect, check, workload, power, list, validate or calibrate.',
    )
    .recommendCommands()
    .strict()
    .version(version())
    .help()
    .alias('help', 'h')
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail(refuse);
}

const SCENARIO = { type: 'string', demandOption: true, describe: 'scenario file (YAML)' } as const;
const TRACE = {
  type: 'string',
  requiresArg: true,
  describe: 'trace file, instead of the one the scenario names',
} as const;

const SKIP_BAD_ROWS = {
  type: 'boolean',
  default: false,
  describe: 'leave malformed rows of a trace out',
} as const;

const WORKERS = {
  type: 'string',
  requiresArg: true,
  describe: 'threads; changes the speed, never the result',
} as const;

const SEED = {
  type: 'string',
  array: true,
  requiresArg: true,
  describe: 'instead of the seeds of the scenario: 1 or 1,2,3',
} as const;
const OUT = { type: 'string', default: DEFAULT_OUT, requiresArg: true, describe: 'folder for the results' } as const;
const JSON_OUTPUT = { type: 'boolean', default: false, describe: 'print one JSON document (docs/cli.md)' } as const;
const LATENCY = {
  type: 'string',
  default: 'ttft_p99',
  requiresArg: true,
  describe: 'of the Pareto front of cost and latency',
} as const;

const runOptions = (options: Argv) =>
  options
    .positional('scenario', SCENARIO)
    .option('seed', SEED)
    .option('out', OUT)
    .option('trace', TRACE)
    .option('skip-bad-rows', SKIP_BAD_ROWS)
    .option('json', JSON_OUTPUT)
    .option('workers', WORKERS)
    .example('$0 run scenarios/quickstart.yaml', 'simulate every seed of the scenario')
    .example('$0 run scenarios/quickstart.yaml --seed 7 --json', 'one seed, for a program to read');

const compareOptions = (options: Argv) =>
  options
    .positional('scenarios', { ...SCENARIO, array: true, describe: 'scenario files, or one with `policies:`' })
    .option('seed', SEED)
    .option('precision', {
      type: 'string',
      requiresArg: true,
      describe: 'add seeds until the intervals are as narrow: 2%, of the baseline',
    })
    .option('max-seeds', { type: 'string', default: '50', requiresArg: true, describe: 'but never more than these' })
    .option('out', OUT)
    .option('trace', TRACE)
    .option('json', JSON_OUTPUT)
    .option('workers', WORKERS)
    .example('$0 compare scenarios/routing.yaml --precision 2%', 'the policies of one scenario');

const sweepOptions = (options: Argv) =>
  options
    .positional('scenario', SCENARIO)
    .option('shard', { type: 'string', requiresArg: true, describe: 'only this part of the points, such as 2/8' })
    .option('latency', LATENCY)
    .option('out', OUT)
    .option('trace', TRACE)
    .option('json', JSON_OUTPUT)
    .option('workers', WORKERS)
    .example('$0 sweep plan.yaml --shard 2/8', 'one of eight machines that share the folder of results');

const collectOptions = (options: Argv) =>
  options
    .positional('scenario', SCENARIO)
    .option('latency', LATENCY)
    .option('out', OUT)
    .option('trace', TRACE)
    .option('json', JSON_OUTPUT);

const checkOptions = (options: Argv) =>
  options.positional('scenario', SCENARIO).option('trace', TRACE).option('skip-bad-rows', SKIP_BAD_ROWS);

const workloadOptions = (options: Argv) =>
  options
    .positional('action', { type: 'string', choices: ['describe', 'sample'], demandOption: true })
    .positional('file', { type: 'string', demandOption: true, describe: 'scenario (YAML), or a trace of any format' })
    .option('seed', SEED)
    .option('trace', TRACE)
    .option('skip-bad-rows', SKIP_BAD_ROWS)
    .option('json', { type: 'boolean', default: false, describe: 'of describe: print one JSON document' })
    .option('out', {
      type: 'string',
      requiresArg: true,
      describe: 'of sample: a .csv, .jsonl (Mooncake) or .arrow file',
    })
    .example('$0 workload describe scenarios/quickstart.yaml', 'rates, lengths, sessions, prefix reuse')
    .example('$0 workload sample scenarios/quickstart.yaml --out requests.jsonl', 'for a load generator');

const powerOptions = (options: Argv) =>
  options
    .positional('action', { type: 'string', choices: ['plan'], demandOption: true })
    .positional('scenario', SCENARIO)
    .option('chance', {
      type: 'string',
      default: '0.1%',
      requiresArg: true,
      describe: 'share of the time at which a budget may be passed for longer than the brake waits',
    })
    .option('seed', SEED)
    .option('json', JSON_OUTPUT)
    .example('$0 power plan scenarios/oversubscription.yaml --chance 1%', '');

const listOptions = (options: Argv) =>
  options
    .positional('topic', { type: 'string', choices: TOPICS, describe: 'all of them when left out' })
    .option('sources', { type: 'boolean', default: false, describe: 'every number with its source and grade' });

const validateOptions = (options: Argv) =>
  options
    .option('cases', { type: 'string', requiresArg: true, describe: 'folder of case files, instead of our own' })
    .option('traces', { type: 'string', requiresArg: true, describe: 'folder of recorded requests to replay' })
    .option('suite', { type: 'string', requiresArg: true, describe: 'only this suite' })
    .option('leave-out', {
      type: 'string',
      requiresArg: true,
      describe:
        'fit what was fitted without each value of a tag (family, system), and predict its cases; takes minutes',
    })
    .option('json', { type: 'boolean', default: false, describe: 'print one JSON document (docs/validation.md)' })
    .option('workers', WORKERS);

const NUMBER = { type: 'string', requiresArg: true } as const;
const NAME = { type: 'string', requiresArg: true } as const;

const calibrateOptions = (options: Argv) =>
  options
    .positional('measurements', { type: 'string', array: true, demandOption: true, describe: 'CSV or JSON files' })
    .option('profile', { ...NAME, demandOption: true, describe: 'file to write the calibrated profile to' })
    .option('accelerator', { ...NAME, demandOption: true, describe: 'profile to start from, or the path of one' })
    .option('model', { ...NAME, demandOption: true, describe: 'language model that was served' })
    .option('engine', { ...NAME, describe: 'engine that served it' })
    .option('version-class', { ...NAME, describe: 'of the engine' })
    .option('weights', { ...NAME, describe: 'number format of the weights' })
    .option('kv', { ...NAME, describe: 'number format of the KV cache' })
    .option('tensor-parallel', { ...NUMBER, describe: 'accelerators of a tensor group' })
    .option('max-num-seqs', { ...NUMBER, describe: 'as the engine was started' })
    .option('max-num-batched-tokens', { ...NUMBER, describe: 'as the engine was started' })
    .option('concurrency', { ...NUMBER, describe: 'users, where the file does not say' })
    .option('request-rate', { ...NUMBER, describe: 'requests per second, where the file does not say' })
    .option('json', { type: 'boolean', default: false, describe: 'print one JSON document (docs/cli.md)' })
    .option('workers', WORKERS)
    .example('$0 calibrate bench.json --accelerator h100-sxm --model llama-3.1-8b --profile ours.yaml', '');

/** Of the parser's own errors some arrive as a message only, some as an error; ours are always errors. */
function refuse(message: string, error?: Error): never {
  const isOurs = error !== undefined && error.name !== 'YError';
  throw isOurs ? error : new UsageError(reworded(error?.message ?? message));
}

/** Where the parser's own words would puzzle. */
function reworded(message: string): string {
  return message
    .replace(/^Not enough non-option arguments.*/, 'Name the scenario file.')
    .replace(/^Not enough arguments following: (.*)/, '--$1 needs a value.')
    .replace(/^Did you mean (.*)\?/, 'Unknown command. Did you mean `$1`?')
    .replace(/^Unknown argument/, 'Unknown option or argument');
}

process.exitCode = await main(process.argv.slice(2));
