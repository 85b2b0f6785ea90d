import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { NS_PER_S } from '../../src/sim/units.ts';
import { trace } from '../../src/workloads/trace.ts';
import { traceOptions, type TraceOptions } from '../../src/workloads/trace-options.ts';
import type { TraceSummary } from '../../src/workloads/trace-summary.ts';
import { serve, type Sent } from './closed-loop.ts';
import { measuredFile } from './measured-file.ts';
import { bytesOf, contextOf } from './support.ts';

type Given = Partial<TraceOptions>;

function sentBy(text: string, given: Given = {}): Sent[] {
  const options = traceOptions.parse({ spreadMs: 0, ...given });
  return serve(trace.create(options, contextOf({ horizonNs: 3_600 * NS_PER_S, trace: bytesOf(text) })), {
    serviceNs: 2 * NS_PER_S,
  });
}

function scan(text: string | Uint8Array, given: Given = {}): TraceSummary {
  return trace.scanTrace!(bytesOf(text, 1_000), traceOptions.parse(given));
}

/** Arrival in s, prompt and output tokens. */
function triples(sent: readonly Sent[]): number[][] {
  return sent.map(({ arrivalNs, promptTokens, outputTokens }) => [arrivalNs / NS_PER_S, promptTokens, outputTokens]);
}

describe('the format is told by the content', () => {
  const expected = [
    [0, 472, 18],
    [40, 1_087, 230],
    [40.5, 417, 276],
  ];
  const files: Readonly<Record<string, string>> = {
    'Azure 2023': `TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:15:46.6805900,472,18
2023-11-16 18:16:26.6805900,1087,230
2023-11-16 18:16:27.1805900,417,276`,
    'Azure 2025, with images': `TIMESTAMP,NumImages,ContextTokens,GeneratedTokens
2024-10-15T12:00:00.269Z,1,472,18
2024-10-15T12:00:40.269Z,0,1087,230
2024-10-15T12:00:40.769Z,2,417,276`,
    BurstGPT: `Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type
5,ChatGPT,472,18,490,Conversation log
45,ChatGPT,1087,230,1317,Conversation log
45.5,GPT-4,417,276,693,API log`,
    'a sample of ServeGen': `timestamp_s,client,input_tokens,output_tokens,reason_tokens
0.0,37,472,18,10
40.0,217,1087,230,0
40.5,37,417,276,276`,
    Vidur: `arrived_at,num_prefill_tokens,num_decode_tokens
1.5,472,18
41.5,1087,230
42,417,276`,
    'splitwise-sim': `request_id,request_type,application_id,arrival_timestamp,batch_size,prompt_size,token_size
0,2,0,0.0,1,472,18
1,2,0,40.0,1,1087,230
2,2,0,40.5,1,417,276`,
    'Mooncake without hashes': `{"timestamp": 100, "input_length": 472, "output_length": 18}
{"timestamp": 40100, "input_length": 1087, "output_length": 230}
{"timestamp": 40600, "input_length": 417, "output_length": 276}`,
    LLMServingSim: `{"input_toks": 472, "output_toks": 18, "arrival_time_ns": 0, "input_tok_ids": [1, 2]}
{"input_toks": 1087, "output_toks": 230, "arrival_time_ns": 40000000000}
{"input_toks": 417, "output_toks": 276, "arrival_time_ns": 40500000000}`,
  };

  test.each(Object.entries(files))('%s', (_, text) => {
    expect(triples(sentBy(text))).toEqual(expected);
  });

  test('hidden reasoning is kept, less than the whole answer', () => {
    expect(sentBy(files['a sample of ServeGen']!).map(({ reasoningTokens }) => reasoningTokens)).toEqual([10, 0, 275]);
  });

  test('what cannot be read says what it is', () => {
    const first = (bytes: readonly number[]) => scan(new Uint8Array([...bytes, 0, 0, 0, 0])).problems[0]?.message;

    const archive = new Uint8Array(512);
    archive.set(Buffer.from('ustar'), 257);

    expect(first([0x50, 0x41, 0x52, 0x31])).toMatch(/^the file is Parquet/);
    expect(scan(archive).problems.map(({ message }) => message)).toEqual([
      'the file is a tar archive — unpack it first: tar xf <file>',
    ]);
    expect(scan('').problems[0]?.message).toMatch(/has none of the columns ContextTokens/);
    expect(scan('{"id": 1, "block": 64, "r": []}').problems[0]?.message).toMatch(/see kind: session-trace$/);
  });
});

describe('BurstGPT', () => {
  const text = `Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type
5,7,1.5,ChatGPT,10,20,30,Conversation log
5,,1.5,ChatGPT,11,0,11,API log
5,7,1.5,ChatGPT,12,20,32,Conversation log
6,,1.5,ChatGPT,13,20,33,API log`;

  test('an answer of no tokens has failed, and is no request', () => {
    expect(sentBy(text).map(({ promptTokens }) => promptTokens)).toEqual([10, 12, 13]);
    expect(scan(text)).toMatchObject({ rows: 3, problemCount: 0 });
  });

  test('conversations keep their number', () => {
    expect(sentBy(text).map(({ session }) => session)).toEqual([7, 7, -1]);
  });

  test('requests of one second are spread over it', () => {
    const [first, second, third] = sentBy(text, { spreadMs: undefined }).map(({ arrivalNs }) => arrivalNs);

    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThan(first!);
    expect(second).toBeLessThan(NS_PER_S);
    expect(third).toBe(NS_PER_S);
  });
});

describe('Qwen Bailian', () => {
  // Blocks of 16 tokens; the second request goes on with the first one's complete blocks.
  const text = `{"chat_id": 55, "parent_chat_id": -1, "timestamp": 61.114, "input_length": 40, "output_length": 5, "type": "text", "turn": 1, "hash_ids": [1, 2, 3]}
{"chat_id": 159, "parent_chat_id": 55, "timestamp": 61.614, "input_length": 64, "output_length": 132, "type": "text", "turn": 2, "hash_ids": [1, 2, 4, 5]}
{"chat_id": 160, "parent_chat_id": 159, "timestamp": 71.114, "input_length": 70, "output_length": 9, "type": "text", "turn": 3, "hash_ids": [1, 2, 4, 6, 7]}`;

  test('times are seconds, and a conversation is named after its first chat', () => {
    const sent = sentBy(text);

    expect(triples(sent)).toEqual([
      [0, 40, 5],
      [0.5, 64, 132],
      [10, 70, 9],
    ]);
    expect(sent.map(({ session }) => session)).toEqual([55, 55, 55]);
  });

  test('blocks have 16 tokens', () => {
    // 2 blocks of the first, then 3 of the second.
    expect(scan(text).meanReusedTokens).toBeCloseTo((0 + 32 + 48) / 3, 10);
  });
});

describe('sessions', () => {
  const aiperf = `{"timestamp": 0, "session_id": "a", "input_length": 100, "output_length": 10}
{"session_id": "a", "delay": 500, "input_length": 50, "output_length": 20}
{"session_id": "a", "delay": 1000, "input_length": 7, "output_length": 30}
{"timestamp": 1000, "session_id": "b", "input_length": 200, "output_length": 40}`;

  test('of AIPerf send each turn after the answer before it, with all that came before in its prompt', () => {
    // Every answer takes 2 s.
    expect(triples(sentBy(aiperf))).toEqual([
      [0, 100, 10],
      [1, 200, 40],
      [2.5, 100 + 10 + 50, 20],
      [5.5, 160 + 20 + 7, 30],
    ]);
    expect(scan(aiperf)).toMatchObject({ rows: 4, sessions: 2, meanSessionS: 0.75, meanReusedTokens: (109 + 179) / 4 });
  });

  test('of LLMServingSim wait for the tool of the request before', () => {
    const text = `{"session_id": 3, "arrival_time_ns": 1000000000, "sub_requests": [
{"input_toks": 100, "output_toks": 10, "tool_duration_ns": 3000000000}, {"input_toks": 150, "output_toks": 5, "tool_duration_ns": 0}]}`;

    expect(triples(sentBy(text.replaceAll('\n', '')))).toEqual([
      [0, 100, 10],
      [5, 150, 5],
    ]);
  });

  test('a line without a time that belongs to no session before it is malformed', () => {
    const text = `${aiperf}\n{"session_id": "a", "input_length": 1, "output_length": 1}`;

    expect(scan(text).problems).toMatchObject([{ line: 5, message: 'the key "timestamp" is missing' }]);
  });
});

describe('files without times', () => {
  const message = (from: string, characters: number) => ({ from, value: 'x'.repeat(characters - 2) + 'é"' });
  const conversation = (...characters: readonly number[]) => ({
    id: 'c',
    conversations: characters.map((count, k) => message(k % 2 === 0 ? 'human' : 'gpt', count)),
  });
  // Left out as by vLLM: alone, too short, a prompt too long.
  const shareGpt = JSON.stringify(
    [conversation(400, 80, 60), conversation(40), conversation(8, 80), conversation(4_104, 80), conversation(40, 16)],
    null,
    1,
  );

  test('ShareGPT: first message and answer of a conversation, four characters a token', () => {
    const sent = sentBy(shareGpt, { requestsPerS: 1 });

    expect(sent.map(({ promptTokens, outputTokens }) => [promptTokens, outputTokens])).toEqual([
      [100, 20],
      [10, 4],
    ]);
  });

  test('prompts as vLLM’s benchmark takes them', () => {
    const text = `{"prompt": "${'x'.repeat(400)}", "output_tokens": 32}\n{"prompt": "${'x'.repeat(200)}"}`;

    expect(
      sentBy(text, { requestsPerS: 1, charactersPerToken: 5 }).map(({ promptTokens, outputTokens }) => [
        promptTokens,
        outputTokens,
      ]),
    ).toEqual([
      [80, 32],
      [40, 256],
    ]);
  });

  test('are refused without a rate, once', () => {
    expect(scan(shareGpt).problems).toEqual([
      { line: 1, column: 1, message: 'the file does not say when its requests arrive — give requestsPerS' },
    ]);
  });

  test('an array that breaks off is malformed at the line of its last object', () => {
    const problems = scan('[\n{"conversations": []},\n{"conver', { requestsPerS: 1 }).problems;

    expect(problems.map(({ line }) => line)).toEqual([3]);
    expect(problems[0]?.message).toMatch(/ends within an object/);
  });
});

describe('malformed rows', () => {
  const rows = Array.from({ length: 25 }, (_, k) => `${k},x,1`);
  const text = ['timestamp_s,input_tokens,output_tokens', '0,5,1', ...rows, '30,7,1'].join('\n');

  test('are told with their lines, ten of them, and all counted', () => {
    const { problems, problemCount } = scan(text);

    expect(problemCount).toBe(25);
    expect(problems.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test('are left out and counted with skipBadRows', () => {
    expect(scan(text, { skipBadRows: true })).toMatchObject({ rows: 2, problemCount: 0, skippedRows: 25 });
    expect(triples(sentBy(text, { skipBadRows: true }))).toEqual([
      [0, 5, 1],
      [30, 7, 1],
    ]);
  });
});

describe('measured files', () => {
  const AZURE = measuredFile('azure_2023_conv.csv');
  const SERVEGEN = measuredFile('servegen_deepseek_r1_sampled_1h.csv');
  const MOONCAKE = measuredFile('mooncake_conversation.jsonl');

  test.runIf(AZURE.path)(AZURE.title('Azure 2023 conversations: 19,366 requests of 1,154.7 and 211.1 tokens'), () => {
    const { rows, meanPromptTokens, meanOutputTokens } = scan(readFileSync(AZURE.path!));

    expect(rows).toBe(19_366);
    expect(meanPromptTokens).toBeCloseTo(1_154.7, 1);
    expect(meanOutputTokens).toBeCloseTo(211.1, 1);
  });

  test.runIf(SERVEGEN.path)(SERVEGEN.title('a sample of ServeGen: 38,182 requests'), () => {
    expect(scan(readFileSync(SERVEGEN.path!))).toMatchObject({ rows: 38_182, problemCount: 0 });
  });

  test.runIf(MOONCAKE.path)(
    MOONCAKE.title('Mooncake conversations: 12,031 requests, 0.3734 of the tokens reused'),
    () => {
      const { rows, meanPromptTokens, meanReusedTokens } = scan(readFileSync(MOONCAKE.path!));

      expect(rows).toBe(12_031);
      expect(meanReusedTokens / meanPromptTokens).toBeCloseTo(0.3734, 4);
    },
  );
});
