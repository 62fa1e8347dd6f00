// Nodes one after the other that each say something: what a superstep costs as graphs and conversations grow.
import { check } from '../measure.mjs';
import { chainOf } from './sequential.mjs';

export function chain(kit, { size, messages }) {
  const message = (number) => new kit.HumanMessage({ content: 'text', id: `${number}` });
  return {
    graph: chainOf(kit, size, async (state) => ({ messages: [message(state.messages.length)] })),
    input: { messages: Array.from({ length: messages }, (_, number) => message(number)) },
    supersteps: size,
    check: (state) => {
      check(state.messages.length === messages + size, `${state.messages.length} messages came of it`);
      check(state.messages.at(-1).id === `${messages + size - 1}`, 'the last message is not the last');
    },
  };
}
