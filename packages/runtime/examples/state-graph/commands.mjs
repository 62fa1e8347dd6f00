// A node that says where to go on, together with what it writes.
import { Command, END, field, START, StateGraph } from '@moss/runtime';

async function triage(ticket) {
  if (ticket.text === '') return new Command({ goto: END });
  const urgent = ticket.text.includes('fire');
  return new Command({ update: { urgent }, goto: urgent ? 'call' : 'mail' });
}

const engine = new StateGraph({
  state: { text: field.lastValue(), urgent: field.lastValue(), answer: field.lastValue() },
})
  .addNode('triage', triage, { ends: ['call', 'mail', END] })
  .addNode('call', async () => ({ answer: 'we call you' }))
  .addNode('mail', async () => ({ answer: 'we write to you' }))
  .addEdge(START, 'triage')
  .compile();

for (const text of ['the fire is out of tea', 'more tea, please']) {
  const { values: ticket } = await engine.run({ text });
  console.log(`${text}: ${ticket.answer} (urgent: ${ticket.urgent})`);
}
