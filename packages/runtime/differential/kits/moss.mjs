// MOSS in the words of the scenarios.
import { RemoveMessage } from '@langchain/core/messages';
import { Command, Drain, END, field, MemoryCheckpointer, Overwrite, PARENT, RuntimeError, Send, SqliteCheckpointer, START, StateGraph } from '../../dist/esm/index.js';

import { App } from './app.mjs';

export const kit = {
  name: 'moss',
  START,
  END,
  PARENT,
  REMOVE_ALL: '__remove_all__',
  Command,
  Send,
  Overwrite,
  RemoveMessage,

  field: {
    last: field.lastValue,
    any: field.anyValue,
    append: () => field.append(),
    add: field.add,
    merge: field.merge,
    reduce: field.reduce,
    messages: () => field.messages(),
    topic: field.topic,
    ephemeral: field.ephemeral,
    untracked: field.untracked,
  },

  graph: (fields, parts) => new Builder(fields, parts),

  saver: (kind, file) => (kind === 'sqlite' ? new SqliteCheckpointer(file) : new MemoryCheckpointer()),
  close: (saver) => saver.close(),

  /** A gentle stop, and what goes into a configuration for it. */
  drain() {
    const drain = new Drain();
    return { config: { drain }, request: () => drain.request() };
  },

  supersteps: (supersteps) => supersteps,
  fork: (app, config) => app.fork(config),
  chunk: (chunk) => chunk,

  codeOf: (error) => (error.name === 'AbortError' ? 'AbortError' : error instanceof RuntimeError ? error.code : undefined),
};

class Builder {
  constructor(fields, parts = {}) {
    this.graph = new StateGraph({ state: fields, ...parts });
  }

  node(name, behaviour, options = {}) {
    const { retry, ...same } = options;
    if (behaviour instanceof Builder) {
      this.graph.addNode(name, behaviour.graph, { ends: '*', ...same });
      return this;
    }
    // Where commands lead is not declared in LangGraph.
    const more = { ends: '*', ...same };
    if (retry) more.retry = Array.isArray(retry) ? retry.map(quick) : quick(retry);
    this.graph.addNode(name, (state, context) => behaviour(state, context), more);
    return this;
  }

  edge(from, to) {
    this.graph.addEdge(from, to);
    return this;
  }

  route(from, router, targets) {
    this.graph.addConditionalEdges(from, (state) => router(state), targets);
    return this;
  }

  compile({ saver, cache: _, ...options } = {}) {
    return new App(this.graph.compile({ checkpointer: saver, ...options }), mossConfig, kit);
  }
}

const quick = (retry) => ({ ...retry, firstWaitMs: 1, jitterMs: 0 });

/** A configuration in MOSS' names. */
function mossConfig({ thread, checkpoint, limit, ...same }) {
  return { ...same, ...(thread && { threadId: thread }), ...(checkpoint && { checkpointId: checkpoint }), ...(limit && { recursionLimit: limit }) };
}
