// A node of a subgraph that hands over to a node of the graph around it.
import { Command, field, PARENT, START, StateGraph } from '@moss/runtime';

const handOver = () => new Command({ graph: PARENT, update: { log: ['first level: too hard'] }, goto: 'expert' });
const never = () => {
  throw new Error('the subgraph has ended before');
};

const desk = new StateGraph({ state: { log: field.append() } })
  .addNode('first_level', handOver)
  .addNode('never', never)
  .addEdge(START, 'first_level')
  .addEdge('first_level', 'never');

const engine = new StateGraph({ state: { log: field.append() } })
  .addNode('desk', desk, { ends: ['expert'] })
  .addNode('expert', async () => ({ log: ['expert: solved'] }))
  .addEdge(START, 'desk')
  .compile();

const { values: call } = await engine.run({});
console.log(call.log.join(', '));
