import type { BaseMessage } from '@langchain/core/messages';
import type { PlainMessage } from '../types/config.js';
import type { Overwrite } from './commands.js';

/** How a field is described to the engine. */
export interface FieldDefinition {
  reducer: string;
  default?: unknown;
  unique?: boolean;
  accumulate?: boolean;
  guard?: boolean;
}

/** A reducer of the host's own: from the value held and the value written to the value held afterwards. */
export type ReduceFunction<Value = any, Update = any> = (held: Value, written: Update) => Value;

/** One field of a state: what it holds (`Value`), what may be written to it (`Update`), and how writes are put together. */
export interface Field<Value, Update = Value> {
  /** @internal */
  readonly definition: FieldDefinition;
  /** @internal */
  readonly reduce?: ReduceFunction;
  /** Only there for the types. */
  readonly '~types'?: { value: Value; update: Update };
}

/** The fields of a state by name. */
export type StateFields = Record<string, Field<any, any>>;

/** The state of these fields as nodes see it. */
export type StateOf<F extends StateFields> = { readonly [K in keyof F]: F[K] extends Field<infer Value, any> ? Value : never };

/** What may be written to these fields. */
export type UpdateOf<F extends StateFields> = {
  [K in keyof F]?: F[K] extends Field<infer Value, infer Update> ? Update | Overwrite<Value> | undefined : never;
};

/** What may be written to a field of messages: a LangChain message, an object with `role` or `type` and `content`, or a text. */
export type MessageLike = BaseMessage | PlainMessage | string;

/** A value to begin with. */
interface Default<Value> {
  default: Value;
}

function lastValue<T>(options: Default<T>): Field<T>;
function lastValue<T = any>(): Field<T | undefined, T>;
function lastValue(options?: Partial<Default<unknown>>): Field<any> {
  return make('last_value', options);
}

function add(options: Default<number>): Field<number>;
function add(options: Default<string>): Field<string>;
function add<T extends number | string = number>(): Field<T | undefined, T>;
function add(options?: Partial<Default<unknown>>): Field<any> {
  return make('add', options);
}

function merge<T extends object>(options: Default<T>): Field<T, Partial<T>>;
function merge<T extends object = Record<string, any>>(): Field<T | undefined, Partial<T>>;
function merge(options?: Partial<Default<unknown>>): Field<any> {
  return make('merge', options);
}

function reduce<T, U = T>(reducer: (held: T, written: U) => T, options: Default<T>): Field<T, U>;
function reduce<T>(reducer: (held: T, written: T) => T): Field<T | undefined, T>;
function reduce(reducer: ReduceFunction, options?: Partial<Default<unknown>>): Field<any> {
  return { ...make('custom', options), reduce: reducer };
}

function append<T = any>(options?: Default<readonly T[]>): Field<readonly T[], T | readonly T[]> {
  return make('append', options);
}

function messages(options?: Default<readonly MessageLike[]>): Field<readonly BaseMessage[], MessageLike | readonly MessageLike[]> {
  return make('messages', options);
}

function topic<T = any>(options: { unique?: boolean; accumulate?: boolean } = {}): Field<readonly T[], T | readonly T[]> {
  return { definition: { reducer: 'topic', unique: options.unique === true, accumulate: options.accumulate === true } };
}

function anyValue<T = any>(): Field<T | undefined, T> {
  return make('any_value');
}

function ephemeral<T = any>(options: { guard?: boolean } = {}): Field<T | undefined, T> {
  return { definition: { reducer: 'ephemeral', guard: options.guard !== false } };
}

function untracked<T = any>(options: { guard?: boolean } = {}): Field<T | undefined, T> {
  return { definition: { reducer: 'untracked', guard: options.guard !== false } };
}

/** The kinds of fields. All but `reduce` work in the native engine and cost no call into JavaScript. */
export const field = {
  /** Holds the last value. Two writes in one superstep are an error. */
  lastValue,
  /** Holds the last of any number of writes; holds nothing after a superstep that does not write it. */
  anyValue,
  /** A list that only grows: items are put behind those there are. A list that is written is its items. */
  append,
  /** A list of messages: new ones are put behind those there are, one with a known id takes its place, a `RemoveMessage` takes one out. */
  messages,
  /** Adds numbers, joins texts. */
  add,
  /** Puts the members of objects over those there are. */
  merge,
  /** A list of what was written: of the last superstep, or of all (`accumulate`); without repetitions (`unique`). */
  topic,
  /** Is there for one superstep only. With `guard` (default) two writes in one superstep are an error, without it the last counts. */
  ephemeral,
  /** Is never stored. With `guard` (default) two writes in one superstep are an error, without it the last counts. */
  untracked,
  /** A reducer of your own, pure and synchronous. Without a default the first write is taken as it is. */
  reduce,
};

function make(reducer: string, options?: { default?: unknown }): { definition: FieldDefinition } {
  return { definition: options?.default === undefined ? { reducer } : { reducer, default: options.default } };
}
