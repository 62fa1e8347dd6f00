// A graph inside looked at and updated from outside, while it asks.
import { Command, field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

const booking = new StateGraph({ state: { hotel: field.lastValue(), booked: field.lastValue() } })
  .addNode('search', async () => ({ hotel: 'Station Inn' }))
  .addNode('book', async ({ hotel }, context) => {
    const nights = context.interrupt('how many nights?');
    return { booked: `${hotel}, ${nights} nights` };
  })
  .addEdge(START, 'search')
  .addEdge('search', 'book');

const engine = new StateGraph({ state: { booked: field.lastValue() } })
  .addNode('booking', booking)
  .addEdge(START, 'booking')
  .compile({ checkpointer: new MemoryCheckpointer() });

const trip = { threadId: 'trip' };
await engine.run({}, trip);

const { tasks } = await engine.getState(trip, { subgraphs: true });
const inside = tasks[0].state;
console.log(`inside: ${inside.next.join(', ')} is next, with ${JSON.stringify(inside.values.hotel)}`);

await engine.updateState(inside.config, { hotel: 'Grand Hotel' });

const done = await engine.run(new Command({ resume: 3 }), trip);
console.log(done.values.booked);
