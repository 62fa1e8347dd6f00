// A graph as a node of another. The two share the fields of the same name.
import { Command, field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

async function pay({ item }, context) {
  const method = context.interrupt(`how do you pay for ${item}?`);
  return { log: [`${item} paid by ${method}`] };
}

const payment = new StateGraph({ state: { item: field.lastValue(), log: field.append() } })
  .addNode('pay', pay)
  .addEdge(START, 'pay');

const engine = new StateGraph({ state: { item: field.lastValue(), log: field.append() } })
  .addNode('payment', payment)
  .addNode('ship', async ({ item }) => ({ log: [`${item} shipped`] }))
  .addEdge(START, 'payment')
  .addEdge('payment', 'ship')
  .compile({ checkpointer: new MemoryCheckpointer() });

const order = { threadId: 'order-1' };
const asked = await engine.run({ item: 'tea' }, order);
for (const question of asked.interrupts) {
  const [task] = question.namespace.split(':');
  console.log(`${question.node} in ${task} asks: ${JSON.stringify(question.value)}`);
}
const done = await engine.run(new Command({ resume: 'card' }), order);
console.log(done.values.log.join(', '));
