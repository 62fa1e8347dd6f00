// Stopping before a node, to look at the state and to change it.
import { field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

const engine = new StateGraph({ state: { text: field.lastValue(), sent: field.lastValue() } })
  .addNode('write', async () => ({ text: 'Dear Sir' }))
  .addNode('send', async (mail) => ({ sent: mail.text }))
  .addEdge(START, 'write')
  .addEdge('write', 'send')
  .compile({ checkpointer: new MemoryCheckpointer(), interruptBefore: ['send'] });
const mail = { threadId: 'mail' };

const stopped = await engine.run({}, mail);
if (stopped.ending === 'stoppedBefore') {
  console.log(`stopped before ${stopped.nodes[0]}: ${stopped.values.text}`);
}
await engine.updateState(mail, { text: 'Dear Anna' }, 'write');
const done = await engine.run(null, mail);
console.log(`sent: ${done.values.sent}`);
