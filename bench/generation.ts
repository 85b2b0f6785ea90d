import type { ArrivalSink, RequestView, Workload } from '../dist/sim/ports.js';
import { Streams } from '../dist/sim/streams.js';
import { agentic } from '../dist/workloads/agentic.js';
import { chat } from '../dist/workloads/chat.js';
import type { Bench, Figure } from './bench.ts';

const CHAT_REQUESTS = 5_000_000;
const AGENTIC_STEPS = 2_000_000;
const HORIZON_NS = 1e15;

const contextOf = (name: string) => ({ name, horizonNs: HORIZON_NS, streams: new Streams(1) });

/** Workloads alone: how fast they say what they ask for, without anybody who serves it. */
export const generation: Bench = {
  name: 'generation',
  about: `${CHAT_REQUESTS / 1e6} M chat requests and ${AGENTIC_STEPS / 1e6} M steps of agents, presets, generated and not simulated`,
  run(): Figure[] {
    const chatOf = () => chat.create(chat.options.parse({ requestsPerS: 1_000 }), contextOf('chat'));
    const agenticOf = () =>
      agentic.create(agentic.options.parse({ sessionsPerHour: 3_600, subagents: { share: 0 } }), contextOf('agents'));
    pulledTokens(chatOf(), CHAT_REQUESTS / 10); // warm up the compiler
    stepTokens(agenticOf(), AGENTIC_STEPS / 10);
    const chatS = timed('chat', CHAT_TOKENS, () => pulledTokens(chatOf(), CHAT_REQUESTS));
    const agenticS = timed('agentic', AGENTIC_TOKENS, () => stepTokens(agenticOf(), AGENTIC_STEPS));
    return [
      { name: 'generation.chat_requests_per_s', value: CHAT_REQUESTS / chatS, unit: '1/s' },
      { name: 'generation.agentic_steps_per_s', value: AGENTIC_STEPS / agenticS, unit: '1/s' },
    ];
  },
};

/** What is generated, told by its prompt tokens: other draws are another benchmark. */
const CHAT_TOKENS = 5_781_238_556;
const AGENTIC_TOKENS = 248_624_916_270;

/** One thread that waits for nothing: its CPU time is what it takes on a machine with nothing else to do. */
function timed(bench: string, expectedTokens: number, generate: () => number): number {
  const before = process.cpuUsage();
  const tokens = generate();
  const { user, system } = process.cpuUsage(before);
  if (tokens !== expectedTokens) throw new Error(`${bench}: ${tokens} prompt tokens, ${expectedTokens} expected`);
  return (user + system) / 1e6;
}

function pulledTokens(workload: Workload, requests: number): number {
  const sink = new CountingSink();
  for (let request = 0; request < requests; request++) workload.pull(sink);
  return sink.tokens;
}

/** Sessions one after the other, subagents left out, each answer there at once. */
function stepTokens(workload: Workload, steps: number): number {
  const sink = new CountingSink();
  while (sink.requests < steps) {
    workload.pull(sink);
    // A session that is over pushes nothing.
    for (let before = -1; before < sink.requests;) {
      before = sink.requests;
      workload.onFinish!(0, sink.latest, sink.latestNs, sink);
    }
  }
  return sink.tokens;
}

/** Counts what is pushed; the view is of the latest request, whatever row is asked for. */
class CountingSink implements ArrivalSink {
  requests = 0;
  tokens = 0;
  latestNs = 0;
  #session = 0;
  readonly latest: RequestView = {
    arrivalNs: () => this.latestNs,
    promptTokens: () => 0,
    session: () => this.#session,
    workload: () => 0,
    model: () => 0,
    deadlineNs: () => Infinity,
  };

  share(): void {}

  due(): void {}

  push(
    arrivalNs: number,
    promptTokens: number,
    _outputTokens: number,
    _reasoningTokens: number,
    session: number,
  ): void {
    this.requests++;
    this.tokens += promptTokens;
    this.latestNs = arrivalNs;
    this.#session = session;
  }
}
