// @moss/runtime in the words that the shapes use.
import { createRequire } from 'node:module';

import * as moss from '../../../packages/runtime/dist/esm/index.js';

const { END, MemoryCheckpointer, Send, SqliteCheckpointer, START, StateGraph, field } = moss;
// The messages of the package that the runtime itself reads.
const require = createRequire(import.meta.resolve('../../../packages/runtime/package.json'));
const { AIMessage, HumanMessage, ToolMessage } = require('@langchain/core/messages');

export const kit = {
  START,
  END,
  Send,
  AIMessage,
  HumanMessage,
  ToolMessage,
  messages: () => field.messages(),
  append: () => field.append(),
  merge: () => field.merge(),
  last: (value) => (value === undefined ? field.lastValue() : field.lastValue({ default: value })),
  graph: (state, schemas) => new StateGraph({ state, ...schemas }),
  subgraph: (graph) => graph,

  async run(engine, input, config) {
    const { values, ending } = await engine.run(input, config);
    if (ending !== 'done') throw new Error(`a run came to no end: ${ending}`);
    return values;
  },

  checkpointer(kind, file) {
    switch (kind) {
      case 'none':
        return undefined;
      case 'memory':
        return new MemoryCheckpointer();
      case 'sqlite':
        return new SqliteCheckpointer(file, { durability: 'processCrash' });
      case 'sqlitePowerLoss':
        return new SqliteCheckpointer(file, { durability: 'powerLoss' });
    }
  },

  close: (checkpointer) => checkpointer.close(),
};
