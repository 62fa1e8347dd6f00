import { AbortError, describeThrown, RuntimeError } from '../errors.js';
import { jsonSchema } from '../tools.js';
import { Call, type CallFacts } from './context.js';
import type { Drain } from './drain.js';
import { GraphError, GraphInterrupt, graphErrorFromJson, type FailureJson, type GraphErrorJson, type NodeFailure } from './errors.js';
import type { FunctionEntry, HandlerEntry, NodeEntry, ReducerEntry, RouterEntry } from './functions.js';
import { flatChunk, sentView } from './messages.js';
import { jsonText } from './json-text.js';
import { Operation, type OperationOptions } from './operation.js';
import type { Surroundings } from './parts.js';
import type { Answer } from './pump.js';
import { isWorthRetrying } from './retry.js';
import { ScopeState, type FieldChange } from './scope.js';
import type { GraphShape } from './shape.js';
import { SharedValues, type ToldValue } from './shared-values.js';
import type { SnapshotJson } from './snapshots.js';
import { pick, type StateView } from './views.js';
import { nodeAnswer, routerAnswer } from './writing.js';

/** An event of a run's stream, as the engine tells it. */
export type RawEvent = [seq: number, namespace: string, mode: string, data: unknown];

/** Items of a field of one of the snapshots that an operation comes to. */
type StoredItems = [snapshot: number, field: string, items: unknown[]];

/** What an operation on a graph needs of its host. */
export interface GraphOperationOptions extends OperationOptions {
  functions: readonly FunctionEntry[];
  shape: GraphShape;
  /** The run's own `config`, with `configurable`. */
  config?: Record<string, any> | undefined;
  /** Asks the run to stop at the end of its superstep. */
  drain?: Drain | undefined;
  /** The modes that somebody reads. */
  modes?: ReadonlySet<string> | undefined;
}

/** How many thrown errors are kept, to reject the run with the very object. */
const THROWN_KEPT = 1000;

/**
 * An operation on a graph: calls the graph's functions as the engine asks for them, and hands their answers to the pump. A run, or a
 * look at a thread, for which routers and reducers may be asked too.
 */
export class GraphOperation extends Operation {
  readonly #functions: readonly FunctionEntry[];
  readonly #shape: GraphShape;
  readonly #shared = new SharedValues();
  readonly #root: ScopeState;
  // Maps are made when something is put into them: a run that waits would be larger by a third with all of them.
  /** Of subgraphs under way. */
  #scopes: Map<number, ScopeState> | undefined;
  /** Those that have given a promise. */
  #calls: Map<number, Call> | undefined;
  /** What calls have thrown. */
  #thrown: Map<number, unknown> | undefined;
  /** Items of snapshots that are told ahead of them. */
  #stored: StoredItems[] | undefined;
  readonly #modes: ReadonlySet<string> | undefined;
  readonly #own: Record<string, any> | undefined;
  #configs: Map<Surroundings, Record<string, any>> | undefined;
  readonly #drain: { drain: Drain; ask: () => void } | undefined;

  constructor(options: GraphOperationOptions) {
    super(options);
    this.#functions = options.functions;
    this.#shape = options.shape;
    this.#root = new ScopeState(options.shape, this.#shared);
    this.#modes = options.modes;
    this.#own = options.config;
    if (options.drain !== undefined) this.#drain = { drain: options.drain, ask: () => this.#askToStop() };
  }

  /** The state as the engine last told it. */
  get values(): StateView {
    return this.#root.values();
  }

  /** Puts the items that were told ahead of these snapshots into their fields. */
  putStored(snapshots: readonly SnapshotJson[]): void {
    for (const [snapshot, field, items] of this.#stored ?? []) {
      const list = snapshots[snapshot]!.values[field] as unknown[];
      for (let i = 0; i < items.length; i++) list.push(items[i]);
    }
    this.#stored = undefined;
  }

  override begin(): void {
    super.begin();
    if (this.#drain !== undefined) this.#drain.drain.listen(this.#drain.ask);
  }

  /** Asks the run to stop at the end of its superstep. */
  #askToStop(): void {
    if (this.over) return;
    this.dispatcher.native.drainGraph(this.run);
    this.dispatcher.pump.wake(this);
  }

  // What a call asks.

  /** Hands a piece of a message to the pump. */
  answerMessage(call: number, chunk: unknown, about: Record<string, unknown> | undefined): void {
    this.answer(['message', call, flatChunk(chunk) ?? null, about ?? {}]);
  }

  /** Whether somebody reads this stream mode. */
  tells(mode: string): boolean {
    return this.#modes !== undefined && this.#modes.has(mode);
  }

  configOver(surroundings: Surroundings): Record<string, any> {
    let config = this.#configs?.get(surroundings);
    if (config === undefined) {
      config = Object.freeze({ ...surroundings.config, ...this.#own });
      (this.#configs ??= new Map()).set(surroundings, config);
    }
    return config;
  }

  facts(call: number): CallFacts {
    return this.over ? {} : (JSON.parse(this.dispatcher.native.graphContext(this.run, call)) as CallFacts);
  }

  /** Asks a question: its answer, or a `GraphInterrupt` after `asks` was told. */
  ask(call: number, value: unknown, schema: unknown, asks: () => void): unknown {
    const question = { value: value === undefined ? null : value, schema: schema === undefined ? undefined : jsonSchema('interrupt', schema) };
    const text = this.dispatcher.native.graphInterrupt(this.run, call, jsonText(question));
    const answer = JSON.parse(text) as { answer: unknown } | { waiting: true } | { error: GraphErrorJson | string };
    if ('answer' in answer) return answer.answer;
    if ('error' in answer) throw typeof answer.error === 'string' ? new GraphError('INVALID_QUESTION', answer.error) : graphErrorFromJson(answer.error);
    asks();
    throw new GraphInterrupt(value);
  }

  heartbeat(call: number): void {
    if (!this.over) this.dispatcher.native.graphHeartbeat(this.run, call);
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
  override unsendable(answer: Answer, error: unknown): Answer | undefined {
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
        return super.unsendable(answer, error);
    }
  }

  // What the engine says.

  protected override take(name: string, data: any): void {
    switch (name) {
      case '@state':
        return this.#scope(data[0], data[2]).apply(data[1] as FieldChange[]);
      case '@release':
        this.#shared.release(data as number[]);
        return this.answer(['released', data.length]);
      case '@node':
        return this.#node(data);
      case '@route':
        return this.#route(data);
      case '@reduce':
        return this.#reduce(data);
      case '@handle':
        return this.#handle(data);
      case '@cancel':
        return this.#cancel(data[0]);
      case '@items':
        (this.#stored ??= []).push(data as StoredItems);
        return;
      case '@effect':
        return this.#calls?.get(data[0])?.perform(data[1]);
      case '@effectDone':
        return this.#calls?.get(data[0])?.performed(data[1], data[2], data[3]);
      case '@synced':
        return this.#calls?.get(data[0])?.synced(data[1]);
      case '@forget':
        this.#scopes?.delete(data[0]);
        return;
      default:
        super.take(name, data);
    }
  }

  /** A graph of the run, of which the engine tells with a function that is in it. */
  #scope(number: number, fn: number): ScopeState {
    if (number === 0) return this.#root;
    let scope = this.#scopes?.get(number);
    if (scope === undefined) {
      scope = new ScopeState(this.#functions[fn]!.shape, this.#shared);
      (this.#scopes ??= new Map()).set(number, scope);
    }
    return scope;
  }

  #node(data: any[]): void {
    if (this.aborted !== undefined) return;
    const entry = this.#functions[data[1]] as NodeEntry;
    const call = new Call(this, entry, data[0], data[3], data[4]);
    const state = data.length > 5 ? this.#sent(data[5], entry) : this.#scope(data[2], data[1]).view(entry.input);
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
    if (this.aborted !== undefined) return;
    const entry = this.#functions[data[1]] as HandlerEntry;
    const call = new Call(this, entry, data[0], data[3], data[4]);
    const state = data.length > 6 ? this.#sent(data[6], entry) : this.#scope(data[2], data[1]).view(entry.input);
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
    if (this.aborted !== undefined) return;
    const entry = this.#functions[data[1]] as RouterEntry;
    const call = new Call(this, entry, data[0], 0, 1);
    let returned: unknown;
    try {
      returned = entry.route(this.#scope(data[2], data[1]).view(), call);
    } catch (error) {
      this.#failed(call, error);
      return;
    }
    this.#settle(call, returned);
  }

  #reduce(data: any[]): void {
    if (this.aborted !== undefined) return;
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

  #sent(told: ToldValue, { shape }: NodeEntry | HandlerEntry): StateView {
    // What stands in brackets is the task's own, and its messages are not frozen.
    return sentView(Array.isArray(told) ? told[0] : this.#shared.value(told), shape);
  }

  /** Answers now, or when the promise settles. */
  #settle(call: Call, returned: unknown): void {
    if (!isThenable(returned)) {
      this.#returned(call, returned);
      return;
    }
    (this.#calls ??= new Map()).set(call.number, call);
    // The function itself may have aborted its run.
    if (this.aborted !== undefined) this.#cancel(call.number);
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
          ? routerAnswer(number, value, entry, this.#shared)
          : nodeAnswer(number, value, entry, this.#shared);
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
    this.#calls?.delete(call.number);
    call.end(undefined, false);
  }

  #cancel(number: number): void {
    const call = this.#calls?.get(number);
    if (call === undefined) return;
    this.#calls!.delete(number);
    call.end(this.aborted === undefined ? new AbortError() : this.aborted.reason, true);
  }

  #keep(call: number, error: unknown): void {
    const thrown = (this.#thrown ??= new Map<number, unknown>());
    thrown.set(call, error);
    if (thrown.size > THROWN_KEPT) thrown.delete(thrown.keys().next().value!);
  }

  #failure({ node, name, message, thrown }: FailureJson): NodeFailure {
    const failure: NodeFailure = { node, name: name ?? 'Error', message };
    if (thrown !== undefined && this.#thrown?.has(thrown) === true) failure.error = this.#thrown.get(thrown);
    return failure;
  }

  /** What the caller sees: what its own nodes threw, where they threw. */
  protected override errorOf(json: GraphErrorJson): unknown {
    const failures = (json.failures ?? []).map((failure) => this.#failure(failure));
    const state = shown(this.values, this.#shape);
    const errors = failures.map((failure) => ('error' in failure ? failure.error : graphErrorFromJson({ ...json, message: failure.message }, state)));
    if (errors.length === 1 && 'error' in failures[0]!) return errors[0];
    if (errors.length > 1) return new AggregateError(errors, json.message);
    return graphErrorFromJson(json, state, failures);
  }

  protected override release(reason: unknown): void {
    const calls = this.#calls;
    this.#calls = undefined;
    if (calls !== undefined) for (const call of calls.values()) call.end(reason, true);
    if (!this.over) return;
    this.#shared.clear();
    this.#thrown = undefined;
    this.#scopes = undefined;
    this.#drain?.drain.unlisten(this.#drain.ask);
  }
}

/** The fields of a state that its graph shows. */
export function shown(view: StateView, shape: GraphShape): StateView {
  return shape.output === undefined ? view : pick(view, shape.output);
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
