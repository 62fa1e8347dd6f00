// Messages; what an input may write, what is shown, and what a node sees.
import { field, START, StateGraph } from '@moss/runtime';

const engine = new StateGraph({
  state: { messages: field.messages(), tokens: field.add({ default: 0 }), draft: field.lastValue() },
  input: ['messages'],
  output: ['messages', 'tokens'],
})
  .addNode('think', async (state) => ({ draft: `${state.messages[0].content} It does.`, tokens: 5 }))
  // This node sees one field of the state.
  .addNode('answer', async (seen) => ({ messages: [{ role: 'assistant', content: seen.draft }], tokens: 7 }), {
    input: ['draft'],
  })
  .addEdge(START, 'think')
  .addEdge('think', 'answer')
  .compile();

const { values } = await engine.run({ messages: [{ role: 'user', content: 'Does moss grow?' }] });
for (const message of values.messages) {
  console.log(`${JSON.stringify(message.getType())}: ${JSON.stringify(message.content)}`);
}
console.log(`tokens: ${values.tokens}; draft is shown: ${'draft' in values}`);

const refused = await engine.run({ tokens: 1 }).catch((error) => error.code === 'STATE_FAILED');
console.log(`tokens are no input: ${refused}`);
