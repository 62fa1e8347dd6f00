// Changing a thread from outside: as a node, as an input, as the end.
import { END, field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

const work = async () => {};
const engine = new StateGraph({ state: { words: field.lastValue({ default: 0 }) } })
  .addNode('write', work)
  .addNode('shorten', work)
  .addNode('publish', work)
  .addEdge(START, 'write')
  .addConditionalEdges('write', ({ words }) => (words > 100 ? 'shorten' : 'publish'), ['shorten', 'publish'])
  .compile({ checkpointer: new MemoryCheckpointer() });
const draft = { threadId: 'draft' };

async function update(what, words, asNode) {
  await engine.updateState(draft, { words }, asNode);
  const { values, next } = await engine.getState(draft);
  console.log(`${what}: ${values.words} words, next: [${next.join(', ')}]`);
}

// As a node: the node's own edges and routers say what is next.
await update('as write', 200, 'write');
await update('as write', 50, 'write');
await update('as an input', 60, START);
await update('as the end', 70, END);
