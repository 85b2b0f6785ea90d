import type { FleetView, RequestView } from '../../src/sim/ports.ts';
import { attemptDrawOf, difficultyOf } from '../../src/sim/request-draws.ts';
import type { RunParts } from '../../src/sim/simulate.ts';
import { ADMIT, modelOf } from '../../src/sim/verdicts.ts';
import { ARRIVAL } from './reference-agenda.ts';
import type { ReferenceAgenda } from './reference-agenda.ts';
import type { ReferenceInstance } from './reference-instance.ts';
import { asItArrived } from './reference-request.ts';
import type { ReferenceRequest } from './reference-request.ts';

/** What the rest of the engine does for the front. */
export interface FrontHelp {
  readonly view: RequestView;
  fleetView(eligible: readonly ReferenceInstance[], nowNs: number): FleetView;
  /** Those that could begin with it; of these, perhaps only the ones that are ready. */
  ableToBegin(request: ReferenceRequest, onlyReady: boolean): readonly ReferenceInstance[];
  /** For want of power. */
  isTurnedAway(request: ReferenceRequest): boolean;
  send(request: ReferenceRequest, able: readonly ReferenceInstance[], nowNs: number): void;
  leave(request: ReferenceRequest, status: number, nowNs: number): void;
}

/** Requests that are at no instance: admission, and models that take turns. */
export class ReferenceFront {
  /** No instance that could take them is ready. */
  readonly waiting: ReferenceRequest[] = [];
  readonly #seed: number;
  readonly #parts: RunParts;
  readonly #agenda: ReferenceAgenda;
  readonly #help: FrontHelp;
  #sentAway = 0;

  constructor(seed: number, parts: RunParts, agenda: ReferenceAgenda, help: FrontHelp) {
    this.#seed = seed;
    this.#parts = parts;
    this.#agenda = agenda;
    this.#help = help;
  }

  arrive(request: ReferenceRequest, nowNs: number): void {
    const policy = this.#parts.modelRouting?.[request.workload];
    if (policy !== undefined) request.model = policy.firstModel(this.#difficulty(request), this.#draw(request));
    this.#ask(request, nowNs);
  }

  instanceReady(nowNs: number): void {
    for (const request of this.waiting.filter((each) => this.#help.ableToBegin(each, true).length > 0)) {
      this.waiting.splice(this.waiting.indexOf(request), 1);
      this.#send(request, nowNs);
    }
  }

  /** Its instance was taken away: it is sent again, and nobody is asked. */
  comesAgain(request: ReferenceRequest, nowNs: number): void {
    this.#comesBack(nowNs, () => this.#send(request, nowNs));
  }

  /** A model has given its last token; answer whether another one goes on. */
  goesOn(request: ReferenceRequest): boolean {
    const policy = this.#parts.modelRouting?.[request.workload];
    if (policy === undefined) return false;
    const judgeNs = policy.judgeNs(request.model);
    const answeredNs = request.finishNs! + (judgeNs ?? 0);
    const next = policy.nextModel(request.model, this.#difficulty(request), this.#draw(request));
    if (next !== request.model && this.#help.ableToBegin({ ...request, model: next }, false).length > 0) {
      request.model = next;
      asItArrived(request);
      this.#comesBack(answeredNs, () => this.#send(request, answeredNs));
      return true;
    }
    request.wrong = policy.isRight(request.model, this.#difficulty(request)) ? 0 : 1;
    request.finishNs = answeredNs;
    if (judgeNs !== undefined) request.firstTokenNs = answeredNs;
    return false;
  }

  #ask(request: ReferenceRequest, nowNs: number): void {
    const able = this.#help.ableToBegin(request, true);
    if (this.#isHopeless(request)) {
      this.#help.leave(request, 1, nowNs);
      return;
    }
    if (this.#help.isTurnedAway(request)) {
      this.#help.leave(request, 4, nowNs);
      return;
    }
    const { admission } = this.#parts;
    const verdict =
      admission?.admit(request.request, this.#help.view, this.#help.fleetView(able, nowNs), nowNs) ?? ADMIT;
    if (verdict === ADMIT) {
      this.#send(request, nowNs);
    } else if (verdict > 0) {
      this.#comesBack(verdict, () => this.#ask(request, verdict));
    } else if (modelOf(verdict) < 0) {
      this.#help.leave(request, -verdict, nowNs);
    } else {
      request.model = modelOf(verdict);
      if (this.#isHopeless(request)) this.#help.leave(request, 1, nowNs);
      else this.#send(request, nowNs);
    }
  }

  #isHopeless(request: ReferenceRequest): boolean {
    return this.#help.ableToBegin(request, false).length === 0;
  }

  #send(request: ReferenceRequest, nowNs: number): void {
    const able = this.#help.ableToBegin(request, true);
    if (able.length === 0) {
      this.waiting.push(request);
      return;
    }
    request.sentNs ??= nowNs;
    request.attempts += 1;
    this.#help.send(request, able, nowNs);
  }

  /** Ahead of all clients' requests of that instant. */
  #comesBack(timeNs: number, happen: () => void): void {
    this.#agenda.add(timeNs, ARRIVAL, this.#sentAway++ - 1e12, happen);
  }

  #difficulty(request: ReferenceRequest): number {
    return difficultyOf(this.#seed, { ...request, id: request.request });
  }

  #draw(request: ReferenceRequest): number {
    return attemptDrawOf(this.#seed, { ...request, id: request.request }, request.attempts);
  }
}
