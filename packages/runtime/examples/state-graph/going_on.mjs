// Going on after a failure or a crash: what was through is not run again.
import { field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

let hotelIsOpen = false;

async function flight() {
  console.log('booking the flight');
  return { booked: ['flight'] };
}

async function hotel() {
  console.log('booking the hotel');
  if (!hotelIsOpen) throw new Error('the hotel does not answer');
  return { booked: ['hotel'] };
}

const engine = new StateGraph({ state: { booked: field.append() } })
  .addNode('flight', flight)
  .addNode('hotel', hotel)
  .addEdge(START, 'flight')
  .addEdge(START, 'hotel')
  .compile({ checkpointer: new MemoryCheckpointer() });
const trip = { threadId: 'trip' };

await engine.run({}, trip).catch((error) => console.log(`failed: ${error.message}`));
const state = await engine.getState(trip);
console.log(`booked: ${state.values.booked.join(', ')}; to run: ${state.next.join(', ')}`);

hotelIsOpen = true;
const done = await engine.run(null, trip);
console.log(`booked: ${done.values.booked.join(', ')}`);
