// A second run on a thread where one is under way.
import { setTimeout as sleep } from 'node:timers/promises';
import { field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

async function answer() {
  await sleep(500);
  return { messages: ['answer'] };
}

const engine = new StateGraph({ state: { messages: field.append() } })
  .addNode('answer', answer)
  .addEdge(START, 'answer')
  .compile({ checkpointer: new MemoryCheckpointer() });

const say = (text, config) =>
  engine.run({ messages: [text] }, config).then(
    ({ values }) => values.messages.join(', '),
    (error) => error.code,
  );

for (const onBusy of ['reject', 'enqueue', 'interrupt', 'rollback']) {
  const thread = { threadId: onBusy };
  const second = sleep(50).then(() => say('two', { ...thread, onBusy }));
  console.log(`${onBusy}: first ${await say('one', thread)}; second ${await second}`);
}
