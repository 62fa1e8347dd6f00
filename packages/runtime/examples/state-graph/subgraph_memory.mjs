// What a subgraph remembers from one turn of a thread to the next.
import { field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

const counter = new StateGraph({ state: { count: field.lastValue({ default: 0 }), counts: field.append() } })
  .addNode('count', async ({ count }) => ({ count: count + 1, counts: [count + 1] }))
  .addEdge(START, 'count');

for (const memory of ['task', 'thread']) {
  const engine = new StateGraph({ state: { counts: field.append() } })
    .addNode('counter', counter, { memory })
    .addEdge(START, 'counter')
    .compile({ checkpointer: new MemoryCheckpointer() });
  const chat = { threadId: 'chat' };
  for (let turn = 1; turn <= 3; turn += 1) await engine.run({}, chat);
  const state = await engine.getState(chat);
  console.log(`memory per ${memory}: ${state.values.counts.join(', ')}`);
}
