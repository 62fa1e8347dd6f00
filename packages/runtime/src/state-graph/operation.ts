import { AsyncResource } from 'node:async_hooks';
import { AbortBridge } from '../abort.js';
import type { Dispatcher, Item, RunSink } from '../dispatcher.js';
import { AbortError, describeThrown, errorFromJson, type ErrorJson } from '../errors.js';
import type { Answer, Answerer } from './pump.js';

/** The engine's last word on an operation that went well. */
export interface End {
  ok: true;
  [member: string]: any;
}

/** What an operation needs of its host. */
export interface OperationOptions {
  dispatcher: Dispatcher;
  /** The operation's number in the engine. */
  run: number;
  /** End it when they fire. */
  signals?: readonly (AbortSignal | undefined)[] | undefined;
  /** Takes what the operation tells while it is under way. */
  onEvent?: ((event: any) => void) | undefined;
}

/**
 * One operation of the engine on the JavaScript side, from its begin to the engine's last word, with which `ended` settles. This one
 * asks nothing of JavaScript.
 */
export class Operation implements RunSink, Answerer {
  readonly run: number;
  answers: Answer[] = [];
  queued = false;
  /** Settles when the operation is over; rejects with what the caller shall see. */
  readonly ended: Promise<End>;

  protected readonly dispatcher: Dispatcher;
  /** Why the host ended it, if it did. */
  protected aborted: { reason: unknown } | undefined;
  /** Of those that have signals: most have none. */
  readonly #abort: AbortBridge | undefined;
  /** The caller's: one exchange with the engine serves several runs, and none shall see the `AsyncLocalStorage` of another. */
  readonly #context = new AsyncResource('MossOperation');
  readonly #onEvent: ((event: any) => void) | undefined;
  #over = false;
  #resolve!: (end: End) => void;
  #reject!: (error: unknown) => void;

  constructor({ dispatcher, run, signals, onEvent }: OperationOptions) {
    this.dispatcher = dispatcher;
    this.run = run;
    this.#onEvent = onEvent;
    if (signals?.some((signal) => signal !== undefined) === true) this.#abort = new AbortBridge(...signals);
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Lets the engine begin. */
  begin(): void {
    this.dispatcher.open(this.run, this);
    this.dispatcher.pump.keepAlive(1);
    this.dispatcher.pump.wake(this);
    this.#abort?.listen((reason) => this.abort(reason));
  }

  /** Lets the engine begin, and gives the value that it ends with: of an operation that only comes to one. */
  async value<T>(): Promise<T> {
    this.begin();
    return ((await this.ended) as unknown as { value: T }).value;
  }

  /** Whether the engine has said its last word. */
  get over(): boolean {
    return this.#over;
  }

  /** Ends it; the engine says its last word soon. Idempotent. */
  abort(reason: unknown): void {
    if (this.#over || this.aborted !== undefined) return;
    this.aborted = { reason };
    this.release(reason);
    this.dispatcher.native.cancelGraph(this.run);
    this.dispatcher.pump.wake(this);
  }

  /** Hands an answer to the pump. */
  answer(answer: Answer): void {
    if (!this.#over) this.dispatcher.pump.answer(this, answer);
  }

  unsendable(_answer: Answer, error: unknown): Answer | undefined {
    process.emitWarning(`what was to be told cannot be written as JSON, and is left out: ${describeThrown(error).message}`, { type: 'MossWarning' });
    return undefined;
  }

  breakDown(error: unknown): void {
    if (this.#over) return;
    this.dispatcher.native.cancelGraph(this.run);
    this.#close();
    this.#reject(error);
  }

  accept(items: Item[]): void {
    this.#context.runInAsyncScope(this.#take, this, items);
  }

  #take(items: Item[]): void {
    for (let i = 0; i < items.length; i++) this.take(items[i]![0], items[i]![1]);
  }

  /** Takes one thing that the engine says. Items of a later version are left alone. */
  protected take(name: string, data: any): void {
    if (name === '@event' || name === '@chunk') this.#onEvent?.(data);
    else if (name === '@end') this.#end(data as End | { ok: false; error: ErrorJson });
  }

  /** What the caller sees of an error of the engine's. */
  protected errorOf(json: ErrorJson): unknown {
    return errorFromJson(json);
  }

  /** Lets go of what is under way: it is aborted, or over. */
  protected release(_reason: unknown): void {}

  #end(end: End | { ok: false; error: ErrorJson }): void {
    if (end.ok) {
      this.#close();
      this.#resolve(end);
      return;
    }
    const { error: json } = end;
    const error = json.code === 'CANCELLED' && this.aborted !== undefined ? new AbortError(this.aborted.reason) : this.errorOf(json);
    this.#close();
    this.#reject(error);
  }

  #close(): void {
    this.#over = true;
    this.#abort?.release();
    this.dispatcher.close(this.run);
    this.dispatcher.pump.keepAlive(-1);
    this.answers = [];
    this.release(new AbortError());
  }
}
