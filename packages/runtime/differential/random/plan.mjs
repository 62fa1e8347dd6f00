// What a random graph is, as data: the same for both libraries.
import { numbers } from './numbers.mjs';

/**
 * A graph of a seed. Edges and joins lead forward only; routers and commands lead anywhere, and stop when much has been written, so
 * that each run comes to its end.
 */
export function planOf(seed) {
  const random = numbers(seed);
  const names = Array.from({ length: 2 + random.below(6) }, (_, i) => `n${i}`);
  const plan = { seed, nodes: [], edges: [['START', 'n0']], joins: [], routers: [], stops: [] };
  const nodes = new Map(
    names.map((name) => [
      name,
      {
        name,
        writes: random.some(['sum', 'about', 'best', 'any', 'from'], 0),
        last: random.chance(0.08),
        defer: random.chance(0.08),
        fails: random.chance(0.15) ? 1 + random.below(2) : 0,
        breaks: random.chance(0.05),
        asks: random.chance(0.15),
        commands: [],
      },
    ]),
  );
  /** Where a router or a command may lead, each time one of these. */
  const choices = (must) =>
    Array.from({ length: 1 + random.below(3) }, (_, i) => {
      const chosen = random.some(names, 1).slice(0, 1 + random.below(3));
      if (i === 0 && !chosen.includes(must)) chosen.push(must);
      return chosen.map((name) => (random.chance(0.3) ? { send: name } : name));
    });
  for (const [place, to] of names.entries()) {
    if (place === 0) continue;
    const from = random.chance(0.2) ? 'START' : names[random.below(place)];
    const way = random.below(10);
    if (way < 5 || (from === 'START' && way >= 8)) plan.edges.push([from, to]);
    else if (way < 8) plan.routers.push({ from, choices: choices(to) });
    else nodes.get(from).commands.push(...choices(to));
  }
  for (let i = random.below(4); i > 0; i--) {
    const place = 1 + random.below(names.length - 1);
    plan.edges.push([names[random.below(place)], names[place]]);
  }
  if (names.length > 1 && random.chance(0.35)) {
    // Nothing else leads to it: where an edge does, too, LangGraph.js means to run the node again. A scenario of its own.
    const joined = { ...nodes.get('n1'), name: 'join', commands: [], defer: false };
    nodes.set('join', joined);
    plan.joins.push([random.some(names, 2), 'join']);
  }
  if (random.chance(0.15)) plan.stops.push(random.one(names));
  plan.edges = [...new Map(plan.edges.map((edge) => [edge.join(), edge])).values()];
  plan.nodes = [...nodes.values()];
  // LangGraph does not tell that a task which was answered and then failed is still to run. A scenario of its own.
  for (const node of plan.nodes) {
    node.breaks &&= !node.asks;
  }
  // Else it is a matter of time which retries are through when another node fails.
  if (plan.nodes.some(({ breaks }) => breaks)) for (const node of plan.nodes) node.fails = 0;
  // LangGraph's deferred nodes do not wait for sends. A scenario of its own.
  if (wordsOf(plan).includes('sends')) for (const node of plan.nodes) node.defer = false;
  plan.durability = random.one(['sync', 'async', 'exit']);
  return plan;
}

/** What there is in a graph, in words. */
export function wordsOf({ nodes, joins, routers, stops }) {
  const all = [...routers.flatMap(({ choices }) => choices.flat()), ...nodes.flatMap(({ commands }) => commands.flat())];
  const words = {
    joins: joins.length > 0,
    routers: routers.length > 0,
    commands: nodes.some(({ commands }) => commands.length > 0),
    sends: all.some((target) => typeof target === 'object'),
    questions: nodes.some(({ asks }) => asks),
    retries: nodes.some(({ fails }) => fails > 0),
    failures: nodes.some(({ breaks }) => breaks),
    'deferred nodes': nodes.some(({ defer }) => defer),
    stops: stops.length > 0,
  };
  return Object.keys(words).filter((word) => words[word]);
}
