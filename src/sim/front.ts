import { assert } from './assert.ts';
import type { Fleet } from './fleet.ts';
import type { Instance } from './instance.ts';
import { PendingArrivals } from './pending-arrivals.ts';
import type { AdmissionPolicy, ModelRoutingPolicy, RequestView } from './ports.ts';
import { RequestStatus } from './records.ts';
import { type KnownBy, attemptDrawOf, difficultyOf } from './request-draws.ts';
import { RequestList } from './request-lists.ts';
import { NONE, NOT_YET, type RequestTable } from './request-table.ts';
import type { RunParts, SimulationPlan } from './run-parts.ts';
import { NO_INSTANCE, type ModelIndex, type Ns, type RequestIndex } from './units.ts';
import { ADMIT, modelOf } from './verdicts.ts';

/** Who does what the front decides. */
export interface FrontListener {
  /** The instances that can take it are selected in the fleet: route it to one of them. */
  sent(request: RequestIndex): void;
  turnedAway(request: RequestIndex, status: number): void;
}

/**
 * Where requests are while they are at no instance: between their client and the first one, and between the answer of a
 * model that was not good enough and the next one. docs/engine.md says what happens in which order.
 */
export class Front {
  /** By workload, the model its requests ask for. */
  readonly #modelOfWorkload: readonly ModelIndex[];
  readonly #admission: AdmissionPolicy | undefined;
  /** By workload. */
  readonly #modelRouting: readonly (ModelRoutingPolicy | undefined)[];
  readonly #requests: RequestTable;
  readonly #view: RequestView;
  readonly #fleet: Fleet;
  readonly #listener: FrontListener;
  readonly #seed: number;
  /** By workload: whose requests are turned away for want of power. */
  readonly #turnedAway: Uint8Array;
  /** Deferred, or on their way from one model to another. */
  readonly #later = new PendingArrivals();
  /** No instance that could take them is ready. */
  readonly #waiting: RequestList;

  constructor(
    plan: Pick<SimulationPlan, 'seed' | 'workloads'>,
    parts: Pick<RunParts, 'admission' | 'modelRouting'>,
    requests: RequestTable,
    view: RequestView,
    fleet: Fleet,
    listener: FrontListener,
  ) {
    this.#modelOfWorkload = plan.workloads.map(({ model }) => model);
    this.#admission = parts.admission;
    this.#modelRouting = parts.modelRouting ?? [];
    this.#requests = requests;
    this.#view = view;
    this.#fleet = fleet;
    this.#listener = listener;
    this.#seed = plan.seed;
    this.#turnedAway = new Uint8Array(plan.workloads.length);
    this.#waiting = new RequestList(requests);
  }

  /** When the next request comes back; Infinity when none does. */
  get nextNs(): Ns {
    return this.#later.timeNs;
  }

  /** A request comes from its client. */
  arrive(request: RequestIndex, nowNs: Ns): void {
    const requests = this.#requests;
    const workload = requests.workload[request]!;
    const policy = this.#modelRouting[workload];
    requests.attempts[request] = 0;
    requests.wrong[request] = 0;
    requests.sentNs[request] = NOT_YET;
    requests.model[request] =
      policy === undefined ? this.#modelOfWorkload[workload]! : this.#firstModel(policy, this.#knownBy(request));
    this.#ask(request, nowNs);
  }

  #firstModel(policy: ModelRoutingPolicy, known: KnownBy): ModelIndex {
    return policy.firstModel(difficultyOf(this.#seed, known), attemptDrawOf(this.#seed, known, 0));
  }

  #knownBy(request: RequestIndex): KnownBy {
    const { workload, session, id, promptTokens, outputTokens } = this.#requests;
    return {
      workload: workload[request]!,
      session: session[request]!,
      id: id[request]!,
      promptTokens: promptTokens[request]!,
      outputTokens: outputTokens[request]!,
    };
  }

  /** The next request comes back: to be asked about again, or to be answered by another model. */
  comeBack(nowNs: Ns): void {
    const request = this.#later.pop();
    if (this.#requests.sentNs[request] === NOT_YET) this.#ask(request, nowNs);
    else this.#send(request, this.#look(request), nowNs);
  }

  /** Instances have become ready: those who waited for one are sent, in order. */
  instanceReady(nowNs: Ns): void {
    for (let request = this.#waiting.head; request !== NONE;) {
      const next = this.#requests.next[request]!;
      const found = this.#look(request);
      if (found > 0) {
        this.#waiting.remove(request);
        this.#send(request, found, nowNs);
      }
      request = next;
    }
  }

  /** Requests of the workload that come, or come back to be asked about, are turned away from now on, or not any more. */
  setTurnedAway(workload: number, isTurnedAway: boolean): void {
    this.#turnedAway[workload] = isTurnedAway ? 1 : 0;
  }

  /** How many wait that such an instance could take. */
  waitingFor(model: ModelIndex, instance: Instance): number {
    const { model: models, promptTokens, outputTokens, next } = this.#requests;
    let count = 0;
    for (let request = this.#waiting.head; request !== NONE; request = next[request]!) {
      const isOfModel = models[request] === model;
      if (isOfModel && instance.canEverFit(promptTokens[request]!, outputTokens[request]!)) count++;
    }
    return count;
  }

  #ask(request: RequestIndex, nowNs: Ns): void {
    const found = this.#look(request);
    if (found === 0 && !this.#couldBeTaken(request)) {
      this.#listener.turnedAway(request, RequestStatus.rejected);
      return;
    }
    if (this.#turnedAway[this.#requests.workload[request]!] === 1) {
      this.#listener.turnedAway(request, RequestStatus.shed);
      return;
    }
    const admission = this.#admission;
    if (admission !== undefined) this.#fleet.lookAt(nowNs);
    const verdict = admission === undefined ? ADMIT : admission.admit(request, this.#view, this.#fleet, nowNs);
    if (verdict === ADMIT) {
      this.#send(request, found, nowNs);
    } else if (verdict > 0) {
      assert(verdict > nowNs, 'a request is deferred until a time that has come');
      this.#later.push(verdict, request);
    } else if (modelOf(verdict) === NONE) {
      this.#listener.turnedAway(request, -verdict);
    } else {
      this.#sendTo(modelOf(verdict), request, nowNs);
    }
  }

  #sendTo(model: ModelIndex, request: RequestIndex, nowNs: Ns): void {
    this.#requests.model[request] = model;
    const found = this.#look(request);
    if (found === 0 && !this.#couldBeTaken(request)) this.#listener.turnedAway(request, RequestStatus.rejected);
    else this.#send(request, found, nowNs);
  }

  /** Select the instances that can take it now; answers how many there are. */
  #look(request: RequestIndex): number {
    const { model, promptTokens, outputTokens } = this.#requests;
    return this.#fleet.select(model[request]!, promptTokens[request]!, outputTokens[request]!);
  }

  #couldBeTaken(request: RequestIndex): boolean {
    const { model, promptTokens, outputTokens } = this.#requests;
    return this.#fleet.couldTake(model[request]!, promptTokens[request]!, outputTokens[request]!);
  }

  #send(request: RequestIndex, found: number, nowNs: Ns): void {
    if (found === 0) {
      this.#waiting.append(request);
      return;
    }
    const { sentNs, attempts, prefillInstance } = this.#requests;
    prefillInstance[request] = NO_INSTANCE;
    if (sentNs[request] === NOT_YET) sentNs[request] = nowNs;
    attempts[request]!++;
    this.#listener.sent(request);
  }

  // -------------------------------------------------------------------------------------------- answers

  /**
   * A model has answered; its client, or the judge, has the last token at `receivedNs`. Answers when the client gets the
   * answer, or Infinity if another model goes on with the request.
   */
  answered(request: RequestIndex, receivedNs: Ns): Ns {
    const policy = this.#modelRouting[this.#requests.workload[request]!];
    if (policy === undefined) return receivedNs;
    const { model: models, promptTokens, outputTokens, firstTokenNs, wrong, attempts } = this.#requests;
    const model = models[request]!;
    const known = this.#knownBy(request);
    const difficulty = difficultyOf(this.#seed, known);
    const judgeNs = policy.judgeNs(model);
    const next = policy.nextModel(model, difficulty, attemptDrawOf(this.#seed, known, attempts[request]!));
    const goesOn = next !== model && this.#fleet.couldTake(next, promptTokens[request]!, outputTokens[request]!);
    if (goesOn) {
      this.#beginAgain(request, next);
      this.#later.push(receivedNs + (judgeNs ?? 0), request);
      return Infinity;
    }
    wrong[request] = policy.isRight(model, difficulty) ? 0 : 1;
    if (judgeNs === undefined) return receivedNs;
    firstTokenNs[request] = receivedNs + judgeNs;
    return receivedNs + judgeNs;
  }

  /** The instance of a request was taken away: it comes back at once, and the attempt does not count. */
  lost(request: RequestIndex, nowNs: Ns): void {
    this.#requests.attempts[request]!--;
    this.#beginAgain(request, this.#requests.model[request]!);
    this.#later.push(nowNs, request);
  }

  #beginAgain(request: RequestIndex, model: ModelIndex): void {
    const requests = this.#requests;
    requests.model[request] = model;
    requests.generated[request] = 0;
    requests.cachedTokens[request] = 0;
    requests.loadedTokens[request] = 0;
    requests.scheduledNs[request] = NOT_YET;
    requests.firstTokenNs[request] = NOT_YET;
  }
}
