// An agent whose model follows a script: so many calls of a tool, then an answer.
import { check } from '../measure.mjs';

export const TOOL = 'search';
const id = (number) => `${number.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
/** 3600 letters. */
const query = (turn) => id(turn).repeat(100);
export const result = (query) => `result for query: ${query}`.repeat(10);
const answer = 'answer'.repeat(100);

export function react(kit, { size }) {
  const messages = script(kit, size);
  const llm = async (state) => ({ messages: [messages[state.messages.length >> 1]] });
  const tools = async (state) => ({
    messages: state.messages.at(-1).tool_calls.map(
      ({ id, name, args }) => new kit.ToolMessage({ content: result(args.query), id: `result of ${id}`, name, tool_call_id: id }),
    ),
  });
  const route = async (state) => (state.messages.at(-1).tool_calls?.length > 0 ? 'tools' : kit.END);
  const graph = kit
    .graph({ messages: kit.messages() })
    .addNode('llm', llm)
    .addNode('tools', tools)
    .addEdge(kit.START, 'llm')
    .addConditionalEdges('llm', route, ['tools', kit.END])
    .addEdge('tools', 'llm');
  return { graph, ...around(kit, size) };
}

/** What the model says, the first time, the second … */
export function script(kit, size) {
  const asks = (turn) => [{ type: 'tool_call', id: `call_${turn}`, name: TOOL, args: { query: query(turn) } }];
  return [
    ...Array.from({ length: size }, (_, turn) => new kit.AIMessage({ content: '', id: id(turn), tool_calls: asks(turn) })),
    new kit.AIMessage({ content: answer, id: id(size) }),
  ];
}

/** What a run of such an agent begins with, and what must come of it. */
export function around(kit, size) {
  return {
    input: { messages: [new kit.HumanMessage({ content: 'hi?', id: 'question' })] },
    supersteps: 2 * size + 1,
    check: ({ messages }) => {
      check(messages.length === 2 * size + 2, `${messages.length} messages came of it`);
      check(messages.at(-1).content === answer, 'the last message is not the answer');
      check(messages.at(-2).content === result(query(size - 1)), 'the last result is another');
    },
  };
}
