// A router that waits for something, and may fail.
import { END, field, START, StateGraph } from '@moss/runtime';

/** Stands for a question to somebody else. */
async function isSpam(text) {
  if (text === '') throw new Error('there is nothing to judge');
  return text.includes('buy');
}

const engine = new StateGraph({ state: { text: field.lastValue(), outcome: field.lastValue() } })
  .addNode('read', async () => {})
  .addNode('publish', async () => ({ outcome: 'published' }))
  .addEdge(START, 'read')
  .addConditionalEdges('read', async ({ text }) => ((await isSpam(text)) ? END : 'publish'), ['publish', END])
  .compile();

for (const text of ['moss is green', 'buy moss', '']) {
  await engine.run({ text, outcome: 'ignored' }).then(
    ({ values }) => console.log(`${JSON.stringify(text)}: ${values.outcome}`),
    (error) => console.log(`${JSON.stringify(text)}: ${error.message}`),
  );
}
