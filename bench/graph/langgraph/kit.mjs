// LangGraph.js in the words that the shapes use.
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { Annotation, END, MemorySaver, messagesStateReducer, Send, START, StateGraph } from '@langchain/langgraph';
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite';
import { createReactAgent } from '@langchain/langgraph/prebuilt';
import { z } from 'zod';

import { around, result, script, TOOL } from '../node/shapes/react.mjs';

const list = () => [];

export const kit = {
  START,
  END,
  Send,
  AIMessage,
  HumanMessage,
  ToolMessage,
  messages: () => Annotation({ reducer: messagesStateReducer, default: list }),
  append: () => Annotation({ reducer: (there, written) => there.concat(written), default: list }),
  merge: () => Annotation({ reducer: (there, written) => ({ ...there, ...written }), default: () => ({}) }),
  last: (value) => (value === undefined ? Annotation() : Annotation({ reducer: (_, written) => written, default: () => value })),

  graph(fields, { input, output } = {}) {
    const part = (names) => names && Annotation.Root(Object.fromEntries(names.map((name) => [name, fields[name]])));
    const stateSchema = Annotation.Root(fields);
    return new StateGraph(input ? { stateSchema, input: part(input), output: part(output) } : stateSchema);
  },

  subgraph: (graph) => graph.compile(),
  run: (app, input, config) => app.invoke(input, config),

  checkpointer(kind, file) {
    switch (kind) {
      case 'none':
        return undefined;
      case 'memory':
        return new MemorySaver();
      case 'sqlite':
      case 'sqlitePowerLoss':
        return SqliteSaver.fromConnString(file);
    }
  },

  close: (checkpointer) => checkpointer.db.close(),

  /** The agent that LangGraph brings, in place of one made of two nodes. */
  prebuilt({ size }) {
    const search = tool(({ query }) => result(query), { name: TOOL, description: 'Searches.', schema: z.object({ query: z.string() }) });
    const graph = { compile: ({ checkpointer }) => createReactAgent({ llm: new Scripted(script(kit, size)), tools: [search], checkpointSaver: checkpointer }) };
    return { graph, ...around(kit, size) };
  },
};

class Scripted extends BaseChatModel {
  constructor(script) {
    super({});
    this.script = script;
  }

  _llmType() {
    return 'scripted';
  }

  bindTools() {
    return this;
  }

  async _generate(messages) {
    const message = this.script[messages.length >> 1];
    return { generations: [{ text: message.content, message }] };
  }
}
