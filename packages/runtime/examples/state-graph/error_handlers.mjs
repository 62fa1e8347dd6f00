// What runs in the place of a node that has failed for good.
import { Command, field, START, StateGraph } from '@moss/runtime';

async function pay() {
  throw new Error('the card was declined');
}

async function charge() {
  const receipt = await pay();
  return new Command({ update: { log: [receipt] }, goto: 'ship' });
}

/** Gives back what nodes do; here it goes on elsewhere than the node would have. */
const giveUp = (_, failure) =>
  new Command({ update: { log: [`${failure.node} failed: ${failure.message}`] }, goto: 'refund' });

const engine = new StateGraph({ state: { log: field.append() } })
  .addNode('charge', charge, { ends: ['ship', 'refund'], errorHandler: giveUp })
  .addNode('ship', async () => ({ log: ['shipped'] }))
  .addNode('refund', async () => ({ log: ['refunded'] }))
  .addEdge(START, 'charge')
  .compile();

const { values: trade } = await engine.run({});
console.log(trade.log.join('\n'));
