import yargs from 'yargs';
import type { Argv } from 'yargs';
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
  return (
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
        'check <scenario>',
        'validate a scenario and show the plan, without simulating',
        checkOptions,
        async (given) => done((await import('./check.ts')).check(given)),
      )
      .command('list [topic]', 'what a scenario can name, with options and defaults', listOptions, async (given) =>
        done((await import('./list.ts')).list(given)),
      )
      .demandCommand(1, 'Name a command: run, check or list.')
      .recommendCommands()
      .strict()
      .version(version())
      .help()
      .alias('help', 'h')
      .wrap(Math.min(100, process.stdout.columns ?? 100))
      .exitProcess(false)
      .showHelpOnFail(false)
      .fail((message, error) => {
        // Of the parser's own errors some arrive as a message only, some as an error; ours are always errors.
        const isOurs = error !== undefined && error.name !== 'YError';
        throw isOurs ? error : new UsageError(reworded(error?.message ?? message));
      })
  );
}

const SCENARIO = { type: 'string', demandOption: true, describe: 'scenario file (YAML)' } as const;
const TRACE = {
  type: 'string',
  requiresArg: true,
  describe: 'trace file, instead of the one the scenario names',
} as const;

const runOptions = (options: Argv) =>
  options
    .positional('scenario', SCENARIO)
    .option('seed', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'instead of the seeds of the scenario: 1 or 1,2,3',
    })
    .option('out', { type: 'string', default: 'results', requiresArg: true, describe: 'folder for the results' })
    .option('trace', TRACE)
    .option('json', { type: 'boolean', default: false, describe: 'print one JSON document (docs/cli.md)' })
    .option('workers', { type: 'string', requiresArg: true, describe: 'threads; changes the speed, never the result' })
    .example('$0 run scenarios/quickstart.yaml', 'simulate every seed of the scenario')
    .example('$0 run scenarios/quickstart.yaml --seed 7 --json', 'one seed, for a program to read');

const checkOptions = (options: Argv) => options.positional('scenario', SCENARIO).option('trace', TRACE);

const listOptions = (options: Argv) =>
  options
    .positional('topic', { type: 'string', choices: TOPICS, describe: 'all of them when left out' })
    .option('sources', { type: 'boolean', default: false, describe: 'every number with its source and grade' });

/** Where the parser's own words would puzzle. */
function reworded(message: string): string {
  return message
    .replace(/^Not enough non-option arguments.*/, 'Name the scenario file.')
    .replace(/^Not enough arguments following: (.*)/, '--$1 needs a value.')
    .replace(/^Did you mean (.*)\?/, 'Unknown command. Did you mean `$1`?')
    .replace(/^Unknown argument/, 'Unknown option or argument');
}

process.exitCode = await main(process.argv.slice(2));
