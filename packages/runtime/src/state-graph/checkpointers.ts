import { processDispatcher, type Dispatcher } from '../dispatcher.js';
import { RuntimeError } from '../errors.js';
import { answered, graphErrorFromJson, type GraphErrorJson } from './errors.js';
import { jsonText } from './json-text.js';
import { Operation } from './operation.js';
import { checkOptions, POSTGRES_OPTIONS } from './options.js';

/** Closes the native side of checkpointers that nobody holds any more. */
const abandoned = new FinalizationRegistry<OpenStore>(({ dispatcher, store }) => {
  dispatcher.native.closeStore(store);
});

/** An operation on a store. */
class StoreOperation extends Operation {
  protected override errorOf(json: GraphErrorJson): unknown {
    return graphErrorFromJson(json);
  }
}

/** A store that the engine has opened. */
interface OpenStore {
  dispatcher: Dispatcher;
  store: number;
}

function opened(options: Record<string, unknown>): OpenStore {
  const dispatcher = processDispatcher();
  return { dispatcher, store: answered<{ store: number }>(dispatcher.native.openStore(jsonText(options))).store };
}

/** What an operation that the engine has made comes to. */
async function carriedOut<T>(dispatcher: Dispatcher, made: string): Promise<T> {
  return new StoreOperation({ dispatcher, run: answered<{ run: number }>(made).run }).value<T>();
}

/** A store of checkpoints: what threads are kept in. */
export abstract class Checkpointer {
  readonly #dispatcher: Dispatcher;
  readonly #store: number;
  #closed = false;

  /** @internal */
  protected constructor(open: OpenStore) {
    this.#dispatcher = open.dispatcher;
    this.#store = open.store;
    abandoned.register(this, open, this);
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

  /**
   * Frees the native side when no graph uses it any more, instead of when the object is collected. SQLite's log beside a file is moved to
   * the file soon, whoever uses it. Idempotent.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    abandoned.unregister(this);
    this.#dispatcher.native.closeStore(this.#store);
  }

  async #operate<T = void>(request: Record<string, unknown>): Promise<T> {
    return carriedOut<T>(this.#dispatcher, this.#dispatcher.native.startStore(this.store, jsonText(request)));
  }
}

/** Keeps threads in memory, as long as it lives. */
export class MemoryCheckpointer extends Checkpointer {
  constructor() {
    super(opened({ kind: 'memory' }));
  }
}

/** Keeps threads in a SQLite database: one file, which several processes may use. */
export class SqliteCheckpointer extends Checkpointer {
  /**
   * Opens the file, or makes it. `durability` says what a checkpoint outlives once it is stored: a crash of the process, or a loss of
   * power (default), which is slower.
   */
  constructor(path: string, options: { durability?: 'powerLoss' | 'processCrash' } = {}) {
    super(opened({ kind: 'sqlite', path, durability: options.durability }));
  }
}

/** How a PostgreSQL server is reached, beside its URL. */
export interface PostgresOptions {
  /** How many connections there are at most: 8 by default. */
  connections?: number | undefined;
  /** How long to wait for a connection, and for another transaction that holds what is needed, in milliseconds: 5,000 by default. */
  busyTimeoutMs?: number | undefined;
  /** Certificates of authorities, in PEM, that the server's may be signed by beside those that browsers trust. */
  rootCertificates?: string | undefined;
}

/** Keeps threads on a PostgreSQL server, in the schema `moss` of a database, for many machines. */
export class PostgresCheckpointer extends Checkpointer {
  private constructor(open: OpenStore) {
    super(open);
  }

  /**
   * Connects to a server, and makes the tables if they are not there. The URL is `postgres://user@host/database`; its `sslmode` says
   * what is encrypted: with `prefer` (default) what the server can encrypt, with `require` everything, with `disable` nothing. The
   * certificate of who encrypts is checked. Rejects with a `GraphError` of the code `STORE_UNAVAILABLE` where there is no such server.
   */
  static async connect(url: string, options: PostgresOptions = {}): Promise<PostgresCheckpointer> {
    if (typeof url !== 'string') throw new RuntimeError('INVALID_CONFIG', 'a PostgreSQL server has no URL. Give `postgres://user@host/database`');
    checkOptions('a PostgreSQL checkpointer', options, POSTGRES_OPTIONS);
    const { connections, busyTimeoutMs, rootCertificates } = options;
    const dispatcher = processDispatcher();
    const connecting = dispatcher.native.connectStore(jsonText({ kind: 'postgres', url, connections, busyTimeoutMs, rootCertificates }));
    return new PostgresCheckpointer({ dispatcher, store: await carriedOut<number>(dispatcher, connecting) });
  }
}
