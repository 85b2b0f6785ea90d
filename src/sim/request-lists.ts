import { NONE, type RequestTable } from './request-table.ts';
import type { RequestIndex } from './units.ts';

/** A doubly linked list through the request table's `next` and `previous`: every operation is constant work. */
export class RequestList {
  head: RequestIndex = NONE;
  tail: RequestIndex = NONE;
  size = 0;
  readonly #table: RequestTable;

  constructor(table: RequestTable) {
    this.#table = table;
  }

  append(request: RequestIndex): void {
    this.#table.next[request] = NONE;
    this.#table.previous[request] = this.tail;
    if (this.tail === NONE) this.head = request;
    else this.#table.next[this.tail] = request;
    this.tail = request;
    this.size++;
  }

  prepend(request: RequestIndex): void {
    this.#table.next[request] = this.head;
    this.#table.previous[request] = NONE;
    if (this.head === NONE) this.tail = request;
    else this.#table.previous[this.head] = request;
    this.head = request;
    this.size++;
  }

  insertBefore(request: RequestIndex, successor: RequestIndex): void {
    const previous = this.#table.previous[successor]!;
    this.#table.next[request] = successor;
    this.#table.previous[request] = previous;
    this.#table.previous[successor] = request;
    if (previous === NONE) this.head = request;
    else this.#table.next[previous] = request;
    this.size++;
  }

  remove(request: RequestIndex): void {
    const next = this.#table.next[request]!;
    const previous = this.#table.previous[request]!;
    if (previous === NONE) this.head = next;
    else this.#table.next[previous] = next;
    if (next === NONE) this.tail = previous;
    else this.#table.previous[next] = previous;
    this.size--;
  }
}
