// Following a run as it goes.
import { field, START, StateGraph } from '@moss/runtime';

async function choose(_, context) {
  await context.write({ progress: 50 });
  return { topic: 'moss' };
}

async function speak({ topic }, context) {
  const words = [topic, ' grows'];
  for (const word of words) await context.writeMessage(word);
  return { text: words.join('') };
}

const engine = new StateGraph({
  state: { topic: field.lastValue({ default: '' }), text: field.lastValue({ default: '' }) },
})
  .addNode('choose', choose)
  .addNode('speak', speak)
  .addEdge(START, 'choose')
  .addEdge('choose', 'speak')
  .compile();

const stream = engine.streamEvents({}, { streamMode: ['values', 'updates', 'messages', 'custom'] });
for await (const { seq, mode, data } of stream) {
  const [chunk] = mode === 'messages' ? data : [data];
  console.log(`${seq} ${mode} ${JSON.stringify(chunk)}`);
}
const { values: talk } = await stream.outcome;
console.log(talk.text);
