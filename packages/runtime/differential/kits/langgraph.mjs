// LangGraph.js in the words of the scenarios.
import { RemoveMessage } from '@langchain/core/messages';
import { RunnableLambda } from '@langchain/core/runnables';
import { Annotation, Command, END, interrupt, MemorySaver, messagesStateReducer, Overwrite, RunControl, Send, START, StateGraph } from '@langchain/langgraph';
import { AnyValue, EphemeralValue, LastValue, Topic, UntrackedValueChannel } from '@langchain/langgraph/channels';
import { InMemoryCache } from '@langchain/langgraph-checkpoint';
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite';

import { App } from './app.mjs';

const list = (value) => (Array.isArray(value) ? value : [value]);
const aggregate = (reducer, options) => Annotation(options && 'default' in options ? { reducer, default: () => structuredClone(options.default) } : { reducer });

/** What MOSS calls the errors that here have a class and no code. */
const CODES = {
  EmptyInputError: 'EMPTY_INPUT',
  NodeTimeoutError: 'NODE_TIMEOUT',
  GraphDrained: 'DRAINED',
  UnreachableNodeError: 'UNREACHABLE_NODE',
  InvalidUpdateError: 'INVALID_CONCURRENT_GRAPH_UPDATE',
  AbortError: 'AbortError',
};

export const kit = {
  name: 'langgraph',
  START,
  END,
  PARENT: Command.PARENT,
  REMOVE_ALL: '__remove_all__',
  Command,
  Send,
  Overwrite,
  RemoveMessage,

  field: {
    last: (options) => (options ? new LastValue(() => structuredClone(options.default)) : new LastValue()),
    any: () => new AnyValue(),
    append: () => aggregate((held, written) => held.concat(list(written)), { default: [] }),
    add: (options) => aggregate((held, written) => held + written, options),
    merge: (options) => aggregate((held, written) => ({ ...held, ...written }), options),
    reduce: aggregate,
    messages: () => aggregate(messagesStateReducer, { default: [] }),
    topic: (options) => new Topic(options),
    ephemeral: ({ guard = true } = {}) => new EphemeralValue(guard),
    untracked: ({ guard = true } = {}) => new UntrackedValueChannel({ guard }),
  },

  graph: (fields, parts) => new Builder(fields, parts),

  saver: (kind, file) => (kind === 'sqlite' ? SqliteSaver.fromConnString(file) : new MemorySaver()),
  close: (saver) => saver.db?.close(),

  /** A gentle stop, and what goes into a configuration for it. */
  drain() {
    const control = new RunControl();
    return { config: { control }, request: () => control.requestDrain() };
  },

  supersteps: (supersteps) => supersteps.map((updates) => ({ updates })),
  fork: (app, config) => app.updateState(config, null, '__copy__'),

  /** A chunk without what only this library tells of tasks. */
  chunk(chunk, mode) {
    if (mode !== 'tasks') return chunk;
    const { triggers: _, ...same } = chunk;
    if (same.metadata) delete same.metadata.ls_integration;
    return same;
  },

  codeOf: (error) => error.lc_error_code ?? CODES[error.name] ?? (error.message === 'Abort' ? 'AbortError' : undefined),
};

class Builder {
  constructor(fields, { input, output } = {}) {
    this.fields = fields;
    const stateSchema = Annotation.Root(fields);
    const schemas = input || output ? { stateSchema, input: this.#part(input), output: this.#part(output) } : stateSchema;
    this.graph = new StateGraph(schemas);
  }

  #part(names) {
    return Annotation.Root(Object.fromEntries((names ?? Object.keys(this.fields)).map((name) => [name, this.fields[name]])));
  }

  node(name, behaviour, options = {}) {
    const { retry, cache, timeout, errorHandler, input, memory, ...same } = options;
    const more = { ...same };
    if (retry) more.retryPolicy = retryPolicy(retry);
    if (cache) more.cachePolicy = cache === true ? true : { keyFunc: ([state]) => JSON.stringify(cache.fields.map((field) => state[field])), ttl: cache.ttlMs && cache.ttlMs / 1000 };
    if (timeout !== undefined) more.timeout = typeof timeout === 'number' ? timeout : { runTimeout: timeout.runMs, idleTimeout: timeout.idleMs, refreshOn: timeout.refresh };
    if (errorHandler) more.errorHandler = (state, { node, error }, config) => errorHandler(state, { node, message: error.message }, context(config));
    if (input) more.input = this.#part(input);
    if (behaviour instanceof Builder) {
      this.graph.addNode(name, behaviour.graph.compile({ checkpointer: { thread: true, none: false }[memory] }), more);
    } else {
      this.graph.addNode(name, (state, config) => behaviour(state, context(config)), more);
    }
    return this;
  }

  edge(from, to) {
    this.graph.addEdge(from, to);
    return this;
  }

  route(from, router, targets) {
    this.graph.addConditionalEdges(from, named(router, (state) => router(state)), targets);
    return this;
  }

  compile({ saver, cache, ...options } = {}) {
    return new App(this.graph.compile({ checkpointer: saver, cache: cache ? new InMemoryCache() : undefined, ...options }), langgraphConfig, kit);
  }
}

/** Routers of one node are told apart by their names, which are those of Runnables. */
function named({ name }, router) {
  const runnable = RunnableLambda.from(router);
  runnable.name = name || 'router';
  return runnable;
}

function retryPolicy(retry) {
  const policies = list(retry).map(({ attempts, retryOn }) => ({ maxAttempts: attempts, initialInterval: 1, jitter: false, retryOn, logWarning: false }));
  return Array.isArray(retry) ? policies : policies[0];
}

function context(config) {
  return {
    interrupt: (value) => interrupt(value),
    write: async (value) => config.writer?.(value),
    heartbeat: () => config.heartbeat?.(),
    signal: config.signal,
    attempt: config.executionInfo?.nodeAttempt,
    configurable: config.configurable,
  };
}

/** A configuration in LangGraph's names. */
function langgraphConfig({ thread, checkpoint, limit, ...same }) {
  const configurable = { ...(thread && { thread_id: thread }), ...(checkpoint && { checkpoint_id: checkpoint }) };
  return { ...same, configurable, ...(limit && { recursionLimit: limit }) };
}
