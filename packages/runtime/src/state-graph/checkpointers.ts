import { processDispatcher, type Dispatcher } from '../dispatcher.js';
import { RuntimeError } from '../errors.js';
import { answered, graphErrorFromJson, type GraphErrorJson } from './errors.js';
import { jsonText } from './json-text.js';
import { Operation } from './operation.js';

/** Closes the native side of checkpointers that nobody holds any more. */
const abandoned = new FinalizationRegistry<{ dispatcher: Dispatcher; store: number }>(({ dispatcher, store }) => {
  dispatcher.native.closeStore(store);
});

/** An operation on a store. */
class StoreOperation extends Operation {
  protected override errorOf(json: GraphErrorJson): unknown {
    return graphErrorFromJson(json);
  }
}

/** A store of checkpoints: what threads are kept in. */
export abstract class Checkpointer {
  readonly #dispatcher: Dispatcher;
  readonly #store: number;
  #closed = false;

  /** @internal */
  protected constructor(options: Record<string, unknown>) {
    this.#dispatcher = processDispatcher();
    this.#store = answered<{ store: number }>(this.#dispatcher.native.openStore(jsonText(options))).store;
    abandoned.register(this, { dispatcher: this.#dispatcher, store: this.#store }, this);
  }

  /** @internal The store's number in the engine. */
  get store(): number {
    if (this.#closed) throw new RuntimeError('STORE_FAILED', 'the checkpointer was closed. Make another one');
    return this.#store;
  }

  /** Deletes a thread with all of its checkpoints. */
  async deleteThread(threadId: string): Promise<void> {
    await this.#operate({ op: 'deleteThread', thread: threadId });
  }

  /** Copies a thread with all of its checkpoints to another that is not there yet. */
  async copyThread(from: string, to: string): Promise<void> {
    await this.#operate({ op: 'copyThread', from, to });
  }

  /** Deletes the checkpoints that a run made, and says how many that were. */
  async deleteRun(threadId: string, runId: string): Promise<number> {
    return this.#operate<number>({ op: 'deleteRun', thread: threadId, run: runId });
  }

  /**
   * Deletes old checkpoints, of one thread or, with `undefined`, of all, and says how many that were. The last `keepLast` of a thread
   * stay, and those that are not older than `olderThanMs` milliseconds; with neither, only the newest.
   */
  async prune(threadId: string | undefined, options: { keepLast?: number; olderThanMs?: number } = {}): Promise<number> {
    const { keepLast, olderThanMs } = options;
    return this.#operate<number>({ op: 'prune', thread: threadId, keepLast, olderThanMs });
  }

  /** Frees the native side when no run uses it any more, instead of when the object is collected. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    abandoned.unregister(this);
    this.#dispatcher.native.closeStore(this.#store);
  }

  async #operate<T = void>(request: Record<string, unknown>): Promise<T> {
    const { run } = answered<{ run: number }>(this.#dispatcher.native.startStore(this.store, jsonText(request)));
    const operation = new StoreOperation({ dispatcher: this.#dispatcher, run });
    operation.begin();
    return ((await operation.ended) as unknown as { value: T }).value;
  }
}

/** Keeps threads in memory, as long as it lives. */
export class MemoryCheckpointer extends Checkpointer {
  constructor() {
    super({ kind: 'memory' });
  }
}

/** Keeps threads in a SQLite database: one file, which several processes may use. */
export class SqliteCheckpointer extends Checkpointer {
  /**
   * Opens the file, or makes it. `durability` says what a checkpoint outlives once it is stored: a crash of the process, or a loss of
   * power (default), which is slower.
   */
  constructor(path: string, options: { durability?: 'powerLoss' | 'processCrash' } = {}) {
    super({ kind: 'sqlite', path, durability: options.durability });
  }
}
