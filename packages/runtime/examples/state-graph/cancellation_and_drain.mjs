// Stopping a run: at once, or at the end of its superstep.
import { setTimeout as sleep } from 'node:timers/promises';
import { Drain, field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

async function work(_, { node, signal }) {
  await sleep(500, undefined, { signal });
  return { done: [node] };
}

const engine = new StateGraph({ state: { done: field.append() } })
  .addNode('a', work)
  .addNode('b', work)
  .addEdge(START, 'a')
  .addEdge('a', 'b')
  .compile({ checkpointer: new MemoryCheckpointer() });

const signal = AbortSignal.timeout(50);
await engine.run({}, { threadId: 'cancelled', signal }).catch((error) => console.log(error.name));

const drain = new Drain();
setTimeout(() => drain.request(), 50);
const drained = await engine.run({}, { threadId: 'drained', drain });
console.log(`drained: ${drained.ending === 'drained'}, done: ${drained.values.done.join(', ')}`);
const done = await engine.run(null, { threadId: 'drained' });
console.log(`went on, done: ${done.values.done.join(', ')}`);
