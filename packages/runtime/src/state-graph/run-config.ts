import { RuntimeError } from '../errors.js';
import { plainMembers } from '../json.js';
import { isCommand, type Command } from './commands.js';
import type { Drain } from './drain.js';
import type { GraphShape } from './shape.js';
import { command, describe, update } from './writing.js';

/** The names of what a stream tells. */
export type StreamMode = 'values' | 'updates' | 'messages' | 'custom' | 'tasks' | 'checkpoints' | 'debug';

/** Which thread, and which checkpoint of it. LangGraph's form, `{ configurable: { thread_id, checkpoint_id } }`, is read too. */
export interface ThreadConfig {
  threadId?: string | undefined;
  checkpointId?: string | undefined;
  configurable?: Record<string, any> | undefined;
}

/** Which state of a thread: that of the graph itself, or of one inside. */
export interface StateConfig extends ThreadConfig {
  /** The graph inside: the `namespace` of its task or of its question. LangGraph's `configurable.checkpoint_ns` is read too. */
  namespace?: string | undefined;
}

/** How a run is made. All of it is optional. */
export interface GraphRunConfig extends ThreadConfig {
  /** The run's id, for checkpoints and `checkpointer.deleteRun`. */
  runId?: string | undefined;
  /** Aborts the run. */
  signal?: AbortSignal | undefined;
  /** How many supersteps the run may take; with `execution: 'dataflow'`, how many tasks may follow each other. Default: 25. */
  recursionLimit?: number | undefined;
  /** How many tasks may run at a time. Default: all. */
  maxConcurrency?: number | undefined;
  /** Milliseconds that a superstep may take. Default: no limit. */
  stepTimeoutMs?: number | undefined;
  /** When checkpoints are stored: before the next superstep, beside it (default), or at the end of the run. */
  durability?: 'sync' | 'async' | 'exit' | undefined;
  /** What becomes of the run when another is under way on the thread. Default: `reject`. */
  onBusy?: 'reject' | 'enqueue' | 'interrupt' | 'rollback' | undefined;
  /** Stop before these nodes; `*`: before all. */
  interruptBefore?: readonly string[] | '*' | undefined;
  /** Stop after these nodes; `*`: after all. */
  interruptAfter?: readonly string[] | '*' | undefined;
  /** Noted on the run's checkpoints. */
  metadata?: Record<string, unknown> | undefined;
  /** Milliseconds after which another process may take the thread over from one that died. */
  leaseMs?: number | undefined;
  /** Whether nodes with a `cache` policy may give back what they kept. Default: true. */
  cache?: boolean | undefined;
  /** For nodes: their `context.config`, over the graph's own. */
  config?: Record<string, any> | undefined;
  /** Asks the run to stop at the end of its superstep. */
  drain?: Drain | undefined;
}

/** What a stream tells. */
export interface StreamConfig<M extends StreamMode | readonly StreamMode[] = StreamMode | readonly StreamMode[]> extends GraphRunConfig {
  /** Default: `updates`. */
  streamMode?: M | undefined;
  /** Whether graphs inside are told of too. Default: false. */
  subgraphs?: boolean | undefined;
}

/** The thread that a configuration names. */
export function threadOf(config: ThreadConfig | undefined): { thread?: string; checkpoint?: string } {
  const thread: unknown = config?.threadId ?? config?.configurable?.['thread_id'];
  const checkpoint: unknown = config?.checkpointId ?? config?.configurable?.['checkpoint_id'];
  const named: { thread?: string; checkpoint?: string } = {};
  if (thread !== undefined && thread !== null) named.thread = String(thread);
  if (checkpoint !== undefined && checkpoint !== null) named.checkpoint = String(checkpoint);
  return named;
}

/** The thread that a configuration must name. */
export function requiredThread(config: ThreadConfig | undefined): { thread: string; checkpoint?: string } {
  const { thread, checkpoint } = threadOf(config);
  if (thread === undefined) {
    throw new RuntimeError('MISSING_THREAD_ID', 'the configuration names no thread. Give `{ threadId }`, or `{ configurable: { thread_id } }`');
  }
  return checkpoint === undefined ? { thread } : { thread, checkpoint };
}

/** The thread that a configuration must name, and the graph inside, where it names one. */
export function requiredState(config: StateConfig | undefined): { thread: string; checkpoint?: string; namespace?: string } {
  const named = requiredThread(config);
  const namespace: unknown = config?.namespace ?? config?.configurable?.['checkpoint_ns'];
  return namespace === undefined || namespace === null || namespace === '' ? named : { ...named, namespace: String(namespace) };
}

/** The thread that a configuration must name, of which only the whole can be asked for. */
export function requiredWhole(config: StateConfig | undefined, what: string): { thread: string; checkpoint?: string } {
  const { namespace, ...named } = requiredState(config);
  if (namespace === undefined) return named;
  throw new RuntimeError('INVALID_CONFIG', `\`${what}\` is of a whole thread, and the configuration names the graph at \`${namespace}\` in it. Leave out \`namespace\``);
}

/** What nodes see as the run's part of `context.config`. */
export function nodeConfig(config: GraphRunConfig): Record<string, any> | undefined {
  if (config.configurable === undefined) return config.config;
  return { ...config.config, configurable: config.configurable };
}

/** What a run needs, as the engine takes it. */
export function runRequest(input: unknown, config: GraphRunConfig, shape: GraphShape): Record<string, unknown> {
  return { ...threadOf(config), input: inputOf(input, shape), options: options(config) };
}

function options(config: GraphRunConfig): Record<string, unknown> {
  const { recursionLimit, maxConcurrency, stepTimeoutMs, runId, interruptBefore, interruptAfter, durability, onBusy, leaseMs, cache } = config;
  const metadata = config.metadata === undefined ? undefined : plainMembers(config.metadata);
  // What is undefined is left out of the JSON.
  return {
    recursionLimit,
    maxConcurrency,
    stepTimeoutMs,
    runId: runId ?? config.configurable?.['run_id'],
    interruptBefore,
    interruptAfter,
    durability,
    onBusy,
    leaseMs,
    cache,
    metadata,
  };
}

function inputOf(input: unknown, shape: GraphShape): Record<string, unknown> {
  if (input === null || input === undefined) return { continue: true };
  if (isCommand(input)) return commandOf(input, shape);
  if (typeof input !== 'object' || Array.isArray(input)) {
    throw new RuntimeError('INVALID_INPUT', `the input is ${describe(input)}. Give an object of fields, null to go on, or a \`Command\``);
  }
  return { update: update(input, shape, '__input__') };
}

function commandOf(given: Command, shape: GraphShape): Record<string, unknown> {
  const answer = given.hasResume ? answersOf(given.resume) : {};
  if (given.update === undefined && given.goto === undefined) {
    if (!given.hasResume) throw new RuntimeError('EMPTY_INPUT', 'the command says nothing. Give `resume`, `update` or `goto`');
    return answer;
  }
  const { graph, ...members } = command(given, shape, '__input__');
  if (graph !== undefined) throw new RuntimeError('NO_PARENT_GRAPH', 'the command is for the graph around, but a run has none. Leave out `graph`');
  return { command: { ...members, ...answer } };
}

/** Ids of questions: the tasks that lead to them, each a node and the checkpoint it ran at, `ask:01a2…` or `inner:01a2…|ask:01a2…`. */
const QUESTION = /^[^:|]+:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(#\d+)?(\|.*)?$/;

/** One answer, or answers by the ids of their questions: an object whose members all have the form of such ids. */
function answersOf(resume: unknown): Record<string, unknown> {
  if (typeof resume === 'object' && resume !== null && !Array.isArray(resume)) {
    const ids = Object.keys(resume);
    if (ids.length > 0 && ids.every((id) => QUESTION.test(id))) return { answers: resume };
  }
  return { resume: resume === undefined ? null : resume };
}
