// Side effects that happen once, however often their node runs.
import { Command, field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

async function charge() {
  console.log('charging the card');
  return 'receipt 17';
}

async function checkout(_, context) {
  console.log('checkout begins');
  const receipt = await context.task('charge', charge);
  const wrapped = context.interrupt('Gift wrapping?');
  return { log: `${receipt}, wrapped: ${wrapped}` };
}

const engine = new StateGraph({ state: { log: field.lastValue() } })
  .addNode('checkout', checkout)
  .addEdge(START, 'checkout')
  .compile({ checkpointer: new MemoryCheckpointer() });
const order = { threadId: 'order' };

await engine.run({}, order);
const done = await engine.run(new Command({ resume: true }), order);
console.log(done.values.log);
