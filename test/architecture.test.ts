import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  circleIn,
  fitsInTheHead,
  importsOnly,
  noDoubleCasts,
  noHiddenInputs,
  onlyCliPrints,
  unlistedData,
  unlistedModules,
  unwantedText,
} from './support/house-rules.ts';
import { filesUnder, sourceOf, sourcesUnder } from './support/source.ts';

/** Who may import whom, part by part of src/; everything else is an error. Nobody imports cli. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  sim: [],
  workloads: ['sim'],
  schedulers: ['sim'],
  'profile-file': ['sim'],
  'hardware-profiles': ['sim', 'profile-file'], // both read YAML cards of sourced numbers, in the same way
  'model-profiles': ['sim', 'profile-file'],
  scenario: ['sim'],
  results: ['sim'],
  economics: ['sim'],
  catalogue: ['hardware-profiles', 'model-profiles', 'workloads', 'schedulers', 'sim'],
  report: ['results', 'economics', 'sim'],
  workers: ['catalogue', 'sim', 'economics', 'results'],
  validation: ['scenario', 'workers', 'results', 'sim'],
  cli: [
    'catalogue',
    'scenario',
    'sim',
    'hardware-profiles',
    'model-profiles',
    'workloads',
    'schedulers',
    'economics',
    'results',
    'report',
    'validation',
    'workers',
    'package.json', // for `--version`
  ],
};

/** Where a run takes place: here nothing may depend on anything but plan and seed. */
const RUN_FOLDERS = ['src/sim', 'src/workloads', 'src/schedulers'];

const sources = sourcesUnder('src');
const allSources = [...sources, ...sourcesUnder('test', 'bench', 'scripts')];

describe('imports point inward', () => {
  test('in every file of src', () => {
    expect(sources.flatMap(importsOnly(MAY_IMPORT))).toEqual([]);
  });

  test('and the table itself has no circle', () => {
    expect(circleIn(MAY_IMPORT)).toBeUndefined();
  });

  test('an import against the arrow is found, in whatever form', () => {
    const text = [
      `import type { Ns } from './units.ts';`,
      `import { chat } from '../workloads/chat.ts';`,
      `export * from '../results/columns.ts';`,
      `const later = import('../cli/main.ts');`,
      `const worker = new URL('../workers/run-worker.ts', import.meta.url);`,
      `let row: import('../report/table.ts').Row;`,
      `import helper from '../../test/support/fakes.ts';`,
    ].join('\n');

    expect(importsOnly(MAY_IMPORT)(sourceOf('src/sim/bad.ts', text))).toEqual([
      'src/sim/bad.ts:2 imports src/workloads/chat.ts; sim may import nothing of ours',
      'src/sim/bad.ts:3 imports src/results/columns.ts; sim may import nothing of ours',
      'src/sim/bad.ts:4 imports src/cli/main.ts; sim may import nothing of ours',
      'src/sim/bad.ts:5 imports src/workers/run-worker.ts; sim may import nothing of ours',
      'src/sim/bad.ts:6 imports src/report/table.ts; sim may import nothing of ours',
      'src/sim/bad.ts:7 imports test/support/fakes.ts; sim may import nothing of ours',
    ]);
  });

  test('a folder that the table does not know is found', () => {
    expect(importsOnly(MAY_IMPORT)(sourceOf('src/misc/helpers.ts', ''))).toEqual([
      'src/misc/helpers.ts: src/misc is not in the table of who may import whom',
    ]);
  });

  test('a circle is found and named', () => {
    expect(circleIn({ sim: [], results: ['sim', 'report'], report: ['economics'], economics: ['results'] })).toEqual([
      'results',
      'report',
      'economics',
      'results',
    ]);
  });
});

describe('a run has no hidden inputs', () => {
  test(`in every file of ${RUN_FOLDERS.join(', ')}`, () => {
    expect(sourcesUnder(...RUN_FOLDERS).flatMap(noHiddenInputs)).toEqual([]);
  });

  test.each([
    ['const u = Math.random();', 'uses Math.random; draw from the Rng the file is given'],
    [`const u = Math['random']();`, 'uses Math.random; draw from the Rng the file is given'],
    ['const now = Date.now();', 'uses Date; take the time from nowNs or from the plan'],
    ['const now = new Date();', 'uses Date; take the time from nowNs or from the plan'],
    ['const t = performance.now();', 'uses performance; take the time from nowNs or from the plan'],
    ['async function pull() {}', 'is async; put an event on the queue: a run is one synchronous call'],
    ['const port = { async pull() {} };', 'is async; put an event on the queue: a run is one synchronous call'],
    ['await route();', 'awaits; a run is one synchronous call'],
    ['setTimeout(step, 0);', 'uses setTimeout; put an event on the queue: a run is one synchronous call'],
    ['let later: Promise<number>;', 'uses Promise; put an event on the queue: a run is one synchronous call'],
    ['const { env } = process;', 'uses process; take it from the plan'],
    [`import { readFileSync } from 'node:fs';`, 'imports node:fs; the model loads only seedrandom, zod'],
    [
      'const x = Math.pow(y, 3);',
      'uses Math.pow; multiply, or use Math.sqrt: V8 has changed its powers between versions',
    ],
    ['const x = y ** 3;', 'uses **; multiply, or use Math.sqrt: V8 has changed its powers between versions'],
    ['x **= 2;', 'uses **; multiply, or use Math.sqrt: V8 has changed its powers between versions'],
  ])('%s is found', (text, finding) => {
    expect(noHiddenInputs(sourceOf('src/sim/bad.ts', text))).toEqual([`src/sim/bad.ts:1 ${finding}`]);
  });

  test('constants, time zones of the caller, and names that only look alike are fine', () => {
    const text = [
      'const limit = 2 ** 52;',
      'const startMs = Date.UTC(2023, 10, 16);',
      'const batch = { process: 1, Date: 2 };',
      'batch.process = Math.sqrt(2); // Math.random() in a comment',
      `const note = 'await Date.now()';`,
      'interface Port { fetch(): void }',
    ].join('\n');

    expect(noHiddenInputs(sourceOf('src/sim/good.ts', text))).toEqual([]);
  });
});

describe('only src/cli prints and chooses exit codes', () => {
  test('in every file of src', () => {
    expect(sources.flatMap(onlyCliPrints)).toEqual([]);
  });

  test('printing elsewhere is found', () => {
    const text = `console.log('done');\nprocess.stdout.write('done');\nprocess.exitCode = 1;`;

    expect(onlyCliPrints(sourceOf('src/report/bad.ts', text))).toEqual([
      'src/report/bad.ts:1 uses console; answer the text and let src/cli print it',
      'src/report/bad.ts:2 uses process.stdout; answer the text and let src/cli print it',
      'src/report/bad.ts:3 uses process.exitCode; throw, and let src/cli choose the exit code',
    ]);
    expect(onlyCliPrints(sourceOf('src/cli/run.ts', text))).toEqual([]);
  });
});

describe('files and functions fit in the head', () => {
  test('everywhere', () => {
    expect(allSources.flatMap(fitsInTheHead)).toEqual([]);
  });

  test('a function of 61 lines and a file of 301 are found, one line less is fine', () => {
    const functionOf = (lines: number) => `const f = () => {\n${'step();\n'.repeat(lines - 2)}};\n`;

    expect(fitsInTheHead(sourceOf('src/sim/f.ts', functionOf(60)))).toEqual([]);
    expect(fitsInTheHead(sourceOf('src/sim/f.ts', functionOf(61)))).toEqual([
      'src/sim/f.ts:1 is a function of 61 lines; 60 are allowed',
    ]);
    expect(fitsInTheHead(sourceOf('src/sim/f.ts', 'step();\n'.repeat(300)))).toEqual([]);
    expect(fitsInTheHead(sourceOf('src/sim/f.ts', 'step();\n'.repeat(301)))).toEqual([
      'src/sim/f.ts has 301 lines; 300 are allowed',
    ]);
  });

  test('a suite of tests may be longer, a test in it may not', () => {
    const longTest = `test('t', () => {\n${'step();\n'.repeat(70)}});\n`;

    expect(fitsInTheHead(sourceOf('test/a.test.ts', `describe.each([1])('d', () => {\n${longTest}});`))).toEqual([
      'test/a.test.ts:2 is a function of 72 lines; 60 are allowed',
    ]);
  });
});

describe('nobody asks the compiler to look away', () => {
  test('everywhere', () => {
    expect(allSources.flatMap(noDoubleCasts)).toEqual([]);
  });

  test('a cast by way of unknown is found', () => {
    expect(noDoubleCasts(sourceOf('src/sim/bad.ts', 'const a = (b as unknown) as number;'))).toEqual([
      'src/sim/bad.ts:1 casts twice; narrow the value with a check',
    ]);
  });
});

describe('lists are complete', () => {
  const moduleFolders = ['src/workloads', ...subfolders('src/schedulers')];
  const profiles = ['src/hardware-profiles', 'src/model-profiles'].flatMap((folder) => filesUnder(folder, '.yaml'));

  test.each(moduleFolders)('every module of %s is in its index.ts', async (folder) => {
    const index = `${folder}/index.ts`;
    const others = readdirSync(folder)
      .filter((name) => name.endsWith('.ts') && name !== 'index.ts')
      .map((name) => `${folder}/${name}`);
    const exports = await Promise.all(others.map(async (file) => [file, await load(file)] as const));

    expect(unlistedModules(index, await load(index), Object.fromEntries(exports))).toEqual([]);
  });

  test.each([...new Set(profiles.map((file) => posix.dirname(file)))])(
    'every profile of %s is in its index.ts',
    (folder) => {
      const index = [`${folder}/index.ts`, `${posix.dirname(folder)}/index.ts`].find((file) => existsSync(file));
      if (index === undefined) throw new Error(`${folder} has profiles and no index.ts that lists them`);
      const files = profiles.filter((file) => posix.dirname(file) === folder);

      expect(unlistedData(sourceOf(index, readFileSync(index, 'utf8')), files)).toEqual([]);
    },
  );

  test('a module that is in no list is found and its line named; a helper is not a module', () => {
    const listed = { name: 'round-robin', create: () => undefined };
    const forgotten = { name: 'prefix-aware', create: () => undefined };

    expect(
      unlistedModules(
        'src/schedulers/routing/index.ts',
        { routingPolicies: [listed] },
        {
          'src/schedulers/routing/round-robin.ts': { roundRobin: listed },
          'src/schedulers/routing/prefix-aware.ts': { prefixAware: forgotten },
          'src/schedulers/routing/scores.ts': { scoreOf: () => 1, WEIGHTS: { name: 'weights' } },
        },
      ),
    ).toEqual([
      `src/schedulers/routing/index.ts does not list prefix-aware: import prefixAware from './prefix-aware.ts' and add it`,
    ]);
  });

  test('a profile that is in no list is found and its line named', () => {
    const index = sourceOf(
      'src/hardware-profiles/index.ts',
      `export const names = ['h100-sxm', 'accelerators/l40s.yaml'];`,
    );

    expect(unlistedData(index, ['h100-sxm.yaml', 'l40s.yaml', 'b200.yaml'])).toEqual([
      `src/hardware-profiles/index.ts does not list b200: add the line 'b200',`,
    ]);
  });
});

describe('the text speaks to whoever has a clone and nothing else', () => {
  const endings = ['.ts', '.mjs', '.js', '.md', '.yaml', '.json', '.csv'];
  const files = ['src', 'test', 'bench', 'scripts', 'docs', 'scenarios', 'validation', 'bin']
    .flatMap((folder) => filesUnder(folder, ...endings))
    .concat('README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'package.json', 'vitest.config.ts', '.ci/run');

  test('everywhere', () => {
    expect(files.flatMap((file) => unwantedText(file, readFileSync(file, 'utf8')))).toEqual([]);
  });

  // In halves, so that this file does not say them.
  test.each([
    ['/ho', 'me/', 'names a folder of one machine'],
    ['../sha', 'red', 'names a folder that a clone does not have'],
    ['TO', 'DO', 'leaves work behind: do it, or write it down outside the code'],
    ['iss', 'ue 12', 'cites an issue: say the reason itself'],
  ])('%s%s is found', (head, tail, problem) => {
    expect(unwantedText('docs/bad.md', `fine\nsee ${head}${tail}`)).toEqual([
      `docs/bad.md:2 ${problem}: ${head}${tail}`,
    ]);
  });
});

function subfolders(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}`);
}

async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
  return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
}
