import { AbortError } from '../errors.js';
import { ModelClient, type ModelAccess } from '../model-client.js';
import type { NodeEntry, HandlerEntry, RouterEntry } from './functions.js';
import type { CallContext, NodeContext } from './node-types.js';
import type { GraphOperation } from './graph-operation.js';

/** What the engine knows of a call, asked for only when a node reads it. */
export interface CallFacts {
  taskId?: string;
  threadId?: string;
  runId?: string;
  checkpointId?: string;
  namespace?: string;
  isDraining?: boolean;
  remainingSteps?: number;
}

/** How many writes a call makes before it asks whether there is room for more. */
const WRITES_AHEAD = 256;

const RESOLVED: Promise<void> = Promise.resolve();

function ignore(): void {}

/** A side effect whose outcome is not known yet. */
interface Effect {
  fn: () => unknown;
  resolve: (value: any) => void;
  reject: (error: unknown) => void;
  thrown?: { error: unknown };
}

/**
 * One call of a function of a graph: what the function sees as its context, and what the engine says of the call. Everything that
 * most calls do not need is made when it is asked for.
 *
 * Methods are given out as functions of their own, so that `const { write } = context` works.
 */
export class Call implements NodeContext, CallContext {
  readonly #operation: GraphOperation;
  readonly #entry: NodeEntry | RouterEntry | HandlerEntry;
  readonly number: number;
  readonly step: number;
  readonly attempt: number;
  #controller: AbortController | undefined;
  #over: { reason: unknown } | undefined;
  #client: ModelAccess | undefined;
  #facts: CallFacts | undefined;
  #effects: Map<number, Effect> | undefined;
  #lastEffect = 0;
  #written = 0;
  #room: { promise: Promise<void>; resolve: () => void; id: number } | undefined;
  /** Whether it asked something that has no answer yet. */
  #asks = false;

  constructor(operation: GraphOperation, entry: NodeEntry | RouterEntry | HandlerEntry, number: number, step: number, attempt: number) {
    this.#operation = operation;
    this.#entry = entry;
    this.number = number;
    this.step = step;
    this.attempt = attempt;
  }

  /** The function that is called. */
  get entry(): NodeEntry | RouterEntry | HandlerEntry {
    return this.#entry;
  }

  get node(): string {
    return this.#entry.name;
  }
  get client(): any {
    const client: unknown = this.#entry.surroundings.client;
    return client instanceof ModelClient ? (this.#client ??= client.within(this)) : client;
  }
  get tools(): any {
    return this.#entry.surroundings.tools;
  }
  get handlers(): any {
    return this.#entry.surroundings.handlers;
  }
  get config(): Record<string, any> {
    return this.#operation.configOver(this.#entry.surroundings);
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#over !== undefined) this.#controller.abort(this.#over.reason);
    }
    return this.#controller.signal;
  }

  get taskId(): string {
    return this.#known().taskId ?? '';
  }
  get threadId(): string | undefined {
    return this.#known().threadId;
  }
  get runId(): string | undefined {
    return this.#known().runId;
  }
  get checkpointId(): string | undefined {
    return this.#known().checkpointId;
  }
  get namespace(): string {
    return this.#known().namespace ?? '';
  }
  get remainingSteps(): number {
    return this.#known().remainingSteps ?? 0;
  }
  get isDraining(): boolean {
    return this.#over === undefined && this.#operation.facts(this.number).isDraining === true;
  }

  get write(): (value: unknown) => Promise<void> {
    return (value) => {
      if (this.#over !== undefined || !(this.#operation.tells('custom') || this.#countsWrites())) return RESOLVED;
      this.#operation.answer(['write', this.number, value === undefined ? null : value]);
      return this.#wrote();
    };
  }

  get writeMessage(): (chunk: unknown, about?: Record<string, unknown>) => Promise<void> {
    return (chunk, about) => {
      if (this.#over !== undefined || !(this.#operation.tells('messages') || this.#countsWrites())) return RESOLVED;
      this.#operation.answerMessage(this.number, chunk, about);
      return this.#wrote();
    };
  }

  get interrupt(): (value: unknown, options?: { schema?: unknown }) => any {
    return (value, options) => {
      if (this.#over !== undefined) throw new AbortError(this.#over.reason);
      const answer = this.#operation.ask(this.number, value, options?.schema, () => {
        this.#asks = true;
      });
      return answer;
    };
  }

  get task(): <T>(name: string, fn: () => T | Promise<T>) => Promise<T> {
    return (name, fn) => {
      if (this.#over !== undefined) return Promise.reject(new AbortError(this.#over.reason));
      const number = ++this.#lastEffect;
      const promise = new Promise<any>((resolve, reject) => {
        (this.#effects ??= new Map()).set(number, { fn, resolve, reject });
      });
      // A node that does not await it must not bring the process down when its run is aborted.
      promise.catch(ignore);
      this.#operation.answer(['effect', this.number, number, name]);
      return promise;
    };
  }

  get heartbeat(): () => void {
    return () => {
      if (this.#over === undefined) this.#operation.heartbeat(this.number);
    };
  }

  /** Whether somebody reads the pieces of messages that it writes. */
  get tellsMessages(): boolean {
    return this.#operation.tells('messages');
  }

  /** Whether nobody waits for it any more, or it has answered. */
  get isOver(): boolean {
    return this.#over !== undefined;
  }

  /** Whether it stopped at a question, so that a `GraphInterrupt` is the engine's. */
  get asks(): boolean {
    return this.#asks;
  }

  /** Nobody waits for the call any more, or it is through: it can say nothing from now on. */
  end(reason: unknown, abort: boolean): void {
    if (this.#over !== undefined) return;
    this.#over = { reason };
    if (abort) this.#controller?.abort(reason);
    this.#room?.resolve();
    if (this.#effects === undefined) return;
    for (const { reject } of this.#effects.values()) reject(new AbortError(reason));
    this.#effects.clear();
  }

  /** The engine wants a side effect to be done: it was not done before. */
  perform(number: number): void {
    const effect = this.#effects?.get(number);
    if (effect === undefined) return;
    let returned: unknown;
    try {
      returned = effect.fn();
    } catch (error) {
      this.#performed(number, effect, error);
      return;
    }
    Promise.resolve(returned).then(
      (value) => {
        if (this.#over === undefined) this.#operation.answer(['effectOk', this.number, number, value === undefined ? null : value]);
      },
      (error: unknown) => this.#performed(number, effect, error),
    );
  }

  #performed(number: number, effect: Effect, error: unknown): void {
    if (this.#over !== undefined) return;
    effect.thrown = { error };
    this.#operation.answer(['effectFail', this.number, number, this.#operation.described(error)]);
  }

  /** What a side effect came to. */
  performed(number: number, ok: boolean, outcome: unknown): void {
    const effect = this.#effects?.get(number);
    if (effect === undefined) return;
    this.#effects!.delete(number);
    if (ok) effect.resolve(outcome);
    else effect.reject(effect.thrown === undefined ? this.#operation.effectError(outcome) : effect.thrown.error);
  }

  /** All writes up to the one with this number are in the stream. */
  synced(id: number): void {
    if (this.#room?.id !== id) return;
    this.#room.resolve();
    this.#room = undefined;
    this.#written = 0;
  }

  #wrote(): Promise<void> {
    if (this.#room !== undefined) return this.#room.promise;
    if (++this.#written < WRITES_AHEAD) return RESOLVED;
    let resolve!: () => void;
    const promise = new Promise<void>((done) => (resolve = done));
    this.#room = { promise, resolve, id: this.#written };
    this.#operation.answer(['sync', this.number, this.#written]);
    return promise;
  }

  /** Whether what it writes matters though nobody reads it. */
  #countsWrites(): boolean {
    return this.#entry.kind === 'node' && this.#entry.idles;
  }

  #known(): CallFacts {
    return (this.#facts ??= this.#operation.facts(this.number));
  }
}
