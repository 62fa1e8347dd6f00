// What many scenarios begin with.

/** A node that says its name in `log`. */
export const says = (text) => () => ({ log: [text] });

/** A graph with a field `log` and the nodes one behind the other. */
export function chain(kit, fields, nodes) {
  const graph = kit.graph({ log: kit.field.append(), ...fields });
  const names = Object.keys(nodes);
  for (const name of names) graph.node(name, ...[nodes[name]].flat());
  graph.edge(kit.START, names[0]);
  names.slice(1).forEach((name, i) => graph.edge(names[i], name));
  return graph;
}

/** A graph with a field `log` whose nodes all run in one superstep. */
export function beside(kit, fields, nodes) {
  const graph = kit.graph({ log: kit.field.append(), ...fields });
  for (const [name, node] of Object.entries(nodes)) graph.node(name, ...[node].flat()).edge(kit.START, name);
  return graph;
}

/** A promise that is settled from outside. */
export function gate() {
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  return { open, opened };
}

/** Later than everything that is under way without a timer. */
export const later = () => new Promise((resolve) => setTimeout(resolve, 20));
