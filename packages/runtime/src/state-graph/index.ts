/** State graphs: nodes over a common state, run by the native engine. */
export { StateGraph, type StateGraphOptions } from './builder.js';
export { Checkpointer, MemoryCheckpointer, PostgresCheckpointer, SqliteCheckpointer, type PostgresOptions } from './checkpointers.js';
export { Command, END, Overwrite, PARENT, Send, START, type CommandFields, type TimeoutPolicy } from './commands.js';
export { Drain } from './drain.js';
export {
  StateGraphEngine,
  type CompileOptions,
  type GraphDefinition,
  type GraphInput,
  type StateChange,
  type StreamChunk,
} from './engine.js';
export { GraphError, GraphInterrupt, type NodeFailure } from './errors.js';
export { field, type Field, type MessageLike, type ReduceFunction, type StateFields, type StateOf, type UpdateOf } from './fields.js';
export type {
  CachePolicy,
  CallContext,
  ErrorHandlerFunction,
  NodeContext,
  NodeFunction,
  NodeObject,
  NodeOptions,
  NodeResult,
  RetryPolicy,
  Route,
  RouterFunction,
  SubgraphMemory,
} from './node-types.js';
export type { Ending, GraphOutcome, GraphQuestion } from './outcome.js';
export type { GraphOptions, Surroundings } from './parts.js';
export type { GraphRunConfig, StateConfig, StreamConfig, StreamMode, ThreadConfig } from './run-config.js';
export type { CheckpointConfig, GraphSnapshot, InnerConfig, SnapshotTask } from './snapshots.js';
export { RunStream } from './stream.js';
export type { GraphStreamEvent } from './stream-events.js';
