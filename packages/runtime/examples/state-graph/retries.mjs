// Trying a node again.
import { field, START, StateGraph } from '@moss/runtime';

async function fetch({ url }, { attempt }) {
  console.log(`attempt ${attempt}: ${url}`);
  if (url === '/missing') throw new Error('404 not found');
  if (attempt === 1) throw new Error('503 try again');
  return { text: 'moss' };
}

const retry = { attempts: 3, firstWaitMs: 1, jitterMs: 0, retryOn: (error) => error.message.startsWith('503') };
const engine = new StateGraph({ state: { url: field.lastValue(), text: field.lastValue() } })
  .addNode('fetch', fetch, { retry })
  .addEdge(START, 'fetch')
  .compile();

for (const url of ['/slow', '/missing']) {
  await engine.run({ url }).then(
    ({ values }) => console.log(`got: ${values.text}`),
    (error) => console.log(`failed: ${error.message}`),
  );
}
