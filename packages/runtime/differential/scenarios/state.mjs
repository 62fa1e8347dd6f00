// What becomes of writes: fields of each kind.
import { AIMessage, HumanMessage } from '@langchain/core/messages';

import { beside, chain, says } from './words.mjs';

export const scenarios = {
  'a chain: what nodes see and write': async (kit, see) => {
    const app = chain(kit, { n: kit.field.last(), x: kit.field.last({ default: 7 }) }, {
      a: (state) => ({ n: 1, log: [Object.keys(state).sort().join()] }),
      b: ({ n, x }) => ({ n: n + x }),
      c: () => undefined,
      d: () => null,
      e: () => ({}),
      f: async ({ n }) => ({ log: [`n=${n}`] }),
    }).compile();
    see('with an input', await app.invoke({ log: ['in'] }));
    see('with an empty input', await app.invoke({}));
  },

  'a field that nobody wrote': async (kit, see) => {
    const seen = [];
    const fields = { none: kit.field.last(), any: kit.field.any(), sum: kit.field.add(), about: kit.field.merge(), best: kit.field.reduce(Math.max), once: kit.field.ephemeral(), held: kit.field.untracked(), list: kit.field.topic(), all: kit.field.topic({ accumulate: true }) };
    const app = chain(kit, fields, { a: (state) => void seen.push(Object.entries(state)) }).compile();
    see('result', await app.invoke({}));
    see('values', await app.stream({}, { mode: 'values' }));
    see('what a node reads', seen.map((entries) => entries.filter(([, value]) => value !== undefined)));
  },

  'null is a value': async (kit, see) => {
    const app = chain(kit, { n: kit.field.last({ default: 1 }), any: kit.field.any() }, { a: () => ({ n: null, any: null }), b: ({ n, any }) => ({ log: [`${n} ${any}`] }) }).compile();
    see('result', await app.invoke({ n: 3 }));
    see('null as input', await app.invoke({ n: null }));
  },

  'undefined writes nothing': async (kit, see) => {
    const app = chain(kit, { n: kit.field.last({ default: 1 }) }, { a: () => ({ n: undefined, log: ['a'] }) }).compile();
    see('result', await app.invoke({}));
  },

  'reducers: writes of one superstep in the order of nodes': async (kit, see) => {
    const { field } = kit;
    const fields = {
      sum: field.add({ default: 0 }),
      text: field.add({ default: '' }),
      about: field.merge({ default: {} }),
      best: field.reduce((held, written) => Math.max(held, written)),
      from: field.reduce((held, written) => [...held, written], { default: [0] }),
      any: field.any(),
    };
    const write = (n) => () => ({ sum: n, text: `${n}`, about: { [`k${n}`]: n, same: n }, best: n, from: n, any: n, log: [n, n] });
    const app = beside(kit, fields, { z: write(1), m: write(3), a: write(2) }).compile();
    see('result', await app.invoke({}));
    see('behind an input', await app.invoke({ sum: 10, text: 'x', about: { k0: 0 }, best: 99, from: 5, any: 4 }));
  },

  'a topic holds one superstep, or all': async (kit, see) => {
    const { field } = kit;
    const seen = [];
    const fields = { step: field.topic(), once: field.topic({ unique: true }), all: field.topic({ accumulate: true }), set: field.topic({ accumulate: true, unique: true }) };
    const write = (...items) => (state) => {
      seen.push([state.step, state.once, state.all, state.set].map((list) => [...(list ?? [])]));
      return { step: items, once: items, all: items, set: items };
    };
    const app = chain(kit, fields, { a: write(1, 2, 1), b: write(2, 3), c: write(1), d: () => ({ log: ['d'] }) }).compile();
    const { values } = await app.invoke({});
    see('what nodes see', seen);
    see('kept', [values.all, values.set]);
    see('passing', [values.step ?? [], values.once ?? []]);
  },

  'an any-value that is not written again': async (kit, see) => {
    const seen = [];
    const look = (state) => (seen.push(state.any ?? 'nothing'), { log: ['x'] });
    const app = chain(kit, { any: kit.field.any() }, { a: () => ({ any: 1 }), b: look, c: look }).compile();
    see('result', await app.invoke({}));
    see('what nodes see', seen);
  },

  'an ephemeral field is there for one superstep': async (kit, see) => {
    const seen = [];
    const look = (state) => (seen.push([state.once ?? 'nothing', state.free ?? 'nothing']), { log: ['x'] });
    const fields = { once: kit.field.ephemeral(), free: kit.field.ephemeral({ guard: false }) };
    const app = chain(kit, fields, { a: look, b: () => ({ once: 2, free: 2 }), c: look, d: look }).compile();
    see('result', await app.invoke({ once: 1, free: 1 }));
    see('what nodes see', seen);
    const two = beside(kit, fields, { a: () => ({ free: 1 }), b: () => ({ free: 2 }) });
    see('two writes without guard', await two.compile().invoke({}));
    const guarded = beside(kit, { once: kit.field.ephemeral() }, { a: () => ({ once: 1 }), b: () => ({ once: 2 }) });
    see('two writes with guard', await guarded.compile().invoke({}));
  },

  'an untracked field lives as long as its run': async (kit, see) => {
    const seen = [];
    const look = (state) => (seen.push(state.held ?? 'nothing'), { log: ['x'] });
    const app = chain(kit, { held: kit.field.untracked() }, { a: look, b: look, c: look }).compile({ saver: kit.saver(), interruptBefore: ['c'] });
    await app.invoke({ held: 1 }, { thread: 't' });
    see('stored', (await app.state({ thread: 't' })).values);
    await app.invoke(null, { thread: 't' });
    see('what nodes see', seen);
    const two = beside(kit, { held: kit.field.untracked({ guard: false }) }, { a: () => ({ held: 1 }), b: () => ({ held: 2 }) });
    see('two writes without guard', await two.compile().invoke({}));
    const guarded = beside(kit, { held: kit.field.untracked() }, { a: () => ({ held: 1 }), b: () => ({ held: 2 }) });
    see('two writes with guard', await guarded.compile().invoke({}));
  },

  'overwrite takes the place of what is there and of the other writes': async (kit, see) => {
    const { Overwrite, field } = kit;
    const fields = () => ({ sum: field.add({ default: 0 }), about: field.merge({ default: {} }) });
    const app = chain(kit, fields(), { a: () => ({ log: ['a', 'b'], sum: 4, about: { a: 1 } }), b: () => ({ log: new Overwrite(['c']), sum: new Overwrite(1), about: new Overwrite({ b: 2 }) }) });
    see('alone', await app.compile().invoke({ log: ['in'], sum: 1 }));
    const among = beside(kit, fields(), { a: says('a'), b: () => ({ log: new Overwrite(['b']) }), c: says('c') });
    see('among others', await among.compile().invoke({ log: ['in'] }));
    const twice = beside(kit, fields(), { a: () => ({ log: new Overwrite(['a']) }), b: () => ({ log: new Overwrite(['b']) }) });
    see('twice', await twice.compile().invoke({}));
    const forms = chain(kit, fields(), { a: () => ({ log: { __overwrite__: ['x'] }, sum: { type: '__overwrite__', value: 8 } }) });
    see('its JSON forms', await forms.compile().invoke({ log: ['in'], sum: 1 }));
    see('as input', await app.compile().invoke({ log: new Overwrite(['in']), sum: new Overwrite(9) }));
    const empty = chain(kit, fields(), { a: () => ({ log: new Overwrite([]), sum: new Overwrite(0) }) });
    see('with nothing', await empty.compile().invoke({ log: ['in'], sum: 3 }));
  },

  'two nodes write one last value': async (kit, see) => {
    const graph = () => beside(kit, { n: kit.field.last() }, { a: () => ({ n: 1 }), b: () => ({ n: 2 }) });
    see('result', await graph().compile().invoke({}));
    const app = graph().compile({ saver: kit.saver() });
    see('on a thread', await app.invoke({}, { thread: 't' }));
    see('state of the thread', await app.state({ thread: 't' }));
    const updated = await app.update({ thread: 't' }, { n: 5 }, kit.END);
    see('updated', updated.error ?? 'updated');
    see('a new input', await app.invoke({ log: ['again'] }, { thread: 't' }));
    const twice = chain(kit, { n: kit.field.last() }, { a: () => [{ n: 1 }, { n: 2 }] });
    see('one node writes it twice', await twice.compile().invoke({}));
  },

  'messages: new ones, replaced ones, removed ones': async (kit, see) => {
    const ai = (content, id) => new AIMessage({ content, id });
    const start = [new HumanMessage({ content: 'hi', id: 'h1' })];
    const graph = (nodes) => chain(kit, { messages: kit.field.messages() }, nodes).compile();
    see('appended and replaced', await graph({ a: () => ({ messages: [ai('one', 'a1'), ai('two', 'a2')] }), b: () => ({ messages: [ai('other', 'a1'), ai('three', 'a3')] }) }).invoke({ messages: start }));
    see('removed', await graph({ a: () => ({ messages: [ai('one', 'a1'), ai('two', 'a2')] }), b: () => ({ messages: [new kit.RemoveMessage({ id: 'a1' })] }) }).invoke({ messages: start }));
    see('an unknown one removed', (await graph({ a: () => ({ messages: [new kit.RemoveMessage({ id: 'no' })] }) }).invoke({ messages: start })).error !== undefined);
    see('all removed', await graph({ a: () => ({ messages: [ai('one', 'a1'), new kit.RemoveMessage({ id: kit.REMOVE_ALL }), ai('two', 'a2')] }) }).invoke({ messages: start }));
    see('put and removed in one list', await graph({ a: () => ({ messages: [ai('one', 'a1'), new kit.RemoveMessage({ id: 'h1' })] }) }).invoke({ messages: start }));
    see('removed and put again', await graph({ a: () => ({ messages: [new kit.RemoveMessage({ id: 'h1' }), new HumanMessage({ content: 'anew', id: 'h1' })] }) }).invoke({ messages: start }));
    see('twice in one list', await graph({ a: () => ({ messages: [ai('one', 'a1'), ai('two', 'a1')] }) }).invoke({ messages: start }));
    see('other forms', await graph({ a: () => ({ messages: { role: 'assistant', content: 'yes', id: 'a1' } }), b: () => ({ messages: [{ type: 'human', content: 'so', id: 'h2' }] }) }).invoke({ messages: start }));
    const { values } = await graph({ a: () => ({ messages: ai('no id') }), b: () => ({ messages: 'a text' }) }).invoke({ messages: [{ role: 'user', content: 'hi' }] });
    see('without ids', values.messages.map(({ id, ...message }) => [message, typeof id]));
    see('ids are different', new Set(values.messages.map(({ id }) => id)).size === 1 || values.messages.every(({ id }) => id));
    const merged = beside(kit, { messages: kit.field.messages() }, { b: () => ({ messages: [ai('b', 'same')] }), a: () => ({ messages: [ai('a', 'same'), ai('x', 'x')] }) });
    see('from two nodes', await merged.compile().invoke({ messages: start }));
    see('overwritten', await graph({ a: () => ({ messages: new kit.Overwrite([ai('only', 'o')]) }) }).invoke({ messages: start }));
  },

  'input, output and private fields': async (kit, see) => {
    const { field } = kit;
    const seen = [];
    const fields = { question: field.last(), answer: field.last(), draft: field.last(), log: field.append() };
    const app = kit
      .graph(fields, { input: ['question'], output: ['answer'] })
      .node('a', (state) => (seen.push({ ...state }), { draft: `${state.question}?` }))
      .node('b', (state) => (seen.push({ ...state }), { answer: `${state.draft}!`, log: ['b'] }), { input: ['draft'] })
      .edge(kit.START, 'a')
      .edge('a', 'b')
      .compile({ saver: kit.saver() });
    see('result', await app.invoke({ question: 'q' }, { thread: 't' }));
    see('what nodes see', seen.map((state) => Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined))));
    see('values', await app.stream({ question: 'r' }, { mode: 'values', thread: 'u' }));
    see('updates', await app.stream({ question: 'r' }, { mode: 'updates', thread: 'v' }));
    see('state', await app.state({ thread: 't' }));
    see('a field that is no input', await app.invoke({ question: 'q', draft: 'given' }, { thread: 'w' }));
  },

  'what is no update': async (kit, see) => {
    const graph = (node) => chain(kit, { n: kit.field.last() }, { a: node }).compile();
    see('a text', await graph(() => 'text').invoke({}));
    see('a number', await graph(() => 5).invoke({}));
    see('a list of updates', await graph(() => [{ n: 1 }, { log: ['x'] }]).invoke({}));
    see('an empty list', await graph(() => []).invoke({}));
    see('an unknown field', await graph(() => ({ m: 1 })).invoke({}));
    see('an unknown field in the input', await graph(() => ({})).invoke({ m: 1 }));
    see('a text as input', await graph(() => ({})).invoke('text'));
    see('null as input', await graph(() => ({})).invoke(null));
  },

  'a reducer that fails': async (kit, see) => {
    const failing = kit.field.reduce(() => {
      throw new Error('no');
    }, { default: 0 });
    const app = chain(kit, { n: failing }, { a: says('a'), b: () => ({ n: 1, log: ['b'] }) }).compile({ saver: kit.saver() });
    see('fails', (await app.invoke({}, { thread: 't' })).error !== undefined);
    const { values, next } = await app.state({ thread: 't' });
    see('state', [values, next]);
  },
};
