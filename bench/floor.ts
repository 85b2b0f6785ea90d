import type { Bench, Figure } from './bench.ts';
import { pin } from './bench.ts';

const REQUESTS = 2_000_000;
const INSTANCES = 64;
const MEAN_GAP_NS = 1e9 / 256;
const MEAN_PROMPT_TOKENS = 512;
const MEAN_OUTPUT_TOKENS = 256;
const MAX_BATCHED_TOKENS = 8_192;
/** Round numbers of the size of a large model's: any would do. */
const STEP_NS = 9e6;
const NS_PER_SEQ = 2_000;
const NS_PER_KV_TOKEN = 20;
const NS_PER_PROMPT_TOKEN = 38_000;

/**
 * How fast chat could be at all: the same arrivals, two choices, batches, closed forms and events as in the bench `chat`, in one
 * file of functions over a few arrays. It has no prefix cache, counts no memory and no exact ticks, knows one engine and one
 * formula: what it lacks, and the structure it does without, is what the time of the model is made of. Its results mean nothing.
 */
export const floor: Bench = {
  name: 'floor',
  about: `${REQUESTS.toLocaleString('en')} requests through the least that chat needs, in flat arrays: not the model`,
  run(): Figure[] {
    simulate(100_000); // warm up the compiler
    const startMs = performance.now();
    const events = simulate(REQUESTS);
    const wallS = (performance.now() - startMs) / 1_000;
    pin('floor', events, 7_593_031);
    return [
      { name: 'floor.requests_per_s', value: REQUESTS / wallS, unit: '1/s' },
      { name: 'floor.events_per_request', value: events / REQUESTS, unit: '1' },
    ];
  },
};

// ---------------------------------------------------------------------------------------------- state

/** A row for each instance. */
const START_NS = 0;
const STEPS = 1;
const FIXED_NS = 2;
const NS_PER_TOKEN = 3;
const SEQS = 4;
const KV_TOKENS = 5;
const STEPS_DONE = 6;
const WAITING = 7;
const DECODING = 8;
const PROMPTS = 9;
const ROW = 16;
const instances = new Float64Array(INSTANCES * ROW);
const outstanding = new Int32Array(INSTANCES);
/** No instance has more requests. */
const PLACES = 64;
const waiting = new Int32Array(INSTANCES * PLACES);
const prompts = new Int32Array(INSTANCES * PLACES);
const heapSteps = new Float64Array(INSTANCES * PLACES);
const heapRequests = new Int32Array(INSTANCES * PLACES);

const IN_FLIGHT = INSTANCES * PLACES;
const arrivalNs = new Float64Array(IN_FLIGHT);
const promptTokens = new Float64Array(IN_FLIGHT);
const outputTokens = new Float64Array(IN_FLIGHT);
const firstTokenNs = new Float64Array(IN_FLIGHT);
const fromStep = new Float64Array(IN_FLIGHT);
const free = new Int32Array(IN_FLIGHT);
let freeRequests = 0;

const eventNs = new Float64Array(INSTANCES);
const winners = new Int32Array(2 * INSTANCES);

const CHUNK = 16_384;
const columns = Array.from({ length: 12 }, () => new Float64Array(CHUNK));
let rows = 0;

// ---------------------------------------------------------------------------------------------- chance

const DRAWS = 4_096;
const exponential = Float64Array.from({ length: DRAWS }, (_, draw) => -Math.log(1 - (draw + 0.5) / DRAWS));
let state = 0;

function uniform(): number {
  state = (state + 0x9e3779b9) | 0;
  let bits = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return ((bits ^ (bits >>> 15)) >>> 0) / 4_294_967_296;
}

const drawn = (): number => exponential[(uniform() * DRAWS) | 0]!;

// ---------------------------------------------------------------------------------------------- model

function simulate(requests: number): number {
  begin();
  let events = 0;
  let left = requests;
  let nextNs = 0;
  while (left > 0 || eventNs[winners[1]!]! !== Infinity) {
    const first = winners[1]!;
    const nowNs = eventNs[first]!;
    events++;
    if (left > 0 && nextNs <= nowNs) {
      arrive(nextNs);
      left--;
      nextNs += Math.round(MEAN_GAP_NS * drawn());
    } else {
      endSegment(first, nowNs);
      formBatch(first, nowNs);
    }
  }
  return events;
}

function begin(): void {
  state = 1;
  rows = 0;
  freeRequests = IN_FLIGHT;
  instances.fill(0);
  outstanding.fill(0);
  eventNs.fill(Infinity);
  for (let request = 0; request < IN_FLIGHT; request++) free[request] = request;
  for (let instance = 0; instance < INSTANCES; instance++) winners[INSTANCES + instance] = instance;
  for (let node = INSTANCES - 1; node > 0; node--) winners[node] = winners[2 * node]!;
}

function arrive(nowNs: number): void {
  const request = free[--freeRequests]!;
  arrivalNs[request] = nowNs;
  promptTokens[request] = Math.max(1, Math.round(MEAN_PROMPT_TOKENS * drawn()));
  outputTokens[request] = Math.max(1, Math.round(MEAN_OUTPUT_TOKENS * drawn()));
  const one = (uniform() * INSTANCES) | 0;
  const other = (uniform() * INSTANCES) | 0;
  const instance = outstanding[other]! < outstanding[one]! ? other : one;
  const row = instance * ROW;
  if (++outstanding[instance]! > PLACES) throw new Error('an instance has more requests than places');
  waiting[instance * PLACES + instances[row + WAITING]!] = request;
  instances[row + WAITING]!++;
  if (instances[row + STEPS] === 0) formBatch(instance, nowNs);
  else if (instances[row + PROMPTS] === 0 && instances[row + WAITING] === 1) cutAt(instance, nowNs);
}

/** End at the next step boundary. */
function cutAt(instance: number, nowNs: number): void {
  const row = instance * ROW;
  const passedNs = nowNs - instances[row + START_NS]!;
  const square = (instances[row + NS_PER_TOKEN]! * instances[row + SEQS]!) / 2;
  const linear = instances[row + FIXED_NS]! + instances[row + NS_PER_TOKEN]! * instances[row + KV_TOKENS]! - square;
  const steps = (2 * passedNs) / (linear + Math.sqrt(linear * linear + 4 * square * passedNs));
  startSteps(instance, Math.min(instances[row + STEPS]!, Math.max(1, Math.ceil(steps))));
}

function endSegment(instance: number, nowNs: number): void {
  const row = instance * ROW;
  const steps = instances[row + STEPS]!;
  instances[row + STEPS_DONE]! += steps;
  instances[row + KV_TOKENS]! += steps * instances[row + SEQS]!;
  instances[row + START_NS] = nowNs;
  instances[row + STEPS] = 0;
  while (instances[row + DECODING]! > 0 && heapSteps[instance * PLACES] === instances[row + STEPS_DONE]) {
    const request = popFirst(instance);
    instances[row + SEQS]!--;
    instances[row + KV_TOKENS]! -= promptTokens[request]! + outputTokens[request]!;
    depart(instance, request, nowNs);
  }
  for (let prompt = 0; prompt < instances[row + PROMPTS]!; prompt++) {
    endPrompt(instance, prompts[instance * PLACES + prompt]!, nowNs);
  }
  instances[row + PROMPTS] = 0;
}

function endPrompt(instance: number, request: number, nowNs: number): void {
  const row = instance * ROW;
  firstTokenNs[request] = nowNs;
  if (outputTokens[request] === 1) {
    depart(instance, request, nowNs);
    return;
  }
  fromStep[request] = instances[row + STEPS_DONE]!;
  push(instance, request, instances[row + STEPS_DONE]! + outputTokens[request]! - 1);
  instances[row + SEQS]!++;
  instances[row + KV_TOKENS]! += promptTokens[request]! + 1;
}

function formBatch(instance: number, nowNs: number): void {
  const row = instance * ROW;
  const first = instance * PLACES;
  const count = instances[row + WAITING]!;
  let left = MAX_BATCHED_TOKENS - instances[row + SEQS]!;
  let taken = 0;
  let pairs = 0;
  let tokens = 0;
  for (; taken < count && left > 0; taken++) {
    const request = waiting[first + taken]!;
    prompts[first + taken] = request;
    tokens += promptTokens[request]!;
    pairs += (promptTokens[request]! * promptTokens[request]!) / 2;
    left -= promptTokens[request]!;
  }
  waiting.copyWithin(first, first + taken, first + count);
  instances[row + START_NS] = nowNs;
  instances[row + WAITING] = count - taken;
  instances[row + PROMPTS] = taken;
  const seqs = instances[row + SEQS]!;
  const decodeNs = STEP_NS + seqs * NS_PER_SEQ;
  if (taken > 0) {
    const computeNs = tokens * NS_PER_PROMPT_TOKEN + 2 * pairs;
    const memoryNs = decodeNs + instances[row + KV_TOKENS]! * NS_PER_KV_TOKEN;
    instances[row + FIXED_NS] = Math.round(Math.max(computeNs, memoryNs));
    instances[row + NS_PER_TOKEN] = 0;
    startSteps(instance, 1);
  } else if (seqs > 0) {
    instances[row + FIXED_NS] = decodeNs;
    instances[row + NS_PER_TOKEN] = NS_PER_KV_TOKEN;
    startSteps(instance, heapSteps[first]! - instances[row + STEPS_DONE]!);
  } else {
    play(instance, Infinity);
  }
}

function startSteps(instance: number, steps: number): void {
  const row = instance * ROW;
  const kvTokens = steps * instances[row + KV_TOKENS]! + (instances[row + SEQS]! * steps * (steps - 1)) / 2;
  instances[row + STEPS] = steps;
  const lastsNs = steps * instances[row + FIXED_NS]! + instances[row + NS_PER_TOKEN]! * kvTokens;
  play(instance, instances[row + START_NS]! + lastsNs);
}

function depart(instance: number, request: number, nowNs: number): void {
  const row = rows++;
  columns[0]![row] = request;
  columns[1]![row] = instance;
  columns[2]![row] = promptTokens[request]!;
  columns[3]![row] = outputTokens[request]!;
  columns[4]![row] = arrivalNs[request]!;
  columns[5]![row] = firstTokenNs[request]!;
  columns[6]![row] = fromStep[request]!;
  for (let column = 7; column < 12; column++) columns[column]![row] = nowNs;
  if (rows === CHUNK) rows = 0;
  free[freeRequests++] = request;
  outstanding[instance]!--;
}

// ---------------------------------------------------------------------------------------------- orders

/** The tournament of events, from the instance up. */
function play(instance: number, timeNs: number): void {
  eventNs[instance] = timeNs;
  let winner = instance;
  for (let node = INSTANCES + instance; node > 1; node >>= 1) {
    const other = winners[node ^ 1]!;
    const winnerNs = eventNs[winner]!;
    const otherNs = eventNs[other]!;
    if (otherNs < winnerNs || (otherNs === winnerNs && other < winner)) winner = other;
    winners[node >> 1] = winner;
  }
}

function push(instance: number, request: number, step: number): void {
  const first = instance * PLACES;
  let hole = instances[instance * ROW + DECODING]!++;
  while (hole > 0) {
    const parent = (hole - 1) >> 1;
    if (heapSteps[first + parent]! <= step) break;
    heapSteps[first + hole] = heapSteps[first + parent]!;
    heapRequests[first + hole] = heapRequests[first + parent]!;
    hole = parent;
  }
  heapSteps[first + hole] = step;
  heapRequests[first + hole] = request;
}

function popFirst(instance: number): number {
  const first = instance * PLACES;
  const popped = heapRequests[first]!;
  const size = --instances[instance * ROW + DECODING]!;
  const step = heapSteps[first + size]!;
  let hole = 0;
  for (let child = 1; child < size; child = 2 * hole + 1) {
    if (child + 1 < size && heapSteps[first + child + 1]! < heapSteps[first + child]!) child++;
    if (step <= heapSteps[first + child]!) break;
    heapSteps[first + hole] = heapSteps[first + child]!;
    heapRequests[first + hole] = heapRequests[first + child]!;
    hole = child;
  }
  heapSteps[first + hole] = step;
  heapRequests[first + hole] = heapRequests[first + size]!;
  return popped;
}
