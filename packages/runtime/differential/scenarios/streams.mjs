// What streams tell.
import { AIMessage, HumanMessage } from '@langchain/core/messages';

import { beside, chain, later, says } from './words.mjs';

const ALL = ['values', 'updates', 'custom', 'tasks', 'checkpoints', 'debug'];

const graph = (kit) =>
  chain(kit, { n: kit.field.last() }, {
    a: async (_, { write }) => (await write({ at: 'a' }), { n: 1 }),
    b: [says('b'), { metadata: { kind: 'told' } }],
    c: () => undefined,
  });

export const scenarios = {
  'each mode alone': async (kit, see) => {
    for (const mode of ['values', 'updates', 'custom', 'tasks']) see(mode, await graph(kit).compile().stream({ log: ['in'] }, { mode }));
    see('members of tasks', (await graph(kit).compile().raw({ log: ['in'] }, { mode: 'tasks' })).slice(0, 2).map((chunk) => Object.keys(chunk).sort()));
    for (const mode of ['checkpoints', 'debug']) see(`${mode} without a thread`, (await graph(kit).compile().raw({ log: ['in'] }, { mode })).map(({ type }) => type ?? 'checkpoint'));
    see('the default', await graph(kit).compile().stream({ log: ['in'] }));
  },

  'the order of several modes': async (kit, see) => {
    const chunks = await graph(kit).compile({ saver: kit.saver() }).stream({ log: ['in'] }, { mode: ALL, thread: 't', exact: true });
    see('without debug', chunks.filter(([mode]) => mode !== 'debug').map(([mode, data]) => [mode, data.name ?? Object.keys(data).join()]));
    see('debug', chunks.filter(([mode]) => mode === 'debug').map(([, { type, step }]) => [type, step]));
  },

  'one mode in a list': async (kit, see) => {
    see('stream', await graph(kit).compile().stream({ log: ['in'] }, { mode: ['values'] }));
    see('no mode', await graph(kit).compile().stream({ log: ['in'] }, { mode: [] }));
  },

  'members of checkpoints': async (kit, see) => {
    const chunks = await graph(kit).compile({ saver: kit.saver() }).raw({ log: ['in'] }, { mode: 'checkpoints', thread: 't' });
    see('names', Object.keys(chunks.at(-1)).sort());
    see('where they stand', chunks.map(({ metadata, next, values }) => [metadata.source, metadata.step, next, values]));
  },

  'tasks that fail and ask': async (kit, see) => {
    const ask = beside(kit, {}, { q: (_, { interrupt }) => ({ log: [interrupt('q')] }), s: says('s') }).compile({ saver: kit.saver() });
    see('asking', await ask.stream({ log: ['in'] }, { mode: 'tasks', thread: 't' }));
    see('asking: updates', await ask.stream({ log: ['in'] }, { mode: 'updates', thread: 'u' }));
    see('asking: values', await ask.stream({ log: ['in'] }, { mode: 'values', thread: 'v' }));
    see('asking: checkpoints', (await ask.stream({ log: ['in'] }, { mode: 'checkpoints', thread: 'w' })).map(({ next, values }) => [next, values]));
    see('answered', await ask.stream(new kit.Command({ resume: 1 }), { mode: 'tasks', thread: 't' }));
    const fail = chain(kit, {}, { a: says('a'), f: () => { throw new Error('bad'); } }).compile();
    for (const mode of ['tasks', 'updates', 'values']) see(`failing: ${mode}`, await fail.stream({ log: ['in'] }, { mode }));
  },

  'tasks and updates of sends': async (kit, see) => {
    const app = chain(kit, {}, { a: says('a') }).node('w', ({ n }) => ({ log: [n] })).route('a', () => [1, 2].map((n) => new kit.Send('w', { n })), ['w']).compile();
    see('updates', await app.stream({ log: ['in'] }, { mode: 'updates' }));
    see('tasks', await app.stream({ log: ['in'] }, { mode: 'tasks' }));
  },

  'updates of nodes that write nothing, or several times': async (kit, see) => {
    const { Command } = kit;
    const app = chain(kit, { n: kit.field.last() }, {
      a: () => undefined,
      b: () => ({}),
      c: () => [{ log: ['x'] }, new Command({ update: { n: 1 } })],
      d: () => new Command({}),
      e: () => [new Command({ update: { n: 2 } }), { log: ['y'] }],
      f: () => ({ n: undefined }),
    }).compile();
    see('updates', await app.stream({ log: ['in'] }, { mode: 'updates' }));
    see('values', await app.stream({ log: ['in'] }, { mode: 'values' }));
    see('tasks', await app.stream({ log: ['in'] }, { mode: 'tasks' }));
  },

  'custom: any value, in order, none lost': async (kit, see) => {
    const app = chain(kit, {}, { a: async (_, { write }) => { for (const one of ['text', 1, null, [1], { a: 1 }, false]) await write(one); } }).compile();
    see('values', await app.stream({ log: ['in'] }, { mode: 'custom' }));
    const many = chain(kit, {}, { a: async (_, { write }) => { for (let n = 0; n < 3000; n++) await write(n); } }).compile();
    see('many', (await many.stream({ log: ['in'] }, { mode: 'custom' })).length);
    const two = beside(kit, {}, { a: async (_, { write }) => { await write('a1'); await later(); await write('a2'); }, b: async (_, { write }) => { await write('b1'); } }).compile();
    see('of two nodes', await two.stream({ log: ['in'] }, { mode: 'custom' }));
  },

  'values where nothing is written': async (kit, see) => {
    const app = chain(kit, {}, { a: () => undefined, b: says('b'), c: () => ({}) }).compile();
    see('without an input', await app.stream({}, { mode: 'values' }));
    see('with an input', await app.stream({ log: ['in'] }, { mode: 'values' }));
  },

  'messages that nodes give back': async (kit, see) => {
    const app = chain(kit, { messages: kit.field.messages() }, {
      a: () => ({ messages: [new AIMessage({ content: 'hello', id: 'a1' })] }),
      b: ({ messages }) => ({ messages: [messages[1], new AIMessage({ content: 'more', id: 'b1' })] }),
    }).compile();
    const chunks = await app.stream({ messages: [new HumanMessage({ content: 'hi', id: 'h1' })] }, { mode: 'messages' });
    see('messages', chunks.map(([message, { langgraph_node, langgraph_step }]) => [message, langgraph_node, langgraph_step]));
    see('in updates', await app.stream({ messages: [new HumanMessage({ content: 'hi', id: 'h1' })] }, { mode: 'updates' }));
  },

  'a stream that is left early': async (kit, see) => {
    const ran = [];
    const node = (name) => async () => (await later(), ran.push(name), { log: [name] });
    const app = chain(kit, {}, { a: node('a'), b: node('b'), c: node('c') }).compile({ saver: kit.saver() });
    see('chunks', await app.stream({ log: ['in'] }, { thread: 't', mode: 'updates', until: (chunks) => chunks.length === 1 }));
    await new Promise((resolve) => setTimeout(resolve, 120));
    see('ran', ran);
    const { values, next } = await app.state({ thread: 't' });
    see('state', [values, next]);
  },

  'a stream on a thread goes on': async (kit, see) => {
    const app = chain(kit, {}, { a: says('a'), b: says('b') }).compile({ saver: kit.saver(), interruptBefore: ['b'] });
    for (const mode of ['values', 'updates', 'tasks', 'checkpoints']) {
      const names = (chunks) => (mode === 'checkpoints' ? chunks.map(({ next, values }) => [next, values]) : chunks);
      see(`${mode}: to the stop`, names(await app.stream({ log: ['in'] }, { thread: mode, mode })));
      see(`${mode}: going on`, names(await app.stream(null, { thread: mode, mode })));
    }
  },
};
