// A model in a graph: an agent of two nodes, whose tokens are in the stream by themselves.
import { END, field, Providers, START, StateGraph } from '@moss/runtime';

const multiply = {
  name: 'multiply',
  description: 'Multiplies two integers, given as an expression such as "6 * 7"',
  schema: { type: 'object', properties: { expression: { type: 'string' } }, required: ['expression'] },
  invoke: ({ expression }) => String(expression.split('*').reduce((product, factor) => product * Number(factor), 1)),
};

const llm = async ({ messages }, { client }) => ({ messages: await client.invoke(messages) });

async function tools({ messages }) {
  const answer = ({ id, args }) => ({ role: 'tool', tool_call_id: id, content: multiply.invoke(args) });
  return { messages: messages.at(-1).tool_calls.map(answer) };
}

const engine = new StateGraph({ state: { messages: field.messages() } })
  .addNode('llm', llm)
  .addNode('tools', tools)
  .addEdge(START, 'llm')
  .addConditionalEdges('llm', ({ messages }) => (messages.at(-1).tool_calls.length > 0 ? 'tools' : END), ['tools', END])
  .addEdge('tools', 'llm')
  // The demo model is a script that calls tools, and no language model. For a real one: `{ provider: Providers.OPENAI, model: … }`.
  .compile({ llmConfig: { provider: Providers.DEMO, model: 'demo' }, tools: [multiply] });

const question = { messages: [{ role: 'user', content: 'What is 37 * 91?' }] };
const stream = engine.stream(question, { streamMode: ['messages', 'updates'] });
for await (const [mode, data] of stream) {
  if (mode === 'messages') process.stdout.write(data[0].text);
  else console.log(`\n-- ${Object.keys(data)[0]} is through`);
}
const { values } = await stream.outcome;
console.log(values.messages.map((message) => message.getType()).join(', '));
