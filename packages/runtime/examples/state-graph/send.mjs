// One task for each item, each with an input of its own: map and reduce.
import { field, Send, START, StateGraph } from '@moss/runtime';

const engine = new StateGraph({
  state: { animals: field.lastValue(), jokes: field.append(), best: field.lastValue() },
})
  .addNode('joke', async ({ animal }) => ({ jokes: [`a ${animal} walks into a bar`] }))
  .addNode('choose', async (zoo) => ({ best: [...zoo.jokes].sort((a, b) => b.length - a.length)[0] }))
  .addConditionalEdges(START, (zoo) => zoo.animals.map((animal) => new Send('joke', { animal })), ['joke'])
  .addEdge('joke', 'choose')
  .compile();

const { values: zoo } = await engine.run({ animals: ['cat', 'hedgehog', 'owl'] });
console.log(`${zoo.jokes.length} jokes, the best: ${zoo.best}`);
