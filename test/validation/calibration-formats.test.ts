import { describe, expect, test } from 'vitest';
import type { GivenLoad } from '../../src/validation/calibration-formats.ts';
import { readPoints } from '../../src/validation/calibration-formats.ts';

const NOTHING_GIVEN: GivenLoad = { concurrency: undefined, requestsPerS: undefined };
const read = (text: string, file = 'results.csv', given = NOTHING_GIVEN) => readPoints(text, file, given);

describe('our own CSV', () => {
  test('has one point a row; empty cells were not measured', () => {
    const { points, problems } = read(
      [
        '# Llama-3.1-8B, two accelerators',
        'concurrency,request_rate,prompt_tokens,output_tokens,tensor_parallel,ttft_mean_ms,tpot_mean_ms',
        '16,,512,128,2,40.5,8.25',
        ',3.5,1024,64,2,,9',
      ].join('\n'),
    );

    expect(problems).toEqual([]);
    expect(points).toEqual([
      {
        at: 'results.csv:3',
        load: {
          concurrency: 16,
          requestsPerS: undefined,
          requests: undefined,
          promptTokens: 512,
          outputTokens: 128,
          tensorParallel: 2,
        },
        measured: { ttftMeanMs: 40.5, tpotMeanMs: 8.25 },
      },
      {
        at: 'results.csv:4',
        load: {
          concurrency: undefined,
          requestsPerS: 3.5,
          requests: undefined,
          promptTokens: 1024,
          outputTokens: 64,
          tensorParallel: 2,
        },
        measured: { tpotMeanMs: 9 },
      },
    ]);
  });

  test.each([
    [
      'concurrency,prompt_tokens,output_tokens,tpot_mean_ms\n4,512,128,fast',
      'results.csv:2 tpot_mean_ms: "fast" is no number above 0',
    ],
    [
      'concurrency,prompt_tokens,output_tokens,tpot_mean_ms\n4,512,128,-3',
      'results.csv:2 tpot_mean_ms: "-3" is no number above 0',
    ],
    [
      'concurrency,prompt_tokens,output_tokens,tpot_mean_ms\n\n4,512,128',
      'results.csv:3 has 3 cells; the header has 4',
    ],
    [
      'concurrency,prompt_tokens,output_tokens,tpot_mean_ms\n2.5,512,128,7',
      'results.csv:2 concurrency: 2.5 is no whole number',
    ],
    [
      'concurrency,prompt_tokens,output_tokens,tpot_mean_ms\n4,,128,7',
      'results.csv:2 does not say prompt and output tokens',
    ],
    ['concurrency,prompt_tokens,output_tokens,tpot_mean_ms\n4,512,128,', 'results.csv:2 has nothing measured'],
    ['prompt_tokens,tpot_mean_ms\n512,7', 'results.csv:1 the column output_tokens is missing'],
    ['', 'results.csv: is empty'],
  ])('%j is refused: %s', (text, problem) => {
    expect(read(text)).toEqual({ points: [], problems: [problem] });
  });

  test('an unknown column is named with the known ones', () => {
    const { problems } = read('concurency,prompt_tokens,output_tokens,tpot_mean_ms\n4,512,128,7');

    expect(problems[0]).toMatch(/^results\.csv:1 unknown column "concurency"; known: concurrency, request_rate,/);
  });
});

describe('vLLM bench serve', () => {
  const run = {
    date: '20260601-120000',
    backend: 'vllm',
    model_id: 'meta-llama/Llama-3.1-8B',
    num_prompts: 200,
    request_rate: 'inf',
    max_concurrency: 32,
    duration: 60,
    completed: 200,
    total_input_tokens: 204800,
    total_output_tokens: 25600,
    output_throughput: 426.7,
    mean_ttft_ms: 55.2,
    mean_tpot_ms: 9.1,
    p99_tpot_ms: 14,
  };
  const point = {
    load: {
      concurrency: 32,
      requestsPerS: undefined,
      requests: 200,
      promptTokens: 1024,
      outputTokens: 128,
      tensorParallel: undefined,
    },
    measured: { ttftMeanMs: 55.2, tpotMeanMs: 9.1, outputTokensPerS: 426.7 },
  };

  test('one run a file, several in a list, or one a line', () => {
    expect(read(JSON.stringify(run, null, 2), 'run.json').points).toEqual([{ at: 'run.json', ...point }]);
    expect(read(JSON.stringify([run, run]), 'runs.json').points.map(({ at }) => at)).toEqual([
      'runs.json, run 1',
      'runs.json, run 2',
    ]);
    expect(read(`${JSON.stringify(run)}\n${JSON.stringify(run)}\n`, 'runs.jsonl').points.map(({ at }) => at)).toEqual([
      'runs.jsonl:1',
      'runs.jsonl:2',
    ]);
  });

  test('a rate that is a number is a rate', () => {
    const [rated] = read(JSON.stringify({ ...run, request_rate: 4, max_concurrency: null }), 'run.json').points;

    expect(rated!.load).toMatchObject({ concurrency: undefined, requestsPerS: 4 });
  });

  test('what is not one is refused with its line', () => {
    expect(read(`${JSON.stringify(run)}\n{"broken": `, 'runs.jsonl').problems).toEqual(['runs.jsonl:2 is no JSON']);
    expect(read('{"a": 1}', 'x.json').problems[0]).toMatch(/^x\.json has no completed, /);
  });
});

describe('genai-perf and AIPerf', () => {
  const text = [
    'Metric,avg,min,max,p99,p95,p90,p75,p50,p25',
    'Time To First Token (ms),"1,055.20",12.0,2000.0,1990.0,1900.0,1800.0,1200.0,1000.0,500.0',
    'Inter Token Latency (ms),9.10,8.0,12.0,11.9,11.5,11.0,10.0,9.0,8.5',
    'Request Latency (ms),"2,210.90",1000.0,3000.0,2900.0,2800.0,2700.0,2500.0,2200.0,2000.0',
    'Output Sequence Length (tokens),128.00,128,128,128,128,128,128,128,128',
    'Input Sequence Length (tokens),"1,024.00",1024,1024,1024,1024,1024,1024,1024,1024',
    '',
    'Metric,Value',
    'Output Token Throughput (per sec),"1,850.40"',
    'Request Throughput (per sec),14.46',
  ].join('\n');
  const measured = {
    ttftMeanMs: 1055.2,
    tpotMeanMs: 9.1,
    e2eMeanMs: 2210.9,
    outputTokensPerS: 1850.4,
    requestsPerS: 14.46,
  };

  test('the folder that genai-perf makes says how many users there were; else the command line does', () => {
    const file = 'artifacts/llama-openai-chat-concurrency32/profile_export_genai_perf.csv';
    const [fromFolder] = read(text, file).points;
    const [fromOption] = read(text, 'export.csv', { concurrency: 8, requestsPerS: undefined }).points;

    expect(fromFolder).toMatchObject({ load: { concurrency: 32, promptTokens: 1024, outputTokens: 128 }, measured });
    expect(fromOption).toMatchObject({ load: { concurrency: 8 } });
    expect(read(text, 'export.csv').problems[0]).toMatch(/give --concurrency or --request-rate$/);
  });

  test('a figure that is none is refused with its line', () => {
    const broken = text.replace('9.10', 'N/A');

    expect(read(broken, 'concurrency8.csv').problems).toEqual([
      'concurrency8.csv:3 Inter Token Latency (ms): "N/A" is no number above 0',
    ]);
  });
});
