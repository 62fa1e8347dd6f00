// What runs next: edges, joins, routers, sends, commands, deferred nodes.
import { beside, chain, later, says } from './words.mjs';

const MODES = ['updates', 'values'];

export const scenarios = {
  'a node runs once a superstep, and again in a later one': async (kit, see) => {
    const app = beside(kit, {}, { a: says('a'), b: says('b') })
      .node('c', says('c'))
      .node('d', says('d'))
      .edge('a', 'd')
      .edge('b', 'd')
      .edge('b', 'c')
      .edge('c', 'd')
      .compile();
    see('stream', await app.stream({ log: ['in'] }, { mode: MODES }));
  },

  'updates come in the order of nodes that are done at once': async (kit, see) => {
    const app = beside(kit, {}, { z: says('z'), a: says('a'), m: says('m') }).compile();
    see('stream', await app.stream({ log: ['in'] }, { mode: MODES, exact: true }));
  },

  'updates come as nodes are done, writes are put together by name': async (kit, see) => {
    const slow = async () => (await later(), { log: ['a'] });
    const app = beside(kit, {}, { a: slow, b: says('b') }).compile();
    see('stream', await app.stream({ log: ['in'] }, { mode: MODES, exact: true }));
  },

  'a join waits for all its sources': async (kit, see) => {
    const app = beside(kit, {}, { a: says('a'), b: says('b') })
      .node('b2', says('b2'))
      .node('c', ({ log }) => ({ log: [`c behind ${log}`] }))
      .edge('b', 'b2')
      .edge(['a', 'b2'], 'c')
      .compile({ saver: kit.saver() });
    see('stream', await app.stream({ log: ['in'] }, { mode: MODES, thread: 't' }));
    see('again', await app.invoke({}, { thread: 't' }));
    see('next', (await app.history({ thread: 't' })).checkpoints.map(({ next }) => next));
  },

  'a join whose source is skipped': async (kit, see) => {
    const app = kit
      .graph({ log: kit.field.append(), both: kit.field.last() })
      .node('a', says('a'))
      .node('b', says('b'))
      .node('c', says('c'))
      .route(kit.START, ({ both }) => (both ? ['a', 'b'] : 'a'), ['a', 'b'])
      .edge(['a', 'b'], 'c')
      .compile();
    see('both ran', await app.invoke({ both: true }));
    see('one ran', await app.invoke({ both: false }));
  },

  'a join in a loop': async (kit, see) => {
    const app = kit
      .graph({ log: kit.field.append(), n: kit.field.add({ default: 0 }) })
      .node('a', says('a'))
      .node('b', says('b'))
      .node('c', () => ({ log: ['c'], n: 1 }))
      .edge(kit.START, 'a')
      .edge(kit.START, 'b')
      .edge(['a', 'b'], 'c')
      .route('c', ({ n }) => (n < 3 ? ['a', 'b'] : kit.END), ['a', 'b', kit.END])
      .compile();
    see('result', await app.invoke({}));
  },

  'a deferred node runs when nothing else is left': async (kit, see) => {
    const graph = () =>
      beside(kit, {}, { short: says('short'), long: says('long') })
        .node('longer', says('longer'))
        .node('sum', says('sum'), { defer: true })
        .edge('short', 'sum')
        .edge('long', 'longer')
        .edge('longer', 'sum');
    see('stream', await graph().compile().stream({ log: ['in'] }, { mode: MODES }));
    const joined = beside(kit, {}, { a: says('a'), b: says('b'), x: says('x') })
      .node('x2', says('x2'))
      .node('j', says('j'), { defer: true })
      .edge('x', 'x2')
      .edge(['a', 'b'], 'j');
    see('behind a join', await joined.compile().stream({ log: ['in'] }, { mode: MODES }));
    const app = graph().compile({ saver: kit.saver() });
    await app.invoke({}, { thread: 't' });
    see('next', (await app.history({ thread: 't' })).checkpoints.map(({ next }) => next));
    const two = beside(kit, {}, { a: says('a'), b: says('b') })
      .node('d1', says('d1'), { defer: true })
      .node('d2', says('d2'), { defer: true })
      .node('e', says('e'))
      .edge('a', 'd1')
      .edge('b', 'd2')
      .edge('d1', 'e');
    see('two of them', await two.compile().stream({ log: ['in'] }, { mode: MODES }));
  },

  'a deferred node behind a join and an edge': async (kit, see) => {
    const app = beside(kit, {}, { a: says('a'), b: says('b') })
      .node('c', says('c'))
      .node('d', says('d'), { defer: true })
      .edge('a', 'c')
      .edge('c', 'd')
      .edge(['a', 'b'], 'd')
      .compile();
    see('result', await app.invoke({ log: ['in'] }));
  },

  'a node behind a join and an edge': async (kit, see) => {
    const app = beside(kit, {}, { a: says('a'), b: says('b') })
      .node('d', says('d'))
      .edge('a', 'd')
      .edge(['a', 'b'], 'd')
      .compile({ saver: kit.saver() });
    see('result', await app.invoke({ log: ['in'] }, { thread: 't' }));
    see('next', (await app.state({ thread: 't' })).next);
    see('going on', await app.invoke(null, { thread: 't' }));
  },

  'a deferred node beside sends': async (kit, see) => {
    const app = chain(kit, {}, { a: says('a') })
      .node('w', ({ n }) => ({ log: [n] }))
      .node('d', says('d'), { defer: true })
      .edge('a', 'd')
      .route('a', () => [1, 2].map((n) => new kit.Send('w', { n })), ['w'])
      .compile();
    see('result', await app.invoke({ log: ['in'] }));
  },

  'deferred nodes of which one fails': async (kit, see) => {
    let broken = true;
    const fail = async () => {
      await later();
      if (broken) throw new Error('bad');
      return { log: ['f'] };
    };
    const app = chain(kit, {}, { a: says('a') })
      .node('d', says('d'), { defer: true })
      .node('f', fail, { defer: true })
      .edge('a', 'd')
      .edge('a', 'f')
      .compile({ saver: kit.saver() });
    await app.invoke({ log: ['in'] }, { thread: 't' });
    see('state', await app.state({ thread: 't' }));
    broken = false;
    see('going on', await app.invoke(null, { thread: 't' }));
  },

  'a router sees what its node wrote, not what siblings did': async (kit, see) => {
    const seen = [];
    const app = beside(kit, {}, { a: says('a'), b: says('b') })
      .node('c', says('c'))
      .route('a', ({ log }) => (seen.push([...log]), 'c'), ['c'])
      .compile();
    see('result', await app.invoke({ log: ['in'] }));
    see('what it saw', seen);
  },

  'routers give names, lists, labels, END, nothing': async (kit, see) => {
    const graph = (route, targets = ['b', 'c', kit.END]) =>
      chain(kit, {}, { a: says('a') }).node('b', says('b')).node('c', says('c')).route('a', route, targets).compile();
    see('a name', await graph(() => 'b').invoke({}));
    see('a promise', await graph(async () => 'c').invoke({}));
    see('a list', await graph(() => ['c', 'b']).stream({ log: ['in'] }, { mode: MODES }));
    see('a name twice', await graph(() => ['b', 'b']).invoke({}));
    see('END', await graph(() => kit.END).invoke({}));
    see('END in a list', await graph(() => [kit.END, 'b']).invoke({}));
    see('an empty list', await graph(() => []).invoke({}));
    see('labels', await graph(() => ['no', 'yes'], { yes: 'b', no: 'c' }).invoke({}));
    see('a failure', await graph(() => { throw new Error('which?'); }).invoke({}));
    see('an unknown label', (await graph(() => 'maybe', { yes: 'b', no: 'c' }).invoke({})).error !== undefined);
  },

  'two routers and an edge of one node': async (kit, see) => {
    const app = chain(kit, {}, { a: says('a') })
      .node('b', says('b'))
      .node('c', says('c'))
      .node('d', says('d'))
      .edge('a', 'd')
      .route('a', function one() { return 'c'; }, ['c'])
      .route('a', function two() { return ['b', 'c']; }, ['b', 'c'])
      .compile();
    see('stream', await app.stream({ log: ['in'] }, { mode: MODES }));
  },

  'sends: one task for each, on an input of its own': async (kit, see) => {
    const { Send } = kit;
    const seen = [];
    const app = kit
      .graph({ log: kit.field.append(), items: kit.field.last() })
      .node('work', (input) => (seen.push(input), { log: [`work ${input.item ?? input}`] }))
      .node('plain', (state) => ({ log: [`plain ${state.items.length}`] }))
      .node('after', ({ log }) => ({ log: [`after ${log.length}`] }))
      .route(kit.START, ({ items }) => [...items.map((item) => new Send('work', { item })), 'plain'], ['work', 'plain'])
      .edge('work', 'after')
      .edge('plain', 'after')
      .compile({ saver: kit.saver() });
    see('stream', await app.stream({ items: [3, 1, 2] }, { mode: MODES, thread: 't' }));
    see('inputs', seen);
    see('without items', await app.invoke({ items: [] }, { thread: 'u' }));
    const { checkpoints } = await app.history({ thread: 't' });
    see('history', checkpoints.map(({ next }) => next));
  },

  'twelve sends and a node beside them keep their order': async (kit, see) => {
    const { Send } = kit;
    const app = chain(kit, {}, { a: says('a') })
      .node('w', async ({ n }) => (await (n % 3 === 0 ? later() : undefined), { log: [n] }))
      .node('z', says('z'))
      .edge('a', 'z')
      .route('a', () => Array.from({ length: 12 }, (_, n) => new Send('w', { n })), ['w'])
      .compile();
    see('result', await app.invoke({}));
  },

  'sends of any value': async (kit, see) => {
    const { Send } = kit;
    const app = chain(kit, {}, { a: says('a') })
      .node('w', (input) => ({ log: [JSON.stringify(input)] }))
      .route('a', () => [new Send('w', 'text'), new Send('w', 5), new Send('w', [1]), new Send('w', null), new Send('w', {}), new Send('w', { other: 1 })], ['w'])
      .compile();
    see('result', await app.invoke({}));
  },

  'sends and an edge to one node': async (kit, see) => {
    const { Send } = kit;
    const app = chain(kit, {}, { a: says('a') })
      .node('w', ({ n }) => ({ log: [`w${n ?? ''}`] }))
      .edge('a', 'w')
      .route('a', () => [new Send('w', { n: 1 }), new Send('w', { n: 2 })], ['w'])
      .compile();
    see('stream', await app.stream({ log: ['in'] }, { mode: MODES }));
  },

  'a send to an unknown node': async (kit, see) => {
    const app = chain(kit, {}, { a: says('a'), b: says('b') }).route('a', () => new kit.Send('no', {})).compile();
    see('fails', (await app.invoke({})).error !== undefined);
  },

  'commands: update and goto': async (kit, see) => {
    const { Command, Send } = kit;
    const graph = (command, nodes = {}) =>
      chain(kit, { n: kit.field.last() }, { a: [() => command, { ends: ['b', 'c', kit.END] }] }).node('b', says('b')).node('c', ({ n }) => ({ log: [`c${n ?? ''}`] }));
    const run = (command) => graph(command).compile().stream({ log: ['in'] }, { mode: MODES });
    see('goto a name', await run(new Command({ update: { n: 1 }, goto: 'c' })));
    see('goto END', await run(new Command({ update: { log: ['a'] }, goto: kit.END })));
    see('goto a list', await run(new Command({ goto: ['c', 'b'] })));
    see('goto sends', await run(new Command({ goto: [new Send('c', { n: 1 }), new Send('c', { n: 2 }), 'b'] })));
    see('only an update', await run(new Command({ update: { n: 1 } })));
    see('a list of commands and updates', await run([new Command({ update: { log: ['x'] }, goto: 'b' }), { log: ['y'] }, new Command({ goto: 'c' })]));
    see('beside an edge', await graph(new Command({ update: { n: 1 }, goto: 'c' })).edge('a', 'b').compile().stream({ log: ['in'] }, { mode: MODES }));
    see('pairs as update', await run(new Command({ update: [['log', ['x']], ['log', ['y']]], goto: 'b' })));
    see('goto an unknown node', (await graph(new Command({ goto: 'no' })).compile().invoke({})).error !== undefined);
    see('goto START', (await graph(new Command({ goto: kit.START })).compile().invoke({})).error !== undefined);
  },

  'a command as input': async (kit, see) => {
    const { Command, Send } = kit;
    const graph = () => chain(kit, { n: kit.field.last() }, { a: says('a'), b: ({ n }) => ({ log: [`b${n ?? ''}`] }) });
    const fresh = graph().compile({ saver: kit.saver() });
    see('goto on a new thread', await fresh.invoke(new Command({ goto: 'b', update: { n: 1 } }), { thread: 'new' }));
    await fresh.invoke({}, { thread: 't' });
    see('goto', await fresh.invoke(new Command({ goto: 'b', update: { n: 7 } }), { thread: 't' }));
    see('goto a send', await fresh.invoke(new Command({ goto: new Send('b', { n: 9 }) }), { thread: 't' }));
    see('update alone', await fresh.invoke(new Command({ update: { n: 8 } }), { thread: 't' }));
    see('steps', (await fresh.history({ thread: 't' })).checkpoints.map(({ source, next, values }) => [source, next, values]));
    see('an empty one', await fresh.invoke(new Command({}), { thread: 't' }));
    see('for the graph around', await fresh.invoke(new Command({ graph: kit.PARENT, goto: 'b' }), { thread: 't' }));
    see('without a thread', await graph().compile().invoke(new Command({ goto: 'b', update: { n: 1 } })));
  },

  'what compile tells': async (kit, see) => {
    const told = (build) => {
      try {
        build().compile();
        return 'compiled';
      } catch (error) {
        return kit.codeOf(error) === 'UNREACHABLE_NODE' ? 'UNREACHABLE_NODE' : 'refused';
      }
    };
    const a = () => chain(kit, {}, { a: [says('a'), { ends: [] }] });
    see('an edge to an unknown node', told(() => a().edge('a', 'no')));
    see('an edge from an unknown node', told(() => a().edge('no', 'a')));
    see('an unreachable node', told(() => a().node('b', says('b'))));
    see('no way in', told(() => kit.graph({ log: kit.field.append() }).node('a', says('a'))));
    see('a name twice', told(() => a().node('a', says('a'))));
    see('a name with a separator', told(() => a().node('b|c', says('b')).edge('a', 'b|c')));
    see('a reserved name', told(() => a().node(kit.END, says('b'))));
    see('a way into START', told(() => a().edge('a', kit.START)));
    see('a way out of END', told(() => a().edge(kit.END, 'a')));
    see('a join into END', told(() => a().node('b', says('b')).edge('a', 'b').edge(['a', 'b'], kit.END)));
    see('a node named like a field', told(() => a().node('log', says('b')).edge('a', 'log')));
    see('an unknown target of a router', told(() => a().route('a', () => 'no', ['no'])));
    see('an unknown node to stop before', (() => {
      try {
        a().compile({ interruptBefore: ['no'], saver: kit.saver() });
        return 'compiled';
      } catch {
        return 'refused';
      }
    })());
  },
};
