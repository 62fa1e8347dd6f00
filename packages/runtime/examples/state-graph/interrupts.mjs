// Nodes that ask somebody, and go on when they are answered.
import { Command, field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

async function place(_, context) {
  const answer = context.interrupt('Where?');
  return { plans: [`where: ${JSON.stringify(answer)}`] };
}

async function guests(_, context) {
  const answer = context.interrupt('How many guests?', { schema: { type: 'integer', minimum: 1 } });
  return { plans: [`guests: ${answer}`] };
}

const engine = new StateGraph({ state: { plans: field.append() } })
  .addNode('guests', guests)
  .addNode('place', place)
  .addEdge(START, 'guests')
  .addEdge(START, 'place')
  .compile({ checkpointer: new MemoryCheckpointer() });
const party = { threadId: 'party' };
const answer = (resume) => engine.run(new Command({ resume }), party);

const asked = await engine.run({}, party);
const [howMany, where] = asked.interrupts;
console.log(`asked: ${JSON.stringify(howMany.value)} and ${JSON.stringify(where.value)}`);

// With several questions open, each is answered by its id.
await answer('home').catch((error) => console.log(`refused: ${error.code}`));
await answer({ [howMany.id]: 'many' }).catch((error) => console.log(`refused: ${error.code}`));

const rest = await answer({ [where.id]: 'home' });
console.log(`still asked: ${JSON.stringify(rest.interrupts[0].value)}`);
const done = await answer(12);
console.log(done.values.plans.join(', '));
