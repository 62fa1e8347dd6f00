// Nodes one after the other that do nothing, over a list of messages.
import { check } from '../measure.mjs';

export function sequential(kit, { size }) {
  let ran = 0;
  const node = async () => {
    ran += 1;
    return {};
  };
  return {
    graph: chainOf(kit, size, node),
    input: { messages: [] },
    supersteps: size,
    check: ({ messages }) => {
      check(ran > 0 && ran % size === 0, `${ran} nodes ran, by ${size} a run`);
      check(messages.length === 0, 'there are messages that nobody wrote');
      ran = 0;
    },
  };
}

/** So many nodes, one after the other. */
export function chainOf(kit, size, node) {
  const graph = kit.graph({ messages: kit.messages() });
  let before = kit.START;
  for (let number = 0; number < size; number++) {
    graph.addNode(`node_${number}`, node).addEdge(before, `node_${number}`);
    before = `node_${number}`;
  }
  return graph.addEdge(before, kit.END);
}
