import { firstRoom, movedTo, nextRoom } from './columns.ts';
import type { RowSink } from './ports.ts';
import { AttemptColumns, RequestColumns, RequestStatus } from './records.ts';
import type { ResourceTime } from './resource-time.ts';
import type { RequestTable } from './request-table.ts';
import { NO_INSTANCE, type InstanceIndex, type Ns, type RequestIndex } from './units.ts';

/** Writes one row per departing request and passes them on in chunks. */
export class RequestLog {
  #rows = 0;
  #columns = new RequestColumns(firstRoom(RequestColumns.capacity));
  readonly #requests: RequestTable;
  readonly #sink: RowSink<RequestColumns>;
  readonly #hasTransfers: boolean;
  readonly #resourceTime: ResourceTime | undefined;
  readonly #attemptSink: RowSink<AttemptColumns> | undefined;
  #attempts: AttemptColumns | undefined;
  #attemptRows = 0;

  /**
   * @param hasTransfers whether requests are handed over: if not, those columns are filled once and for all
   * @param resourceTime undefined where nobody asks who caused what
   * @param attempts undefined where nobody asks what came to nothing
   */
  constructor(
    requests: RequestTable,
    sink: RowSink<RequestColumns>,
    hasTransfers: boolean,
    resourceTime: ResourceTime | undefined,
    attempts: RowSink<AttemptColumns> | undefined,
  ) {
    this.#requests = requests;
    this.#sink = sink;
    this.#hasTransfers = hasTransfers;
    this.#resourceTime = resourceTime;
    this.#attemptSink = attempts;
    this.#attempts = attempts && new AttemptColumns(firstRoom(AttemptColumns.capacity));
    this.#columns.prefillInstance.fill(NO_INSTANCE);
  }

  write(request: RequestIndex, instance: InstanceIndex, status: number, finishNs: Ns): void {
    const table = this.#requests;
    const columns = this.#columns;
    const row = this.#rows++;
    columns.request[row] = table.id[request]!;
    columns.session[row] = table.session[request]!;
    columns.workload[row] = table.workload[request]!;
    columns.instance[row] = instance;
    if (this.#hasTransfers) this.#writeTransfer(row, request);
    columns.status[row] = status;
    columns.promptTokens[row] = table.promptTokens[request]!;
    columns.cachedTokens[row] = table.cachedTokens[request]!;
    columns.loadedTokens[row] = table.loadedTokens[request]!;
    columns.outputTokens[row] = table.outputTokens[request]!;
    columns.reasoningTokens[row] = table.reasoningTokens[request]!;
    columns.preemptions[row] = table.preemptions[request]!;
    columns.arrivalNs[row] = table.arrivalNs[request]!;
    const deadlineNs = table.deadlineNs[request]!;
    columns.deadlineNs[row] = deadlineNs === Infinity ? 0 : deadlineNs;
    columns.enqueuedNs[row] = table.enqueuedNs[request]!;
    columns.scheduledNs[row] = table.scheduledNs[request]!;
    columns.firstTokenNs[row] = table.firstTokenNs[request]!;
    columns.sentNs[row] = table.sentNs[request]!;
    columns.finishNs[row] = finishNs;
    // A value from a column or else from the call would be boxed for every row.
    if (status !== RequestStatus.served) this.#writeTurnedAway(row, finishNs);
    if (this.#resourceTime !== undefined) {
      columns.prefillTicks[row] = this.#resourceTime.takePrefill(request);
      columns.decodeTicks[row] = this.#resourceTime.takeDecode(request);
    }
    columns.model[row] = table.model[request]!;
    columns.attempts[row] = table.attempts[request]!;
    columns.wrong[row] = table.wrong[request]!;
    if (this.#rows === columns.request.length) this.#makeRoom();
  }

  /** For the next row: in roomier columns, or by passing on the rows there are. */
  #makeRoom(): void {
    const room = this.#rows;
    if (room === RequestColumns.capacity) {
      this.flush();
      return;
    }
    this.#columns = movedTo(new RequestColumns(nextRoom(room)), this.#columns);
    this.#columns.prefillInstance.fill(NO_INSTANCE, room);
  }

  /** It was never in a queue: all that would have come happens when it leaves. */
  #writeTurnedAway(row: number, finishNs: Ns): void {
    const { enqueuedNs, scheduledNs, firstTokenNs, sentNs } = this.#columns;
    enqueuedNs[row] = finishNs;
    scheduledNs[row] = finishNs;
    firstTokenNs[row] = finishNs;
    sentNs[row] = finishNs;
  }

  #writeTransfer(row: number, request: RequestIndex): void {
    const { prefillInstance, transferEndNs, handOverNs } = this.#requests;
    const instance = prefillInstance[request]!;
    this.#columns.prefillInstance[row] = instance;
    this.#columns.transferNs[row] = instance === NO_INSTANCE ? 0 : transferEndNs[request]! - handOverNs[request]!;
  }

  /** What an instance did for a request has come to nothing. */
  writeAttempt(request: RequestIndex, instance: InstanceIndex, endNs: Ns): void {
    const columns = this.#attempts;
    if (columns === undefined) return;
    const row = this.#attemptRows++;
    columns.request[row] = this.#requests.id[request]!;
    columns.workload[row] = this.#requests.workload[request]!;
    columns.instance[row] = instance;
    columns.prefillInstance[row] = this.#requests.prefillInstance[request]!;
    columns.endNs[row] = endNs;
    columns.prefillTicks[row] = this.#resourceTime?.prefillSoFar(request) ?? 0;
    columns.decodeTicks[row] = this.#resourceTime?.decodeSoFar(request) ?? 0;
    if (this.#attemptRows === columns.request.length) this.#makeAttemptRoom(columns);
  }

  #makeAttemptRoom(full: AttemptColumns): void {
    const room = this.#attemptRows;
    if (room === AttemptColumns.capacity) this.#flushAttempts();
    else this.#attempts = movedTo(new AttemptColumns(nextRoom(room)), full);
  }

  #flushAttempts(): void {
    if (this.#attemptRows > 0) this.#attemptSink!.flush(this.#attempts!, this.#attemptRows);
    this.#attemptRows = 0;
  }

  /** What came to nothing goes first: whoever adds up knows it before the request leaves. */
  flush(): void {
    this.#flushAttempts();
    if (this.#rows > 0) this.#sink.flush(this.#columns, this.#rows);
    this.#rows = 0;
  }
}
