// Notes on checkpoints, to find them by.
import { field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

const engine = new StateGraph({ state: { messages: field.append() } })
  .addNode('answer', async ({ messages }) => ({ messages: [`answer to ${messages.length}`] }))
  .addEdge(START, 'answer')
  .compile({ checkpointer: new MemoryCheckpointer() });
const chat = { threadId: 'chat' };

for (const user of ['anna', 'ben', 'anna']) {
  await engine.run({ messages: [`${user} asks`] }, { ...chat, metadata: { user } });
}
for await (const past of engine.getStateHistory(chat, { filter: { metadata: { user: 'ben' } } })) {
  console.log(`${past.step}: ${past.values.messages.join(', ')}`);
}
