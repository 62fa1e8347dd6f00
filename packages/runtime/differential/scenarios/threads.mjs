// What is kept of a thread: state, history, updates, forks, replays, durability.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { beside, chain, says } from './words.mjs';

const t = { thread: 't' };
const brief = ({ checkpoints }) => checkpoints.map(({ source, next, values, parent }) => [source, next, values, parent]);

export const scenarios = {
  'state and history of a thread': async (kit, see) => {
    const app = chain(kit, { n: kit.field.last() }, { a: () => ({ n: 1 }), b: says('b'), c: says('c') }).compile({ saver: kit.saver() });
    see('a new thread', await app.state(t));
    see('its history', (await app.history(t)).checkpoints);
    await app.invoke({ log: ['in'] }, t);
    see('state', await app.state(t));
    const { ids, checkpoints } = await app.history(t);
    see('history', checkpoints);
    see('at each checkpoint', await Promise.all(ids.slice(-3).map((checkpoint) => app.state({ ...t, checkpoint }))));
    await app.invoke({ log: ['again'] }, t);
    see('a second turn', brief(await app.history(t)));
    see('limited', (await app.history(t, { limit: 2 })).checkpoints);
    see('filtered', (await app.history(t, { filter: { source: 'loop' } })).checkpoints.length);
    see('an unknown checkpoint', await app.state({ ...t, checkpoint: '01890000-0000-7000-8000-000000000000' }));
  },

  'what is noted on checkpoints': async (kit, see) => {
    const ask = (_, { interrupt }) => ({ log: [interrupt('q')] });
    const app = chain(kit, {}, { a: says('a'), q: ask, b: says('b') }).compile({ saver: kit.saver() });
    await app.invoke({}, t);
    see('asked', await app.notes(t));
    await app.invoke(new kit.Command({ resume: 1 }), t);
    see('answered', await app.notes(t));
    await app.update(t, { log: ['u'] }, 'a');
    await app.invoke({}, t);
    see('updated, and a new input', (await app.notes(t)).map(([source, step]) => [source, step]));
  },

  'the same on SQLite': async (kit, see) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'differential-'));
    const saver = kit.saver('sqlite', path.join(folder, 'threads.db'));
    const graph = () => chain(kit, { messages: kit.field.messages() }, { a: says('a'), q: (_, { interrupt }) => ({ log: [interrupt('q')], messages: [{ role: 'assistant', content: 'yes', id: 'm2' }] }), b: says('b') });
    see('asked', await graph().compile({ saver }).invoke({ messages: [{ role: 'user', content: 'hi', id: 'm1' }] }, t));
    see('answered', await graph().compile({ saver }).invoke(new kit.Command({ resume: 'x' }), t));
    see('history', brief(await graph().compile({ saver }).history(t)));
    kit.close(saver);
    fs.rmSync(folder, { recursive: true });
  },

  'updates of the state': async (kit, see) => {
    const app = chain(kit, { n: kit.field.last() }, { a: says('a'), b: says('b'), c: ({ n }) => ({ log: [`c${n ?? ''}`] }) }).compile({ saver: kit.saver(), interruptBefore: ['b'] });
    await app.invoke({}, t);
    await app.update(t, { n: 1, log: ['u'] });
    see('as the node that ran last', await app.state(t));
    see('going on', await app.invoke(null, t));
    see('history', brief(await app.history(t)));
    await app.invoke({}, { thread: 'b' });
    await app.update({ thread: 'b' }, { n: 2 }, 'b');
    see('as the node to run', await app.state({ thread: 'b' }));
    see('going on there', await app.invoke(null, { thread: 'b' }));
    await app.invoke({}, { thread: 'end' });
    await app.update({ thread: 'end' }, null, kit.END);
    see('as END', await app.state({ thread: 'end' }));
    await app.invoke({}, { thread: 'endv' });
    see('as END with values', (await app.update({ thread: 'endv' }, { n: 3 }, kit.END)).error ?? (await app.state({ thread: 'endv' })));
    await app.update({ thread: 'start' }, { n: 3, log: ['in'] }, kit.name === 'moss' ? kit.START : '__input__');
    see('as the input', await app.state({ thread: 'start' }));
    see('going on from it', await app.invoke(null, { thread: 'start' }));
    await app.update({ thread: 'fresh' }, { n: 4 }, 'a');
    see('a new thread as a node', await app.state({ thread: 'fresh' }));
    see('a new thread without a node', (await app.update({ thread: 'fresh2' }, { n: 4 })).error !== undefined || (await app.state({ thread: 'fresh2' })));
    await app.update(t, null);
    see('with nothing', brief(await app.history(t)).at(-1));
    see('as an unknown node', (await app.update(t, { n: 1 }, 'no')).error !== undefined);
    see('an unknown field', (await app.update(t, { no: 1 }, 'a')).error !== undefined);
  },

  'an update as a node with a router': async (kit, see) => {
    const app = chain(kit, { n: kit.field.last() }, { a: says('a') })
      .node('b', says('b'))
      .node('c', says('c'))
      .route('a', ({ n }) => (n === 1 ? 'b' : [new kit.Send('c', {}), new kit.Send('c', {})]), ['b', 'c'])
      .compile({ saver: kit.saver() });
    await app.invoke({ n: 1 }, t);
    await app.update(t, { n: 1 }, 'a');
    see('next', (await app.state(t)).next);
    await app.update(t, { n: 2 }, 'a');
    see('next: sends', (await app.state(t)).next);
    see('going on', await app.invoke(null, t));
  },

  'an update that nobody can be said to have made': async (kit, see) => {
    const app = beside(kit, {}, { a: says('a'), b: says('b') }).node('c', says('c')).edge('a', 'c').compile({ saver: kit.saver(), interruptBefore: ['c'] });
    await app.invoke({}, t);
    see('ambiguous', (await app.update(t, { log: ['x'] })).error !== undefined);
    await app.update(t, { log: ['x'] }, 'b');
    see('as one of them', await app.state(t));
  },

  'an update while a question is open': async (kit, see) => {
    const app = chain(kit, {}, { a: says('a'), q: (_, { interrupt }) => ({ log: [interrupt('q')] }), b: says('b') }).compile({ saver: kit.saver() });
    await app.invoke({}, t);
    await app.update(t, { log: ['u'] });
    see('as the node that ran last', await app.state(t));
    see('answered', await app.invoke(new kit.Command({ resume: 1 }), t));
    see('answered again', await app.invoke(new kit.Command({ resume: 2 }), t));
    await app.invoke({}, { thread: 'q' });
    await app.update({ thread: 'q' }, { log: ['said'] }, 'q');
    see('as the node that asks', await app.state({ thread: 'q' }));
    see('going on', await app.invoke(null, { thread: 'q' }));
  },

  'an update behind a failure': async (kit, see) => {
    let broken = true;
    const app = beside(kit, {}, { a: says('a'), f: async () => { await new Promise(setImmediate); if (broken) throw new Error('bad'); return { log: ['f'] }; } })
      .node('g', says('g'))
      .edge('f', 'g')
      .compile({ saver: kit.saver() });
    await app.invoke({}, t);
    await app.update(t, { log: ['instead'] }, 'f');
    see('in its place', await app.state(t));
    see('going on', await app.invoke(null, t));
  },

  'several updates': async (kit, see) => {
    const app = chain(kit, { n: kit.field.last() }, { a: says('a'), b: says('b'), c: says('c') }).compile({ saver: kit.saver() });
    await app.bulkUpdate(t, [[{ values: { n: 1 }, asNode: 'a' }], [{ values: { n: 2 }, asNode: 'b' }]]);
    see('in a row', brief(await app.history(t)));
    const two = beside(kit, {}, { a: says('a'), b: says('b') }).node('c', says('c')).edge(['a', 'b'], 'c').compile({ saver: kit.saver() });
    await two.bulkUpdate(t, [[{ values: { log: ['x'] }, asNode: 'a' }, { values: { log: ['y'] }, asNode: 'b' }]]);
    see('in one superstep', await two.state(t));
    see('going on', await two.invoke(null, t));
  },

  'time travel': async (kit, see) => {
    let run = 0;
    const app = chain(kit, { n: kit.field.last() }, { a: says('a'), b: ({ n }) => ({ log: [`b${n ?? ''} in run ${run}`] }), c: says('c') }).compile({ saver: kit.saver() });
    await app.invoke({ n: 1 }, t);
    const { ids, checkpoints } = await app.history(t);
    const beforeB = ids[checkpoints.findIndex(({ next }) => next[0] === 'b')];
    run = 1;
    see('replayed', await app.invoke(null, { ...t, checkpoint: beforeB }));
    see('history', brief(await app.history(t)));
    run = 2;
    await app.update({ ...t, checkpoint: beforeB }, { n: 2 });
    see('forked by an update', await app.state(t));
    see('going on', await app.invoke(null, t));
    run = 3;
    const fork = await app.fork({ ...t, checkpoint: beforeB });
    const { values, next, source } = await app.state({ ...t, checkpoint: fork });
    see('forked', [values, next, source]);
    see('going on from the fork', await app.invoke(null, t));
    run = 4;
    see('a new input at an old checkpoint', await app.invoke({ log: ['new'] }, { ...t, checkpoint: beforeB }));
    see('from the end', await app.invoke(null, { ...t, checkpoint: ids.at(-1) }));
    see('from the input', await app.invoke(null, { ...t, checkpoint: ids[0] }));
    see('an unknown checkpoint', (await app.invoke(null, { ...t, checkpoint: '01890000-0000-7000-8000-000000000000' })).values ?? 'refused');
  },

  'time travel to a question': async (kit, see) => {
    const app = chain(kit, {}, { a: says('a'), q: (_, { interrupt }) => ({ log: [interrupt('q')] }), b: says('b') }).compile({ saver: kit.saver() });
    await app.invoke({}, t);
    await app.invoke(new kit.Command({ resume: 1 }), t);
    const { ids, checkpoints } = await app.history(t);
    const at = ids[checkpoints.findIndex(({ next }) => next[0] === 'q')];
    see('the question as it was', await app.state({ ...t, checkpoint: at }));
    see('gone on', await app.invoke(null, { ...t, checkpoint: at }));
    see('state', await app.state(t));
    see('answered', await app.invoke(new kit.Command({ resume: 2 }), t));
    see('answered at the old checkpoint', await app.invoke(new kit.Command({ resume: 3 }), { ...t, checkpoint: at }));
  },

  'durability': async (kit, see) => {
    for (const durability of ['sync', 'async', 'exit']) {
      const app = chain(kit, {}, { a: says('a'), b: says('b') }).compile({ saver: kit.saver() });
      see(durability, await app.invoke({}, { ...t, durability }));
      see(`${durability}: history`, brief(await app.history(t)));
      await app.invoke({}, { ...t, durability });
      see(`${durability}: a second turn`, brief(await app.history(t)).length);
      const asks = chain(kit, {}, { a: says('a'), q: (_, { interrupt }) => ({ log: [interrupt('q')] }) }).compile({ saver: kit.saver() });
      await asks.invoke({}, { ...t, durability });
      see(`${durability}: asked`, await asks.state(t));
      see(`${durability}: answered`, await asks.invoke(new kit.Command({ resume: 1 }), { ...t, durability }));
      const fails = beside(kit, {}, { g: says('g'), f: async () => { await new Promise(setImmediate); throw new Error('bad'); } }).compile({ saver: kit.saver() });
      await fails.invoke({}, { ...t, durability });
      see(`${durability}: failed`, await fails.state(t));
    }
  },

  'metadata of a run': async (kit, see) => {
    const app = chain(kit, {}, { a: says('a') }).compile({ saver: kit.saver() });
    await app.invoke({}, { ...t, metadata: { user: 'Ann' } });
    await app.invoke({}, { ...t, metadata: { user: 'Ben' } });
    const options = { filter: kit.name === 'moss' ? { metadata: { user: 'Ben' } } : { user: 'Ben' } };
    see('filtered', brief(await app.history(t, options)).map(([source, next, values]) => [source, next, values]));
  },

  'two turns with messages': async (kit, see) => {
    const answer = ({ messages }) => ({ messages: [{ role: 'assistant', content: `${messages.length}`, id: `a${messages.length}` }] });
    const app = chain(kit, { messages: kit.field.messages() }, { answer }).compile({ saver: kit.saver() });
    const say = (content, id) => app.invoke({ messages: [{ role: 'user', content, id }] }, t);
    see('first', await say('hi', 'h1'));
    see('second', await say('and?', 'h2'));
    see('corrected', await say('hello', 'h1'));
  },

  'an ephemeral input field and a second turn': async (kit, see) => {
    const fields = { once: kit.field.ephemeral(), list: kit.field.topic() };
    const app = chain(kit, fields, { a: ({ once }) => ({ log: [once ?? 'nothing'], list: [1] }) }).compile({ saver: kit.saver() });
    see('first', (await app.invoke({ once: 'x' }, t)).values.log);
    see('second', (await app.invoke({}, t)).values.log);
  },
};
