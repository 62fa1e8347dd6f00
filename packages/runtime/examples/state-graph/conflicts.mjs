// Two nodes that wrote one field: the thread stays readable, and an update mends it.
import { END, field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

const propose = async (_, { node }) => ({ title: `the title of ${node}` });
const engine = new StateGraph({ state: { title: field.lastValue() } })
  .addNode('author', propose)
  .addNode('editor', propose)
  .addEdge(START, 'author')
  .addEdge(START, 'editor')
  .compile({ checkpointer: new MemoryCheckpointer() });
const book = { threadId: 'book' };

async function tell() {
  const { values, conflict } = await engine.getState(book);
  console.log(`title: ${values.title}; conflict: ${conflict !== undefined}`);
}

await engine.run({ title: 'untitled' }, book).catch((error) => console.log(error.code));
await tell();
await engine.updateState(book, { title: 'Mosses of the North' }, END);
await tell();
