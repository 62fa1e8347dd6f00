// A router looks at the state and says where to go on.
import { END, field, START, StateGraph } from '@moss/runtime';

function next(text) {
  if (text.words === 0) return END;
  return text.words <= 10 ? 'publish' : 'shorten';
}

const engine = new StateGraph({ state: { words: field.lastValue(), done: field.append() } })
  .addNode('draft', async () => ({ words: 40, done: ['draft'] }))
  .addNode('shorten', async (text) => ({ words: text.words / 2, done: ['shorten'] }))
  .addNode('publish', async () => ({ done: ['publish'] }))
  .addEdge(START, 'draft')
  .addConditionalEdges('draft', next, ['shorten', 'publish', END])
  .addConditionalEdges('shorten', next, ['shorten', 'publish', END])
  .compile();

const { values: text } = await engine.run({});
console.log(`${text.done.join(', ')}: ${text.words} words`);
