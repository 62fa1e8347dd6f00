/** What a stream needs of its run. */
export interface StreamSource<Outcome> {
  /** Begins the run: from now on its events are pushed into the stream. */
  begin(push: (event: any) => void): RunningStream<Outcome>;
}

/** A run whose stream is being read. */
export interface RunningStream<Outcome> {
  outcome: Promise<Outcome>;
  /** So many events have been read. */
  took(events: number): void;
  cancel(): void;
}

/** How many events the engine sends ahead of the reader at most; it is told when half of them have been read. */
const HALF_CREDIT = 512;

/**
 * A run, as a stream of what happens in it. It begins when it is read for the first time, and waits for a reader that is slow.
 * Ending the loop early ends the run.
 */
export class RunStream<Chunk, Outcome> implements AsyncIterableIterator<Chunk> {
  readonly #source: StreamSource<Outcome>;
  readonly #shape: (event: any) => Chunk;
  #running: RunningStream<Outcome> | undefined;
  /** What has not been read: from `#head` on. */
  #events: any[] = [];
  #head = 0;
  #read = 0;
  #end: { error?: unknown } | undefined;
  #closed = false;
  /** Those who wait for the next event. */
  #readers: { resolve: (result: IteratorResult<Chunk, undefined>) => void; reject: (error: unknown) => void }[] = [];

  /** @internal */
  constructor(source: StreamSource<Outcome>, shape: (event: any) => Chunk) {
    this.#source = source;
    this.#shape = shape;
  }

  /**
   * What the run came to. Settles when the run has ended, which it does only as it is read: beside more than a thousand unread events
   * it waits.
   */
  get outcome(): Promise<Outcome> {
    return this.#begin().outcome;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Chunk, undefined>> {
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    const running = this.#begin();
    if (this.#head < this.#events.length) {
      const event: unknown = this.#events[this.#head++];
      if (this.#head === this.#events.length) {
        this.#events = [];
        this.#head = 0;
      }
      if (++this.#read >= HALF_CREDIT) this.#tellRead(running);
      return Promise.resolve({ done: false, value: this.#shape(event) });
    }
    if (this.#end !== undefined) return this.#finish(this.#end);
    if (this.#read > 0) this.#tellRead(running);
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /** Ends the run, if it has not ended, and the stream. Resolves when it has. */
  async return(): Promise<IteratorResult<Chunk, undefined>> {
    this.#closed = true;
    this.#events = [];
    const running = this.#running;
    if (running !== undefined && this.#end === undefined) {
      running.cancel();
      await running.outcome.catch(() => {});
    }
    return { done: true, value: undefined };
  }

  /** Ends the run as `return` does, and rejects with the error. */
  async throw(error: unknown): Promise<IteratorResult<Chunk, undefined>> {
    await this.return();
    throw error;
  }

  #begin(): RunningStream<Outcome> {
    if (this.#running === undefined) {
      this.#running = this.#source.begin((event) => this.#push(event));
      this.#running.outcome.then(
        () => this.#over({}),
        (error: unknown) => this.#over({ error }),
      );
    }
    return this.#running;
  }

  #push(event: unknown): void {
    if (this.#closed) return;
    const reader = this.#readers.shift();
    if (reader === undefined) {
      this.#events.push(event);
      return;
    }
    this.#read++;
    reader.resolve({ done: false, value: this.#shape(event) });
  }

  #over(end: { error?: unknown }): void {
    this.#end = end;
    const readers = this.#readers;
    this.#readers = [];
    for (const { resolve, reject } of readers) {
      if (this.#closed) resolve({ done: true, value: undefined });
      else this.#finish(end).then(resolve, reject);
    }
  }

  #finish(end: { error?: unknown }): Promise<IteratorResult<Chunk, undefined>> {
    this.#closed = true;
    return 'error' in end ? Promise.reject(end.error) : Promise.resolve({ done: true, value: undefined });
  }

  #tellRead(running: RunningStream<Outcome>): void {
    const read = this.#read;
    this.#read = 0;
    running.took(read);
  }
}
