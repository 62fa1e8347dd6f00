// A plan as a graph of a library.
import { setTimeout as sleep } from 'node:timers/promises';

import { numberOf } from './numbers.mjs';

/** How much may be written before routers and commands lead nowhere. */
const ENOUGH = 14;

/** Longer than all takes that does not wait, on a busy machine too. */
const BROKEN_AFTER_MS = 100;

export function build(kit, plan) {
  const { field, Command, Send } = kit;
  const graph = kit.graph({
    log: field.append(),
    sum: field.add({ default: 0 }),
    about: field.merge({ default: {} }),
    best: field.reduce((held, written) => Math.max(held, written), { default: 0 }),
    from: field.reduce((held, written) => [...held, written], { default: [] }),
    any: field.any(),
    last: field.last(),
  });
  const place = (name) => (name === 'START' ? kit.START : name);
  /** The choice for what is seen: how much was written so far, or what was sent. */
  const choose = (who, choices, seen) => {
    const length = seen.log?.length ?? seen.depth;
    if (length > ENOUGH) return [];
    const chosen = choices[numberOf(`${plan.seed} ${who} ${length}`) % choices.length];
    return chosen.map((target, i) => (typeof target === 'object' ? new Send(target.send, { depth: length + 1, arg: `${who}${length}.${i}` }) : target));
  };
  const broken = new Set();
  for (const { name, writes, last, defer, fails, breaks, asks, commands } of plan.nodes) {
    const run = async (seen, { attempt, interrupt }) => {
      const me = seen.arg === undefined ? `${name}@${seen.log.length}` : `${name}<${seen.arg}`;
      if (attempt <= fails) throw new Error(`${name} is not ready`);
      const answer = asks ? interrupt(me) : undefined;
      if (breaks && !broken.has(me)) {
        broken.add(me);
        // Behind all that do not wait.
        await sleep(BROKEN_AFTER_MS);
        throw new Error(`${name} is broken`);
      }
      const number = numberOf(me) % 100;
      const all = { sum: number, about: { [name]: me, latest: me }, best: number, any: me, from: number };
      const update = { log: [answer === undefined ? me : `${me}=${answer}`], ...Object.fromEntries(writes.map((one) => [one, all[one]])), ...(last && { last: me }) };
      return commands.length === 0 ? update : new Command({ update, goto: choose(`c${name}`, commands, seen) });
    };
    const ends = [...new Set(commands.flat().map((target) => target.send ?? target))];
    graph.node(name, run, { defer, ends, ...(fails > 0 && { retry: { attempts: 3 } }) });
  }
  for (const [from, to] of plan.edges) graph.edge(place(from), to);
  for (const [sources, to] of plan.joins) graph.edge(sources, to);
  plan.routers.forEach(({ from, choices }, i) => {
    const router = { [`r${i}`]: (state) => choose(`r${i}`, choices, state) }[`r${i}`];
    graph.route(place(from), router, [...new Set(choices.flat().map((target) => target.send ?? target))]);
  });
  return graph.compile({ saver: kit.saver(), interruptBefore: plan.stops });
}
