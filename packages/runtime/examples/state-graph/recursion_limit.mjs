// How many supersteps a run may take.
import { END, field, START, StateGraph } from '@moss/runtime';

const engine = new StateGraph({ state: { rounds: field.lastValue({ default: 0 }) } })
  .addNode('again', async ({ rounds }) => ({ rounds: rounds + 1 }))
  .addEdge(START, 'again')
  .addConditionalEdges('again', ({ rounds }) => (rounds < 40 ? 'again' : END), ['again', END])
  .compile();

await engine.run({}).catch((error) => console.log(`${error.code} after ${error.state.rounds} rounds`));

const { values } = await engine.run({}, { recursionLimit: 40 });
console.log(`done after ${values.rounds} rounds`);
