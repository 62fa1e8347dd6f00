// A node that is not run again for what it has been run for.
import { field, START, StateGraph } from '@moss/runtime';

async function look({ city }) {
  console.log(`looking out of the window in ${city}`);
  return { weather: `rain in ${city}` };
}

const engine = new StateGraph({ state: { city: field.lastValue(), weather: field.lastValue() } })
  .addNode('look', look, { cache: { fields: ['city'], ttlMs: 60_000 } })
  .addEdge(START, 'look')
  .compile();

for (const city of ['Bergen', 'Bergen', 'Oslo']) {
  const { values: question } = await engine.run({ city });
  console.log(question.weather);
}
