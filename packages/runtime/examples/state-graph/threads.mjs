// Conversations that are stored, and that runs go on from.
import { field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

const checkpointer = new MemoryCheckpointer();
const engine = new StateGraph({ state: { messages: field.append() } })
  .addNode('answer', async ({ messages }) => ({ messages: [`answer ${Math.ceil(messages.length / 2)}`] }))
  .addEdge(START, 'answer')
  .compile({ checkpointer });
const say = (threadId, text) => engine.run({ messages: [text] }, { threadId });

await say('anna', 'hello');
const anna = await say('anna', 'and now?');
console.log(`anna: ${anna.values.messages.join(', ')}`);
const ben = await say('ben', 'hi');
console.log(`ben: ${ben.values.messages.join(', ')}`);

// What is stored of a thread is copied and deleted in the store.
await checkpointer.copyThread('anna', 'copy');
await checkpointer.deleteThread('anna');
console.log(`anna is there: ${(await engine.getState({ threadId: 'anna' })) !== undefined}`);
const copy = await say('copy', 'so?');
console.log(`copy: ${copy.values.messages.join(', ')}`);
