import type { Command, Send, TimeoutPolicy } from './commands.js';
import type { NodeFailure } from './errors.js';
import type { StateFields, StateOf, UpdateOf } from './fields.js';

/** Where a function of a graph is called, and what the host gave to all of them. */
export interface CallContext {
  /** The node. */
  readonly node: string;
  /** What the host gave as `client`. */
  readonly client: any;
  /** What the host gave as `tools`. */
  readonly tools: any;
  /** What the host gave as `handlers`. */
  readonly handlers: any;
  /** The graph's `config`, and over it the run's; the run's `configurable` is a member. */
  readonly config: Record<string, any>;
  /** Aborts when the run is aborted, the attempt is over its time, or a node beside this one has failed. */
  readonly signal: AbortSignal;
}

/** What a node gets beside the state. Everything it may ask is here: nothing is ambient. */
export interface NodeContext extends CallContext {
  /** The superstep; the first is 1. */
  readonly step: number;
  /** The attempt; the first is 1. */
  readonly attempt: number;
  /** The task's id, the same in every run that goes on with it. */
  readonly taskId: string;
  readonly threadId: string | undefined;
  readonly runId: string | undefined;
  /** The checkpoint that the superstep began at. */
  readonly checkpointId: string | undefined;
  /** The tasks that lead to this graph, `a:1|b:2`; empty for the graph that was run. */
  readonly namespace: string;
  /** How many supersteps the run may take from this one on, by its recursion limit: 1 in the last. */
  readonly remainingSteps: number;
  /** Whether the run was asked to stop at the end of the superstep. */
  readonly isDraining: boolean;

  /** Writes to the stream mode `custom`. Resolves when there is room for more: a node that awaits it cannot flood its reader. */
  write(value: unknown): Promise<void>;
  /** Writes a piece of a message to the stream mode `messages`; `about` joins its metadata. */
  writeMessage(chunk: unknown, about?: Record<string, unknown>): Promise<void>;
  /**
   * Asks, and gives the answer. While there is none it throws `GraphInterrupt`, which the node lets pass. When the run is gone on
   * with, the node runs again from its beginning; the n-th call takes the n-th answer. `schema`, JSON Schema or Zod, describes the
   * answers that are taken.
   */
  interrupt(value: unknown, options?: { schema?: unknown }): any;
  /** Does something once: its result is stored, and given back without a call when the node runs again behind a question or a crash. */
  task<T>(name: string, fn: () => T | Promise<T>): Promise<T>;
  /** Shows that the node is at work, for its idle timeout. */
  heartbeat(): void;
}

/** What a node gives back: fields to write, nothing, a command, or a list of those. */
export type NodeResult<Update> = Update | Command | readonly (Update | Command)[] | null | undefined | void;

/** A node as a plain function. */
export type NodeFunction<F extends StateFields = any> = (
  state: StateOf<F>,
  context: NodeContext,
) => NodeResult<UpdateOf<F>> | Promise<NodeResult<UpdateOf<F>>>;

/** What a router chooses: nodes by name or label, `END`, tasks with inputs of their own, or several of those. */
export type Route = string | Send | readonly (string | Send)[];

/** Chooses where to go on behind a node. It sees the state with what its own node wrote. */
export type RouterFunction<F extends StateFields = any> = (state: StateOf<F>, context: CallContext) => Route | Promise<Route>;

/** Runs in the place of a node that failed for good. */
export type ErrorHandlerFunction<F extends StateFields = any> = (
  state: StateOf<F>,
  failure: NodeFailure,
  context: NodeContext,
) => NodeResult<UpdateOf<F>> | Promise<NodeResult<UpdateOf<F>>>;

/** When and how often a node that failed is run again, in the same superstep. */
export interface RetryPolicy {
  /** Attempts in all. Default: 3. */
  attempts?: number;
  /** Milliseconds before the second attempt. Default: 500. */
  firstWaitMs?: number;
  /** What each further wait is multiplied by. Default: 2. */
  factor?: number;
  /** The longest wait in milliseconds, before the jitter. Default: 128,000. */
  maxWaitMs?: number;
  /** At most so many milliseconds are added at random. Default: 1,000. */
  jitterMs?: number;
  /**
   * Which errors are worth another attempt. Default, as LangGraph's: all but aborts, HTTP 400 to 407 and 409, refused
   * connections that were given up, and a quota that is used up.
   */
  retryOn?(error: unknown): boolean;
}

/** How a node's outputs are kept and given back for the same input. */
export interface CachePolicy {
  /** Milliseconds that an output is kept. Default: as long as the engine. */
  ttlMs?: number;
  /** The fields that the output depends on. Default: those the node sees. */
  fields?: readonly string[];
}

/** What is said about a node beside what it does. */
export interface NodeOptions<F extends StateFields = any> {
  /** Where the node's commands may lead; `*`: to every node. Default: nowhere. */
  ends?: readonly string[] | '*' | undefined;
  /** Run the node only when nothing else is left to run, once for all that led to it. */
  defer?: boolean | undefined;
  /** Of several policies the first that fits the error counts. */
  retry?: RetryPolicy | readonly RetryPolicy[] | undefined;
  /** Limits each attempt: milliseconds, or a policy. */
  timeout?: number | TimeoutPolicy | undefined;
  cache?: CachePolicy | boolean | undefined;
  errorHandler?: ErrorHandlerFunction<F> | undefined;
  /** The fields that the node sees. Default: all. */
  input?: readonly (keyof F & string)[] | undefined;
  /** For streams and drawings. */
  metadata?: Record<string, unknown> | undefined;
}

/** A node as an object. */
export interface NodeObject<F extends StateFields = any> extends NodeOptions<F> {
  /** Unique within the graph. */
  name: string;
  execute(state: StateOf<F>, context: NodeContext): NodeResult<UpdateOf<F>> | Promise<NodeResult<UpdateOf<F>>>;
  /** False: the node writes nothing, and its edges are followed. */
  shouldExecute?(state: StateOf<F>, context: NodeContext): boolean | Promise<boolean>;
  /** Chooses where to go on behind this node; its targets are `ends`, or every node and `END`. */
  next?(state: StateOf<F>, context: CallContext): Route | Promise<Route>;
}

/** What a graph inside another keeps: for the task that runs it (default), for the whole thread, or nothing. */
export type SubgraphMemory = 'task' | 'thread' | 'none';
