import { expect, test } from 'vitest';
import { NS_PER_S } from '../../src/sim/units.ts';
import { chat } from '../../src/workloads/chat.ts';
import { generate, type GeneratedRequest } from '../../src/workloads/generate.ts';
import { trace } from '../../src/workloads/trace.ts';
import { traceOptions } from '../../src/workloads/trace-options.ts';
import { serve } from './closed-loop.ts';
import { bytesOf, contextOf } from './support.ts';

const SERVICE_NS = 3 * NS_PER_S;
const HORIZON_NS = 600 * NS_PER_S;

const conversations = () =>
  chat.create(chat.options.parse({ requestsPerS: 2, turns: 4 }), contextOf({ horizonNs: HORIZON_NS }));

function generated(...workloads: Parameters<typeof generate>[0]): GeneratedRequest[] {
  const requests: GeneratedRequest[] = [];
  generate(
    workloads,
    HORIZON_NS,
    () => SERVICE_NS,
    (request) => requests.push(request),
  );
  return requests;
}

test('sends what a server would be sent that takes as long for every request', () => {
  const expected = serve(conversations(), { serviceNs: SERVICE_NS, horizonNs: HORIZON_NS });
  const requests = generated(conversations());

  expect(requests.map(({ arrivalNs, promptTokens, session }) => [arrivalNs, promptTokens, session])).toEqual(
    expected.map(({ arrivalNs, promptTokens, session }) => [arrivalNs, promptTokens, session]),
  );
  expect(requests.map(({ streams, ends }) => streams.map((stream, k) => [stream, ends[k]]))).toEqual(
    expected.map(({ path }) => path),
  );
});

test('several workloads come in order of arrival, each as if it were alone', () => {
  const rows = Array.from({ length: 50 }, (_, k) => `${3 * k},10,5`);
  const log = ['timestamp_s,input_tokens,output_tokens', ...rows].join('\n');
  const replay = () => trace.create(traceOptions.parse({}), contextOf({ horizonNs: HORIZON_NS, trace: bytesOf(log) }));
  const together = generated(conversations(), replay());

  expect(together.map(({ arrivalNs }) => arrivalNs)).toEqual(
    together.map(({ arrivalNs }) => arrivalNs).toSorted((a, b) => a - b),
  );
  expect(together.filter(({ workload }) => workload === 0)).toEqual(generated(conversations()));
  expect(together.filter(({ workload }) => workload === 1)).toHaveLength(50);
});
