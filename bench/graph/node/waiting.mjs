// How much memory a run takes that waits: runs of five nodes, all of which wait at the third. Node is started with
// `--expose-gc`, so that no garbage is counted.
import { check, cpuMs } from './measure.mjs';

export async function waiting(kit, { runs, threads }) {
  let begun = 0;
  let open, all;
  const gate = () => new Promise((resolve) => (open = resolve));
  let opened = gate();
  const node = (name) => async () => {
    if (name === 'c') {
      begun += 1;
      if (begun === runs) all();
      await opened;
    }
    return { messages: [new kit.AIMessage(name)] };
  };
  const graph = kit.graph({ messages: kit.messages() });
  let before = kit.START;
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    graph.addNode(name, node(name)).addEdge(before, name);
    before = name;
  }
  const checkpointer = threads ? kit.checkpointer('memory') : undefined;
  const app = graph.addEdge(before, kit.END).compile({ checkpointer });
  const one = async (number) => {
    const config = threads ? { configurable: { thread_id: `${number}` } } : {};
    const { messages } = await kit.run(app, { messages: [new kit.HumanMessage('in')] }, config);
    check(messages.length === 6, `a run came to ${messages.length} messages`);
  };

  // What the first run alone needs is no part of the rest.
  open();
  await one('first');
  opened = gate();
  begun = 0;
  const allBegun = new Promise((resolve) => (all = resolve));
  const memory = resident();
  const cpu = process.cpuUsage();
  const under = Array.from({ length: runs }, (_, number) => one(number));
  await Promise.race([allBegun, Promise.all(under)]);
  const held = resident() - memory;
  open();
  await Promise.all(under);
  return { runs, cpuMs: cpuMs(cpu), bytes: Math.round(held / runs) };
}

function resident() {
  // What only weak references or finalisers held goes with the second.
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage.rss();
}
