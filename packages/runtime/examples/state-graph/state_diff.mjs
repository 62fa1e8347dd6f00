// What changed between two checkpoints.
import { field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

const engine = new StateGraph({
  state: { items: field.append(), price: field.lastValue(), owner: field.lastValue() },
})
  .addNode('add', async (cart) => ({ items: ['tea', 'milk'], price: cart.price + 7 }))
  .addEdge(START, 'add')
  .compile({ checkpointer: new MemoryCheckpointer() });
const cart = { threadId: 'cart' };
await engine.run({ owner: 'Anna', price: 0, items: ['bread'] }, cart);

const history = [];
for await (const past of engine.getStateHistory(cart)) history.push(past.checkpointId);
const diff = await engine.diff(cart, history.at(-1), history[0]);
for (const [field, change] of Object.entries(diff)) {
  if (change.change === 'appended') console.log(`${field}: ${change.items.length} more`);
  if (change.change === 'changed') console.log(`${field}: ${change.before} became ${change.after}`);
}
