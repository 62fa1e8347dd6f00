// The past of a thread, and going on from there.
import { field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

const engine = new StateGraph({ state: { hero: field.lastValue(), text: field.lastValue({ default: '' }) } })
  .addNode('begin', async ({ hero }) => ({ text: `${hero} leaves home` }))
  .addNode('end', async ({ hero, text }) => ({ text: `${text} and ${hero} comes back` }))
  .addEdge(START, 'begin')
  .addEdge('begin', 'end')
  .compile({ checkpointer: new MemoryCheckpointer() });
const story = { threadId: 'story' };
await engine.run({ hero: 'Anna' }, story);

const history = [];
for await (const past of engine.getStateHistory(story)) history.push(past);
for (const past of history) {
  console.log(`${past.step}: ${JSON.stringify(past.values.text)}, next: ${JSON.stringify(past.next)}`);
}

// A fork: another hero from where `end` was next. The thread goes on there, and the old way stays in its history.
const beforeEnd = { ...story, checkpointId: history.find((past) => past.next[0] === 'end').checkpointId };
await engine.updateState(beforeEnd, { hero: 'Ben' }, 'begin');
const forked = await engine.run(null, story);
console.log(`forked: ${forked.values.text}`);

// A replay: from the same checkpoint again, as it was.
const replayed = await engine.run(null, beforeEnd);
console.log(`replayed: ${replayed.values.text}`);
