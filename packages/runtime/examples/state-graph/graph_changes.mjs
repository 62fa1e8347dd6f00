// A graph that has changed since its thread was stored.
import { field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

const checkpointer = new MemoryCheckpointer();
const step = async (_, { node }) => ({ log: [node] });
const thread = { threadId: 'draft' };

/** The program before and after its second node was renamed. */
const draft = (second) =>
  new StateGraph({ state: { log: field.append() } })
    .addNode('write', step)
    .addNode(second, step)
    .addEdge(START, 'write')
    .addEdge('write', second)
    .compile({ checkpointer });

await draft('check').run({}, { ...thread, interruptBefore: ['check'] });

const renamed = draft('review');
await renamed.run(null, thread).catch((error) => console.log(`${error.code}: ${error.message}`));

// As if `write` had run now: the new graph says what is next.
await renamed.updateState(thread, {}, 'write');
const { next } = await renamed.getState(thread);
console.log(`next: ${next.join(', ')}`);
const done = await renamed.run(null, thread);
console.log(done.values.log.join(', '));
