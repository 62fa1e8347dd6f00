// Nodes, edges, and a run.
import { field, START, StateGraph } from '@moss/runtime';

const engine = new StateGraph({ state: { water: field.lastValue(), cup: field.lastValue() } })
  .addNode('boil', async () => ({ water: 100 }))
  .addNode('pour', async (tea) => ({ cup: `tea at ${tea.water} °C` }))
  .addEdge(START, 'boil')
  .addEdge('boil', 'pour')
  .compile();

const { values: tea } = await engine.run({});
console.log(tea.cup);
