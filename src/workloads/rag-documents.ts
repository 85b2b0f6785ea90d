import { counterUniform } from '../sim/distributions.ts';
import { LengthSampler, type Length } from './lengths.ts';
import { ZipfChoice } from './zipf.ts';

interface Corpus {
  readonly documents: number;
  readonly zipf: number;
  readonly newShare: number;
  readonly documentTokens: Length;
}

const IS_NEW_DRAW = 0;
const REPLACED_DRAW = 1;
const FIRST_CHOICE_DRAW = 2;

/**
 * A shelf of documents in use. A place on it has its popularity by Zipf's law and keeps it; with each new document the
 * content of one place, any as likely, is replaced for good.
 */
export class Documents {
  readonly #seed: number;
  readonly #newShare: number;
  readonly #length: LengthSampler;
  readonly #places: ZipfChoice;
  /** The document in each place. */
  readonly #shelf: Float64Array;
  #nextDocument: number;

  constructor({ documents, zipf, newShare, documentTokens }: Corpus, seed: number) {
    this.#seed = seed;
    this.#newShare = newShare;
    this.#length = new LengthSampler(documentTokens);
    this.#places = new ZipfChoice(documents, zipf);
    this.#shelf = Float64Array.from({ length: documents }, (_, place) => place);
    this.#nextDocument = documents;
  }

  /**
   * Put the different documents that a request reads into `chosen`, as many as that is long; the first may be new.
   *
   * @param request running number, from 0, each asked once
   */
  choose(request: number, chosen: Float64Array): void {
    let found = 0;
    if (this.#newShare > 0 && counterUniform(this.#seed, request, IS_NEW_DRAW) < this.#newShare) {
      const place = Math.floor(counterUniform(this.#seed, request, REPLACED_DRAW) * this.#shelf.length);
      this.#shelf[place] = this.#nextDocument;
      chosen[found++] = this.#nextDocument++;
    }
    for (let draw = FIRST_CHOICE_DRAW; found < chosen.length; draw++) {
      const document = this.#shelf[this.#places.of(counterUniform(this.#seed, request, draw))]!;
      let known = 0;
      while (known < found && chosen[known] !== document) known++;
      if (known === found) chosen[found++] = document;
    }
  }

  /** Length of a document, whoever reads it. */
  tokensOf(document: number): number {
    // Documents are counted far from requests, whose draws have the same seed.
    return this.#length.draw(this.#seed, document, -1);
  }
}

/** A document number times this, and another one, are exact in a double. */
const DOCUMENT_LIMIT = 67_108_864;
const REMEMBERED_PATHS = 1_000_000;

/**
 * Streams for documents one after the other: the same for prompts that have the same documents before, in the same order.
 * Of the orders met it remembers the last million.
 */
export class DocumentStreams {
  readonly #streams = new Map<number, number>();
  #next: number;

  /** @param first number of a stream that nobody else uses, nor those after it */
  constructor(first: number) {
    this.#next = first;
  }

  /** @param before the stream of what precedes the document */
  after(before: number, document: number): number {
    const key = before * DOCUMENT_LIMIT + document;
    const known = this.#streams.get(key);
    if (known !== undefined) return known;
    if (this.#streams.size >= REMEMBERED_PATHS) {
      for (const oldest of this.#streams.keys()) {
        this.#streams.delete(oldest);
        break;
      }
    }
    const stream = this.#next++;
    this.#streams.set(key, stream);
    return stream;
  }
}
