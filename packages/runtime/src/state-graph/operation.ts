import { AbortBridge } from '../abort.js';
import type { Dispatcher, Item, RunSink } from '../dispatcher.js';
import { AbortError, describeThrown, RuntimeError } from '../errors.js';
import { jsonSchema } from '../tools.js';
import { Call, type CallFacts } from './context.js';
import { GraphError, GraphInterrupt, graphErrorFromJson, type FailureJson, type GraphErrorJson, type NodeFailure } from './errors.js';
import type { FunctionEntry, HandlerEntry, NodeEntry, ReducerEntry, RouterEntry } from './functions.js';
import { flatChunk, reviveFields } from './messages.js';
import type { Surroundings } from './parts.js';
import type { Answer, Answerer } from './pump.js';
import { isWorthRetrying } from './retry.js';
import { pick, ScopeState, type StateDelta, type StateView } from './scope.js';
import type { GraphShape } from './shape.js';
import { nodeAnswer, routes } from './writing.js';

/** The engine's last word on an operation. */
export type End = { ok: true; [member: string]: any } | { ok: false; error: GraphErrorJson };

/** An event of a run's stream, as the engine tells it. */
export type RawEvent = [seq: number, namespace: string, mode: string, data: unknown];

/** What an operation needs of its host. */
export interface OperationOptions {
  dispatcher: Dispatcher;
  /** The operation's number in the engine. */
  run: number;
  functions: readonly FunctionEntry[];
  shape: GraphShape;
  /** The run's own `config`, with `configurable`. */
  config?: Record<string, any> | undefined;
  /** The modes that somebody reads. */
  modes?: ReadonlySet<string> | undefined;
  signal?: AbortSignal | undefined;
  onEvent?: ((event: RawEvent) => void) | undefined;
}

/** How many thrown errors are kept, to reject the run with the very object. */
const THROWN_KEPT = 1000;

/**
 * One operation of the engine (a run, or a look at a thread) on the JavaScript side: calls the graph's functions as the engine asks
 * for them, and hands their answers to the pump. `ended` settles with the engine's last word.
 */
export class Operation implements RunSink, Answerer {
  readonly run: number;
  /** Answers that the pump has not taken yet. */
  answers: Answer[] = [];
  queued = false;
  /** Settles when the operation is over; rejects with what the caller shall see. */
  readonly ended: Promise<End & { ok: true }>;

  readonly #dispatcher: Dispatcher;
  readonly #functions: readonly FunctionEntry[];
  readonly #root: ScopeState;
  readonly #shape: GraphShape;
  readonly #scopes = new Map<number, ScopeState>();
  readonly #calls = new Map<number, Call>();
  readonly #thrown = new Map<number, unknown>();
  readonly #modes: ReadonlySet<string> | undefined;
  readonly #own: Record<string, any> | undefined;
  readonly #configs = new Map<Surroundings, Record<string, any>>();
  readonly #abort: AbortBridge;
  readonly #onEvent: ((event: RawEvent) => void) | undefined;
  #aborted: { reason: unknown } | undefined;
  #over = false;
  #resolve!: (end: End & { ok: true }) => void;
  #reject!: (error: unknown) => void;

  constructor(options: OperationOptions) {
    this.#dispatcher = options.dispatcher;
    this.run = options.run;
    this.#functions = options.functions;
    this.#shape = options.shape;
    this.#root = new ScopeState(options.shape);
    this.#scopes.set(0, this.#root);
    this.#modes = options.modes;
    this.#own = options.config;
    this.#onEvent = options.onEvent;
    this.#abort = new AbortBridge(options.signal);
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Lets the engine begin. */
  begin(): void {
    this.#dispatcher.open(this.run, this);
    this.#dispatcher.pump.keepAlive(1);
    this.#dispatcher.pump.wake(this);
    this.#abort.listen((reason) => this.abort(reason));
  }

  /** The state as the engine last told it. */
  get values(): StateView {
    return this.#root.view(this.#shape);
  }

  /** Whether the engine has said its last word. */
  get over(): boolean {
    return this.#over;
  }

  /** Ends the run: its nodes' signals abort now, the engine says its last word soon. Idempotent. */
  abort(reason: unknown): void {
    if (this.#over || this.#aborted !== undefined) return;
    this.#aborted = { reason };
    for (const call of [...this.#calls.values()]) call.end(reason, true);
    this.#calls.clear();
    this.#dispatcher.native.cancelGraph(this.run);
    this.#dispatcher.pump.wake(this);
  }

  /** Asks the run to stop at the end of its superstep. */
  readonly drain = (): void => {
    if (this.#over) return;
    this.#dispatcher.native.drainGraph(this.run);
    this.#dispatcher.pump.wake(this);
  };

  breakDown(error: unknown): void {
    if (this.#over) return;
    this.#dispatcher.native.cancelGraph(this.run);
    this.#close(error);
    this.#reject(error);
  }

  // What a call asks.

  /** Hands an answer to the pump. */
  answer(answer: Answer): void {
    if (!this.#over) this.#dispatcher.pump.answer(this, answer);
  }

  /** Hands a piece of a message to the pump. */
  answerMessage(call: number, chunk: unknown, about: Record<string, unknown> | undefined): void {
    this.answer(['message', call, flatChunk(chunk) ?? null, about ?? {}]);
  }

  /** Whether somebody reads this stream mode. */
  tells(mode: string): boolean {
    return this.#modes !== undefined && this.#modes.has(mode);
  }

  configOver(surroundings: Surroundings): Record<string, any> {
    let config = this.#configs.get(surroundings);
    if (config === undefined) {
      config = Object.freeze({ ...surroundings.config, ...this.#own });
      this.#configs.set(surroundings, config);
    }
    return config;
  }

  facts(call: number): CallFacts {
    return this.#over ? {} : (JSON.parse(this.#dispatcher.native.graphContext(this.run, call)) as CallFacts);
  }

  /** Asks a question: its answer, or a `GraphInterrupt` after `asks` was told. */
  ask(call: number, value: unknown, schema: unknown, asks: () => void): unknown {
    const question = { value: value === undefined ? null : value, schema: schema === undefined ? undefined : jsonSchema('interrupt', schema) };
    const text = this.#dispatcher.native.graphInterrupt(this.run, call, JSON.stringify(question));
    const answer = JSON.parse(text) as { answer: unknown } | { waiting: true } | { ok: false; error: GraphErrorJson };
    if ('answer' in answer) return answer.answer;
    if ('error' in answer) throw graphErrorFromJson(answer.error);
    asks();
    throw new GraphInterrupt(value);
  }

  heartbeat(call: number): void {
    if (!this.#over) this.#dispatcher.native.graphHeartbeat(this.run, call);
  }

  /** Name and message of what a side effect threw. */
  described(error: unknown): { name: string; message: string } {
    return describeThrown(error);
  }

  /** The error of a side effect that failed in an earlier run. */
  effectError(told: unknown): unknown {
    const { name, message } = (typeof told === 'object' && told !== null ? told : { message: String(told) }) as { name?: string; message: string };
    const error = new GraphError('EFFECT_FAILED', message);
    if (name !== undefined) Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true, enumerable: false });
    return error;
  }

  /** An answer that cannot be written as JSON; the call fails with that instead. */
  unsendable(answer: Answer, error: unknown): Answer | undefined {
    const [kind, call, effect] = answer;
    const { message } = describeThrown(error);
    switch (kind) {
      case 'ok':
      case 'cmd': {
        const failure = new RuntimeError('VALUE_NOT_JSON', `what the node gave back cannot be written as JSON: ${message}`, { cause: error });
        this.#keep(call as number, failure);
        return ['fail', call, { name: 'RuntimeError', message: failure.message, fits: [] }];
      }
      case 'effectOk':
        return ['effectFail', call, effect, { name: 'RuntimeError', message: `the result of the task cannot be written as JSON: ${message}` }];
      default:
        process.emitWarning(`what a node wrote to its stream cannot be written as JSON, and is left out: ${message}`, { type: 'MossWarning' });
        return undefined;
    }
  }

  // What the engine says.

  accept(items: Item[]): void {
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      const data = item[1];
      switch (item[0]) {
        case '@state':
          this.#scope(data[0]).apply(data[1] as StateDelta);
          break;
        case '@node':
          this.#node(data);
          break;
        case '@event':
          this.#onEvent?.(data as RawEvent);
          break;
        case '@route':
          this.#route(data);
          break;
        case '@reduce':
          this.#reduce(data);
          break;
        case '@handle':
          this.#handle(data);
          break;
        case '@cancel':
          this.#cancel(data[0]);
          break;
        case '@effect':
          this.#calls.get(data[0])?.perform(data[1]);
          break;
        case '@effectDone':
          this.#calls.get(data[0])?.performed(data[1], data[2], data[3]);
          break;
        case '@synced':
          this.#calls.get(data[0])?.synced(data[1]);
          break;
        case '@forget':
          this.#scopes.delete(data[0]);
          break;
        case '@end':
          this.#end(data as End);
          return;
        default:
        // Items of a later version are left alone.
      }
    }
  }

  #scope(number: number): ScopeState {
    let scope = this.#scopes.get(number);
    if (scope === undefined) {
      scope = new ScopeState();
      this.#scopes.set(number, scope);
    }
    return scope;
  }

  #node(data: any[]): void {
    if (this.#aborted !== undefined) return;
    const entry = this.#functions[data[1]] as NodeEntry;
    const call = new Call(this, entry, data[0], data[3], data[4]);
    const state = data.length > 5 ? sent(data[5], entry.shape) : this.#see(data[2], entry);
    let returned: unknown;
    try {
      returned = entry.execute(state, call);
    } catch (error) {
      this.#failed(call, error);
      return;
    }
    this.#settle(call, returned);
  }

  #handle(data: any[]): void {
    if (this.#aborted !== undefined) return;
    const entry = this.#functions[data[1]] as HandlerEntry;
    const call = new Call(this, entry, data[0], data[3], data[4]);
    const state = data.length > 6 ? sent(data[6], entry.shape) : this.#see(data[2], entry);
    let returned: unknown;
    try {
      returned = entry.handle(state, this.#failure(data[5] as FailureJson), call);
    } catch (error) {
      this.#failed(call, error);
      return;
    }
    this.#settle(call, returned);
  }

  #route(data: any[]): void {
    if (this.#aborted !== undefined) return;
    const entry = this.#functions[data[1]] as RouterEntry;
    const call = new Call(this, entry, data[0], 0, 1);
    let returned: unknown;
    try {
      returned = entry.route(this.#scope(data[2]).view(entry.shape), call);
    } catch (error) {
      this.#failed(call, error);
      return;
    }
    this.#settle(call, returned);
  }

  #reduce(data: any[]): void {
    if (this.#aborted !== undefined) return;
    const [call, fn, writes] = data as [number, number, unknown[]];
    const entry = this.#functions[fn] as ReducerEntry;
    let next = 0;
    try {
      let held: unknown = data.length > 3 ? data[3] : writes[next++];
      for (; next < writes.length; next++) {
        held = entry.reduce(held, writes[next]);
        if (isThenable(held)) throw new GraphError('REDUCER_FAILED', `the reducer of \`${entry.name}\` gives a promise. A reducer is synchronous`);
      }
      this.answer(['ok', call, held === undefined ? null : held]);
    } catch (error) {
      this.#keep(call, error);
      this.answer(['fail', call, { ...describeThrown(error), fits: [] }]);
    }
  }

  #see(scope: number, entry: NodeEntry | HandlerEntry): StateView {
    const view = this.#scope(scope).view(entry.shape);
    return entry.input === undefined ? view : pick(view, entry.input);
  }

  /** Answers now, or when the promise settles. */
  #settle(call: Call, returned: unknown): void {
    if (!isThenable(returned)) {
      this.#returned(call, returned);
      return;
    }
    this.#calls.set(call.number, call);
    const onValue = (value: unknown): void => this.#returned(call, value);
    const onError = (error: unknown): void => this.#failed(call, error);
    if (returned instanceof Promise) returned.then(onValue, onError);
    else Promise.resolve(returned).then(onValue, onError);
  }

  #returned(call: Call, value: unknown): void {
    if (call.isOver) return;
    const { entry, number } = call;
    let answer: Answer;
    try {
      answer =
        entry.kind === 'router'
          ? ['ok', number, routes(value, entry.shape, entry.name, entry.labels)]
          : nodeAnswer(number, value, entry.shape, entry.name);
    } catch (error) {
      this.#failed(call, error);
      return;
    }
    this.#finish(call);
    this.answer(answer);
  }

  #failed(call: Call, error: unknown): void {
    if (call.isOver) return;
    const { entry, number } = call;
    this.#finish(call);
    if (call.asks && error instanceof GraphInterrupt) {
      this.answer(['wait', number]);
      return;
    }
    this.#keep(number, error);
    this.answer(['fail', number, { ...describeThrown(error), fits: entry.kind === 'node' ? fits(entry, error) : [] }]);
  }

  #finish(call: Call): void {
    this.#calls.delete(call.number);
    call.end(undefined, false);
  }

  #cancel(number: number): void {
    const call = this.#calls.get(number);
    if (call === undefined) return;
    this.#calls.delete(number);
    call.end(new AbortError(this.#aborted?.reason), true);
  }

  #keep(call: number, error: unknown): void {
    this.#thrown.set(call, error);
    if (this.#thrown.size > THROWN_KEPT) this.#thrown.delete(this.#thrown.keys().next().value!);
  }

  #failure({ node, name, message, attempt, thrown }: FailureJson): NodeFailure {
    const failure: NodeFailure = { node, name: name ?? 'Error', message, attempt };
    if (thrown !== undefined && this.#thrown.has(thrown)) failure.error = this.#thrown.get(thrown);
    return failure;
  }

  #end(end: End): void {
    if (end.ok) {
      this.#close(undefined);
      this.#resolve(end);
      return;
    }
    const error = this.#errorOf(end.error);
    this.#close(error);
    this.#reject(error);
  }

  /** What the caller sees: what its own nodes threw, where they threw. */
  #errorOf(json: GraphErrorJson): unknown {
    if (json.code === 'CANCELLED' && this.#aborted !== undefined) return new AbortError(this.#aborted.reason);
    const failures = (json.failures ?? []).map((failure) => this.#failure(failure));
    const state = shown(this.values, this.#shape);
    const errors = failures.map((failure) => ('error' in failure ? failure.error : graphErrorFromJson({ ...json, message: failure.message }, state)));
    if (errors.length === 1 && 'error' in failures[0]!) return errors[0];
    if (errors.length > 1) return new AggregateError(errors, json.message);
    return graphErrorFromJson(json, state, failures);
  }

  #close(reason: unknown): void {
    this.#over = true;
    this.#abort.release();
    this.#dispatcher.close(this.run);
    this.#dispatcher.pump.keepAlive(-1);
    this.answers = [];
    for (const call of this.#calls.values()) call.end(new AbortError(reason), true);
    this.#calls.clear();
    this.#thrown.clear();
    this.#scopes.clear();
  }
}

/** The fields of a state that its graph shows. */
export function shown(view: StateView, shape: GraphShape): StateView {
  return shape.output === undefined ? view : pick(view, shape.output);
}

/** What was sent to a task: lists of messages in it are LangChain's again. */
function sent(input: unknown, shape: GraphShape): StateView {
  if (typeof input !== 'object' || input === null) return input as never;
  return Array.isArray(input) ? (Object.freeze(input) as never) : reviveFields(input as Record<string, unknown>, shape);
}

/** Which of a node's retry policies an error is for. */
function fits({ retries }: NodeEntry, error: unknown): boolean[] {
  return retries.map(({ retryOn = isWorthRetrying }) => {
    try {
      return retryOn(error) === true;
    } catch {
      return false;
    }
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
