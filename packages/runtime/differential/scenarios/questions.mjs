// Stops: questions and their answers, stops before and after nodes.
import { beside, chain, later, says } from './words.mjs';

const ask = (question) => (_, { interrupt }) => ({ log: [`${question}: ${JSON.stringify(interrupt(question))}`] });
const MODES = ['updates', 'values'];

export const scenarios = {
  'a question and its answer': async (kit, see) => {
    const { Command } = kit;
    const graph = () => chain(kit, {}, { a: says('a'), q: ask('who?'), b: says('b') });
    const app = graph().compile({ saver: kit.saver() });
    see('asked', await app.stream({ log: ['in'] }, { thread: 't', mode: MODES }));
    see('result', await app.invoke({ log: ['in'] }, { thread: 'u' }));
    see('state', await app.state({ thread: 't' }));
    see('answered', await app.stream(new Command({ resume: 'Ann' }), { thread: 't', mode: MODES }));
    see('history', (await app.history({ thread: 't' })).checkpoints);
    see('going on without an answer', await app.invoke(null, { thread: 'u' }));
    see('without a thread', await graph().compile().invoke({ log: ['in'] }));
  },

  'answers that are null, false, 0, empty': async (kit, see) => {
    const app = chain(kit, {}, { q: ask('q') }).compile({ saver: kit.saver() });
    for (const answer of [null, false, 0, '', [], {}, { a: 1 }, [1, null]]) {
      const thread = JSON.stringify(answer);
      await app.invoke({ log: ['in'] }, { thread });
      see(thread, await app.invoke(new kit.Command({ resume: answer }), { thread }));
    }
  },

  'several questions of one node': async (kit, see) => {
    const ran = [];
    const node = (_, { interrupt }) => {
      ran.push('begun');
      const first = interrupt('first');
      const second = interrupt(`second behind ${first}`);
      return { log: [first, second, interrupt('third')] };
    };
    const app = chain(kit, {}, { q: node, b: says('b') }).compile({ saver: kit.saver() });
    see('1', await app.invoke({ log: ['in'] }, { thread: 't' }));
    see('2', await app.invoke(new kit.Command({ resume: 1 }), { thread: 't' }));
    see('3', await app.invoke(new kit.Command({ resume: 2 }), { thread: 't' }));
    see('asks', (await app.state({ thread: 't' })).tasks);
    see('4', await app.invoke(new kit.Command({ resume: 3 }), { thread: 't' }));
    see('ran', ran.length);
  },

  'questions of tasks side by side': async (kit, see) => {
    const { Command } = kit;
    const graph = () => beside(kit, {}, { q1: ask('one'), q2: ask('two'), s: says('s') }).node('e', says('e')).edge('s', 'e');
    const app = graph().compile({ saver: kit.saver() });
    see('asked', await app.stream({ log: ['in'] }, { thread: 't', mode: MODES }));
    see('state', await app.state({ thread: 't' }));
    const { one } = await app.questions({ thread: 't' });
    see('one by its id', await app.stream(new Command({ resume: { [one]: 1 } }), { thread: 't', mode: MODES }));
    see('state then', await app.state({ thread: 't' }));
    const { two } = await app.questions({ thread: 't' });
    see('the other by its id', await app.invoke(new Command({ resume: { [two]: 2 } }), { thread: 't' }));
    await app.invoke({ log: ['in'] }, { thread: 'both' });
    const both = await app.questions({ thread: 'both' });
    see('both by their ids', await app.stream(new Command({ resume: { [both.one]: 1, [both.two]: 2 } }), { thread: 'both', mode: MODES }));
    await app.invoke({ log: ['in'] }, { thread: 'scalar' });
    see('one answer without an id', await app.invoke(new Command({ resume: 'x' }), { thread: 'scalar' }));
    await app.invoke({ log: ['in'] }, { thread: 'last' });
    const ids = await app.questions({ thread: 'last' });
    await app.invoke(new Command({ resume: { [ids.two]: 2 } }), { thread: 'last' });
    see('the last one without an id', await app.invoke(new Command({ resume: 'x' }), { thread: 'last' }));
  },

  'questions of sends': async (kit, see) => {
    const { Command, Send } = kit;
    const app = kit
      .graph({ log: kit.field.append() })
      .node('q', ({ n }, { interrupt }) => ({ log: [`${n}: ${interrupt(`q${n}`)}`] }))
      .route(kit.START, () => [3, 1, 2].map((n) => new Send('q', { n })), ['q'])
      .compile({ saver: kit.saver() });
    see('asked', await app.invoke({ log: ['in'] }, { thread: 't' }));
    const ids = await app.questions({ thread: 't' });
    see('questions', Object.keys(ids));
    see('answered', await app.invoke(new Command({ resume: { [ids.q1]: 'a', [ids.q2]: 'b' } }), { thread: 't' }));
    see('state', await app.state({ thread: 't' }));
    see('the rest', await app.invoke(new Command({ resume: { [ids.q3]: 'c' } }), { thread: 't' }));
  },

  'siblings of a question are kept, and shown in what comes out': async (kit, see) => {
    const ran = [];
    const app = beside(kit, {}, { q: ask('q'), s: async () => (await later(), ran.push('s'), { log: ['s'] }) }).compile({ saver: kit.saver() });
    see('result', await app.invoke({ log: ['in'] }, { thread: 't' }));
    see('state', await app.state({ thread: 't' }));
    const { ids } = await app.history({ thread: 't' });
    see('at the checkpoint', await app.state({ thread: 't', checkpoint: ids.at(-1) }));
    see('answered', await app.invoke(new kit.Command({ resume: 1 }), { thread: 't' }));
    see('ran', ran);
  },

  'a question beside a failure': async (kit, see) => {
    let broken = true;
    const app = beside(kit, {}, { q: ask('q'), f: async () => { await later(); if (broken) throw new Error('bad'); return { log: ['f'] }; } }).compile({ saver: kit.saver() });
    see('result', await app.invoke({ log: ['in'] }, { thread: 't' }));
    see('state', await app.state({ thread: 't' }));
    broken = false;
    see('going on', await app.invoke(null, { thread: 't' }));
    see('answered', await app.invoke(new kit.Command({ resume: 1 }), { thread: 't' }));
  },

  'siblings of a question in a history': async (kit, see) => {
    const app = beside(kit, {}, { q: ask('q'), s: says('s') }).compile({ saver: kit.saver() });
    await app.invoke({ log: ['in'] }, { thread: 't' });
    see('history', (await app.history({ thread: 't' })).checkpoints.map(({ next, values }) => [next, values]));
  },

  'a conflict beside a question': async (kit, see) => {
    const app = beside(kit, { n: kit.field.last() }, { a: () => ({ n: 1 }), b: () => ({ n: 2 }), q: ask('q') }).compile({ saver: kit.saver() });
    see('asked', await app.invoke({ log: ['in'] }, { thread: 't' }));
    see('answered', await app.invoke(new kit.Command({ resume: 1 }), { thread: 't' }));
  },

  'a question that was answered before its node failed': async (kit, see) => {
    let broken = true;
    const node = (_, { interrupt }) => {
      const answer = interrupt('q');
      if (broken) throw new Error('bad');
      return { log: [answer] };
    };
    const app = chain(kit, {}, { q: node, b: says('b') }).compile({ saver: kit.saver() });
    await app.invoke({ log: ['in'] }, { thread: 't' });
    see('answered', await app.invoke(new kit.Command({ resume: 1 }), { thread: 't' }));
    see('state', await app.state({ thread: 't' }));
    broken = false;
    see('going on', await app.invoke(null, { thread: 't' }));
  },

  'a node that swallows its question': async (kit, see) => {
    const node = (_, { interrupt }) => {
      try {
        return { log: [interrupt('q')] };
      } catch {
        return { log: ['swallowed'] };
      }
    };
    const app = chain(kit, {}, { q: node }).compile({ saver: kit.saver() });
    see('result', await app.invoke({ log: ['in'] }, { thread: 't' }));
  },

  'an answer with an update and a goto': async (kit, see) => {
    const { Command } = kit;
    const app = chain(kit, { n: kit.field.last() }, { a: says('a'), q: (state, { interrupt }) => ({ log: [`${interrupt('q')} n=${state.n}`] }), b: says('b') }).node('c', says('c')).edge('c', kit.END).route('b', () => kit.END, ['c', kit.END]).compile({ saver: kit.saver() });
    await app.invoke({ log: ['in'] }, { thread: 't' });
    see('with an update', await app.invoke(new Command({ resume: 'x', update: { n: 5 } }), { thread: 't' }));
    await app.invoke({ log: ['in'] }, { thread: 'u' });
    see('with a goto', await app.stream(new Command({ resume: 'x', goto: 'c' }), { thread: 'u', mode: MODES }));
  },

  'an answer where nothing is asked': async (kit, see) => {
    const { Command } = kit;
    const app = chain(kit, {}, { a: says('a'), q: ask('q') }).compile({ saver: kit.saver() });
    see('on a new thread', await app.invoke(new Command({ resume: 1 }), { thread: 'new' }));
    await app.invoke({ log: ['in'] }, { thread: 't' });
    await app.invoke(new Command({ resume: 1 }), { thread: 't' });
    see('behind the end', await app.invoke(new Command({ resume: 2 }), { thread: 't' }));
    see('without a thread', await chain(kit, {}, { a: says('a') }).compile().invoke(new Command({ resume: 1 })));
  },

  'a question in a loop': async (kit, see) => {
    const app = chain(kit, {}, { q: ({ log }, { interrupt }) => ({ log: [interrupt(`q${log.length}`)] }) })
      .route('q', ({ log }) => (log.length < 4 ? 'q' : kit.END), ['q', kit.END])
      .compile({ saver: kit.saver() });
    see('1', await app.invoke({ log: ['in'] }, { thread: 't' }));
    see('2', await app.invoke(new kit.Command({ resume: 'a' }), { thread: 't' }));
    see('3', await app.invoke(new kit.Command({ resume: 'b' }), { thread: 't' }));
    see('4', await app.invoke(new kit.Command({ resume: 'c' }), { thread: 't' }));
  },

  'a new input while a question is open': async (kit, see) => {
    const app = chain(kit, {}, { a: says('a'), q: ask('q') }).compile({ saver: kit.saver() });
    await app.invoke({ log: ['one'] }, { thread: 't' });
    see('result', await app.invoke({ log: ['two'] }, { thread: 't' }));
    see('state', await app.state({ thread: 't' }));
    see('answered', await app.invoke(new kit.Command({ resume: 1 }), { thread: 't' }));
  },

  'a question and a retry policy': async (kit, see) => {
    const tried = [];
    const node = (_, { interrupt, attempt }) => {
      tried.push(attempt);
      const answer = interrupt('q');
      if (tried.length < 3) throw new Error('not yet');
      return { log: [answer] };
    };
    const app = chain(kit, {}, { q: [node, { retry: { attempts: 3 } }] }).compile({ saver: kit.saver() });
    see('asked', await app.invoke({ log: ['in'] }, { thread: 't' }));
    see('answered', await app.invoke(new kit.Command({ resume: 1 }), { thread: 't' }));
    see('attempts', tried);
  },

  'a question in a router is none': async (kit, see) => {
    const app = chain(kit, {}, { q: ask('q') }).node('b', says('b')).route('q', ({ log }) => (log.length > 0 ? 'b' : kit.END), ['b', kit.END]).compile({ saver: kit.saver() });
    see('asked', await app.stream({ log: ['in'] }, { thread: 't', mode: ['tasks'] }).then((chunks) => chunks.map(([, { name, interrupts, error }]) => [name, interrupts.length, error ?? null])));
    see('answered', await app.invoke(new kit.Command({ resume: 1 }), { thread: 't' }));
  },

  'stops before and after nodes': async (kit, see) => {
    const graph = () => chain(kit, {}, { a: says('a'), b: says('b'), c: says('c') });
    const before = graph().compile({ saver: kit.saver(), interruptBefore: ['b'] });
    see('before', await before.stream({ log: ['in'] }, { thread: 't', mode: MODES }));
    see('state', await before.state({ thread: 't' }));
    see('going on', await before.stream(null, { thread: 't', mode: MODES }));
    const after = graph().compile({ saver: kit.saver(), interruptAfter: ['b'] });
    see('after', await after.stream({ log: ['in'] }, { thread: 't', mode: MODES }));
    see('state after', await after.state({ thread: 't' }));
    see('going on after', await after.invoke(null, { thread: 't' }));
    const all = graph().compile({ saver: kit.saver(), interruptBefore: '*' });
    const seen = [await all.invoke({ log: ['in'] }, { thread: 't' })];
    for (let i = 0; i < 3; i++) seen.push(await all.invoke(null, { thread: 't' }));
    see('before all', seen);
    const run = graph().compile({ saver: kit.saver() });
    see('said by the run', await run.invoke({ log: ['in'] }, { thread: 't', interruptAfter: ['a'] }));
    see('and not again', await run.invoke(null, { thread: 't' }));
    see('a new input', await before.invoke({ log: ['new'] }, { thread: 't' }));
    await before.update({ thread: 't' }, { log: ['updated'] });
    see('after an update', await before.invoke(null, { thread: 't' }));
    see('an unknown name', (await run.invoke({ log: ['in'] }, { thread: 'v', interruptBefore: ['no'] })).values ?? 'refused');
    see('without a thread', await graph().compile().invoke({ log: ['in'] }, { interruptBefore: ['b'] }));
    see('a loop, before', await (async () => {
      const loop = chain(kit, {}, { a: says('a') }).route('a', ({ log }) => (log.length < 3 ? 'a' : kit.END), ['a', kit.END]).compile({ saver: kit.saver(), interruptBefore: ['a'] });
      const found = [await loop.invoke({ log: ['in'] }, { thread: 't' })];
      for (let i = 0; i < 4; i++) found.push(await loop.invoke(null, { thread: 't' }));
      return found;
    })());
  },

  'going on behind the end': async (kit, see) => {
    const app = chain(kit, {}, { a: says('a') }).compile({ saver: kit.saver() });
    await app.invoke({ log: ['in'] }, { thread: 't' });
    see('result', await app.invoke(null, { thread: 't' }));
    see('stream', await app.stream(null, { thread: 't', mode: MODES }));
    see('on a new thread', await app.invoke(null, { thread: 'new' }));
    see('checkpoints', (await app.history({ thread: 't' })).checkpoints.length);
  },
};
