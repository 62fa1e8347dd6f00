// A node that runs once, when nothing else is left to run.
import { field, START, StateGraph } from '@moss/runtime';

const visit = async (_, { node }) => ({ nodes: [node] });

/** A short branch and a long one, which both lead to `sum`. */
const graph = (options) =>
  new StateGraph({ state: { nodes: field.append() } })
    .addNode('short', visit)
    .addNode('long', visit)
    .addNode('longer', visit)
    .addNode('sum', visit, options)
    .addEdge(START, 'short')
    .addEdge('short', 'sum')
    .addEdge(START, 'long')
    .addSequence(['long', 'longer', 'sum']);

for (const [name, options] of Object.entries({ plain: {}, deferred: { defer: true } })) {
  const { values: trail } = await graph(options).compile().run({});
  console.log(`${name}: ${trail.nodes.join(', ')}`);
}
