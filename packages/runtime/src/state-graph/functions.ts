import type { NodeFailure } from './errors.js';
import type { GraphShape } from './shape.js';
import type { CallContext, NodeContext, RetryPolicy } from './node-types.js';
import type { Surroundings } from './parts.js';
import type { ReduceFunction } from './fields.js';

/** What all functions that the engine calls by number have. */
interface FunctionBase {
  /** The node, or the field, that it is of. */
  name: string;
  /** The graph that it is in. */
  shape: GraphShape;
  surroundings: Surroundings;
}

/** A node's function. */
export interface NodeEntry extends FunctionBase {
  kind: 'node';
  execute(state: any, context: NodeContext): unknown;
  /** The fields that it sees; undefined: all. */
  input: readonly string[] | undefined;
  retries: readonly RetryPolicy[];
  /** Whether what it writes is a sign of life that its idle timeout waits for. */
  idles: boolean;
}

/** A router; `labels` are its names for nodes. */
export interface RouterEntry extends FunctionBase {
  kind: 'router';
  route(state: any, context: CallContext): unknown;
  labels: Readonly<Record<string, string>> | undefined;
}

/** An error handler. */
export interface HandlerEntry extends FunctionBase {
  kind: 'handler';
  handle(state: any, failure: NodeFailure, context: NodeContext): unknown;
  input: readonly string[] | undefined;
}

/** A reducer. */
export interface ReducerEntry extends FunctionBase {
  kind: 'reducer';
  reduce: ReduceFunction;
}

/** A function that the engine calls by its number. */
export type FunctionEntry = NodeEntry | RouterEntry | HandlerEntry | ReducerEntry;
