// Graphs in nodes of graphs.
import { chain, says } from './words.mjs';

const MODES = ['updates', 'values'];

/** A graph whose node `inner` is a graph that writes `n`. */
function nested(kit, nodes, options = {}, fields = {}) {
  const inner = kit.graph({ n: kit.field.last(), own: kit.field.last(), ...fields });
  const names = Object.keys(nodes);
  for (const name of names) inner.node(name, nodes[name]);
  inner.edge(kit.START, names[0]);
  names.slice(1).forEach((name, i) => inner.edge(names[i], name));
  return kit
    .graph({ n: kit.field.last(), log: kit.field.append() })
    .node('before', says('before'))
    .node('inner', inner, options)
    .node('after', ({ n }) => ({ log: [`after ${n}`] }))
    .edge(kit.START, 'before')
    .edge('before', 'inner')
    .edge('inner', 'after');
}

const nameless = (chunks) => chunks.map(([namespace, mode, data]) => [namespace, mode, mode === 'tasks' ? [data.name, 'result' in data] : data]);

export const scenarios = {
  'a graph in a node shares fields of its name': async (kit, see) => {
    const graph = () => nested(kit, { x: ({ n, own }) => ({ n: n + 1, own: `own ${own ?? ''}` }), y: ({ n, own }) => ({ n: n * 10, own: `${own}!` }) });
    see('result', await graph().compile().invoke({ n: 1 }));
    see('stream', await graph().compile().stream({ n: 1 }, { mode: MODES }));
    see('stream with graphs inside', await graph().compile().stream({ n: 1 }, { mode: MODES, subgraphs: true }));
    see('one mode with graphs inside', await graph().compile().stream({ n: 1 }, { mode: 'updates', subgraphs: true }));
    see('tasks', nameless(await graph().compile().stream({ n: 1 }, { mode: ['tasks'], subgraphs: true })));
  },

  'custom writes of graphs inside': async (kit, see) => {
    const graph = nested(kit, { x: async (_, { write }) => (await write('inside'), { n: 2 }) });
    see('told alone', await graph.compile().stream({ n: 1 }, { mode: 'custom' }));
    see('told with graphs inside', await graph.compile().stream({ n: 1 }, { mode: 'custom', subgraphs: true }));
  },

  'a shared list': async (kit, see) => {
    const inner = kit.graph({ log: kit.field.append() }).node('x', says('x')).edge(kit.START, 'x');
    const app = kit.graph({ log: kit.field.append() }).node('inner', inner).edge(kit.START, 'inner').compile();
    see('result', await app.invoke({ log: ['in'] }));
  },

  'shared messages': async (kit, see) => {
    const messages = () => ({ messages: kit.field.messages() });
    const say = (content) => () => ({ messages: [{ role: 'assistant', content, id: content }] });
    const inner = kit.graph(messages()).node('x', say('x')).edge(kit.START, 'x');
    const app = kit.graph(messages()).node('inner', inner).node('y', say('y')).edge(kit.START, 'inner').edge('inner', 'y').compile();
    see('result', await app.invoke({ messages: [{ role: 'user', content: 'hi', id: 'h' }] }));
  },

  'a question inside': async (kit, see) => {
    const { Command } = kit;
    const ran = [];
    const graph = () => nested(kit, { x: () => (ran.push('x'), { own: 'mine' }), q: (_, { interrupt }) => (ran.push('q'), { n: interrupt('q') }), y: ({ n, own }) => (ran.push('y'), { n: `${n} ${own}` }) });
    const app = graph().compile({ saver: kit.saver() });
    see('asked', await app.invoke({ n: 1 }, { thread: 't' }));
    see('state', await app.state({ thread: 't' }));
    see('with graphs inside', (await app.state({ thread: 't' }, { subgraphs: true })).tasks);
    see('answered', await app.invoke(new Command({ resume: 5 }), { thread: 't' }));
    see('ran', ran);
    see('history', (await app.history({ thread: 't' })).checkpoints.map(({ source, next, values }) => [source, next, values]));
    see('streamed', await app.stream({ n: 1 }, { thread: 'u', mode: ['updates'], subgraphs: true }));
    const { q } = await app.questions({ thread: 'u' });
    see('answered by its id', await app.stream(new Command({ resume: { [q]: 6 } }), { thread: 'u', mode: MODES, subgraphs: true }));
  },

  'several questions inside': async (kit, see) => {
    const { Command } = kit;
    const app = nested(kit, { q: (_, { interrupt }) => ({ own: interrupt('one') }), r: ({ own }, { interrupt }) => ({ n: `${own} ${interrupt('two')}` }) }).compile({ saver: kit.saver() });
    see('1', await app.invoke({ n: 1 }, { thread: 't' }));
    see('2', await app.invoke(new Command({ resume: 'a' }), { thread: 't' }));
    see('3', await app.invoke(new Command({ resume: 'b' }), { thread: 't' }));
  },

  'a failure inside, and going on': async (kit, see) => {
    const ran = [];
    let broken = true;
    const app = nested(kit, { x: () => (ran.push('x'), { own: 1 }), f: () => { ran.push('f'); if (broken) throw new Error('bad'); return { n: 2 }; } }).compile({ saver: kit.saver() });
    see('fails', await app.invoke({ n: 1 }, { thread: 't' }));
    see('state', await app.state({ thread: 't' }));
    broken = false;
    see('goes on', await app.invoke(null, { thread: 't' }));
    see('ran', ran);
  },

  'a command to the graph around': async (kit, see) => {
    const { Command, Send, PARENT } = kit;
    const graph = (command) => {
      const inner = kit.graph({ n: kit.field.last() }).node('x', () => command).node('y', () => ({ n: 'never' })).edge(kit.START, 'x').edge('x', 'y');
      return kit
        .graph({ n: kit.field.last(), log: kit.field.append() })
        .node('inner', inner, { ends: ['c', 'd', kit.END] })
        .node('c', ({ n }) => ({ log: [`c${n ?? ''}`] }))
        .node('d', says('d'))
        .edge(kit.START, 'inner')
        .compile();
    };
    const run = (fields) => graph(new Command({ graph: PARENT, ...fields })).stream({ n: 0 }, { mode: MODES });
    see('goto', await run({ goto: 'c', update: { n: 1 } }));
    see('goto a list', await run({ goto: ['d', 'c'], update: { log: ['x'] } }));
    see('goto sends', await run({ goto: [new Send('c', { n: 5 })] }));
    see('only an update', await run({ update: { n: 2 } }));
    see('goto END', await run({ goto: kit.END, update: { n: 3 } }));
    const alone = chain(kit, {}, { a: () => new Command({ graph: PARENT, goto: 'a' }) }).compile();
    see('without a graph around', await alone.invoke({ log: ['in'] }));
  },

  'what a graph inside remembers': async (kit, see) => {
    for (const memory of [undefined, 'thread', 'none']) {
      const app = nested(kit, { x: ({ own }) => ({ own: `${own ?? ''}x`, n: `${own ?? ''}x` }) }, { memory }).compile({ saver: kit.saver() });
      await app.invoke({ n: 1 }, { thread: 't' });
      see(memory ?? 'the default', await app.invoke({ n: 1 }, { thread: 't' }));
    }
  },

  'graphs in graphs in graphs': async (kit, see) => {
    const innermost = kit.graph({ n: kit.field.last() }).node('z', ({ n }, { interrupt }) => ({ n: `${n} ${interrupt('deep')}` })).edge(kit.START, 'z');
    const middle = kit.graph({ n: kit.field.last() }).node('innermost', innermost).node('m', ({ n }) => ({ n: `${n} m` })).edge(kit.START, 'innermost').edge('innermost', 'm');
    const app = kit.graph({ n: kit.field.last() }).node('middle', middle).edge(kit.START, 'middle').compile({ saver: kit.saver() });
    see('asked', await app.stream({ n: 'in' }, { thread: 't', mode: ['updates'], subgraphs: true }));
    see('answered', await app.stream(new kit.Command({ resume: 'x' }), { thread: 't', mode: MODES, subgraphs: true }));
  },

  'graphs inside as sends': async (kit, see) => {
    const { Send } = kit;
    const inner = kit.graph({ n: kit.field.last(), log: kit.field.append() }).node('x', ({ n }) => ({ log: [`x${n}`] })).edge(kit.START, 'x');
    const app = kit
      .graph({ log: kit.field.append() })
      .node('inner', inner)
      .route(kit.START, () => [1, 2].map((n) => new Send('inner', { n })), ['inner'])
      .compile();
    see('result', await app.invoke({}));
  },
};
