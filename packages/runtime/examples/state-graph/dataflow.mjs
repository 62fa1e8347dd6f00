// Running without the barrier of supersteps: a fast branch does not wait for a slow one.
import { setTimeout as sleep } from 'node:timers/promises';
import { field, START, StateGraph } from '@moss/runtime';

async function visit(_, { node }) {
  if (node === 'slow') await sleep(50);
  return { nodes: [node] };
}

for (const execution of ['supersteps', 'dataflow']) {
  const engine = new StateGraph({ state: { nodes: field.append() } })
    .addNode('fast', visit)
    .addNode('next', visit)
    .addNode('slow', visit)
    .addNode('last', visit)
    .addEdge(START, 'fast')
    .addEdge(START, 'slow')
    .addEdge('fast', 'next')
    .addEdge(['next', 'slow'], 'last')
    .compile({ execution });
  const { values: trail } = await engine.run({});
  console.log(`${execution}: ${trail.nodes.join(', ')}`);
}
