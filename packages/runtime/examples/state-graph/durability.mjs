// When what a run has done is safe.
import { field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

const step = async (_, { node }) => ({ done: [node] });
const engine = new StateGraph({ state: { done: field.append() } })
  .addNode('a', step)
  .addNode('b', step)
  .addNode('c', step)
  .addEdge(START, 'a')
  .addSequence(['a', 'b', 'c'])
  .compile({ checkpointer: new MemoryCheckpointer() });

for (const durability of ['sync', 'async', 'exit']) {
  const thread = { threadId: durability };
  const { values } = await engine.run({}, { ...thread, durability });
  let checkpoints = 0;
  for await (const _ of engine.getStateHistory(thread)) checkpoints += 1;
  console.log(`${durability}: ${values.done.join(' ')}, checkpoints: ${checkpoints}`);
}
