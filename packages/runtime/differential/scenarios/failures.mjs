// Failures: retries, time limits, handlers, caches, what is kept, limits of runs.
import { beside, chain, gate, later, says } from './words.mjs';

const boom = (text) => () => {
  throw new Error(text);
};
const status = (code) => Object.assign(new Error(`status ${code}`), { response: { status: code }, status: code });

export const scenarios = {
  'retries: how often a node is tried': async (kit, see) => {
    const attempts = async (retry, error = new Error('no')) => {
      const tried = [];
      const app = chain(kit, {}, { a: [(_, { attempt }) => { tried.push(attempt); throw error; }, { retry }] }).compile();
      const { error: told } = await app.invoke({});
      return [tried, told];
    };
    see('the default', await attempts({}));
    see('three', await attempts({ attempts: 3 }));
    see('one', await attempts({ attempts: 1 }));
    see('a test that says no', await attempts({ attempts: 3, retryOn: () => false }));
    see('the first policy that fits', await attempts([{ attempts: 2, retryOn: ({ message }) => message === 'other' }, { attempts: 4, retryOn: ({ message }) => message === 'no' }]));
    see('no policy that fits', await attempts([{ attempts: 2, retryOn: () => false }]));
    for (const code of [400, 401, 404, 407, 408, 409, 429, 500, 503]) see(`status ${code}`, await attempts({ attempts: 2 }, status(code)));
    for (const name of ['AbortError', 'TypeError', 'SyntaxError', 'ReferenceError']) see(name, (await attempts({ attempts: 2 }, Object.assign(new Error('x'), { name })))[0]);
    see('a connection given up', await attempts({ attempts: 2 }, Object.assign(new Error('x'), { code: 'ECONNABORTED' })));
    see('a quota used up', await attempts({ attempts: 2 }, Object.assign(new Error('x'), { error: { code: 'insufficient_quota' } })));
    see('what is no error', await attempts({ attempts: 2 }, 'a text'));
  },

  'a node that succeeds at its third attempt': async (kit, see) => {
    let n = 0;
    const flaky = async (_, { write }) => {
      n += 1;
      await write(n);
      if (n < 3) throw new Error('not yet');
      return { log: [`attempt ${n}`] };
    };
    const app = chain(kit, {}, { a: [flaky, { retry: {} }], b: says('b') }).compile();
    see('stream', await app.stream({ log: ['in'] }, { mode: ['updates', 'values', 'custom'] }));
  },

  'time limits': async (kit, see) => {
    const hang = (_, { signal }) => new Promise((resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    see('of an attempt', await chain(kit, {}, { a: [hang, { timeout: 20 }] }).compile().invoke({}));
    see('without a sign of life', await chain(kit, {}, { a: [hang, { timeout: { idleMs: 20 } }] }).compile().invoke({}));
    const tried = [];
    const slowly = async (_, { attempt, signal }) => {
      tried.push(attempt);
      if (attempt === 1) await hang(_, { signal });
      return { log: [`attempt ${attempt}`] };
    };
    see('and tried again', await chain(kit, {}, { a: [slowly, { timeout: 30, retry: { attempts: 2 } }] }).compile().invoke({}));
    see('attempts', tried);
    const lively = async (_, { heartbeat }) => {
      for (let i = 0; i < 4; i++) (await later(), heartbeat());
      return { log: ['alive'] };
    };
    see('with heartbeats', await chain(kit, {}, { a: [lively, { timeout: { idleMs: 1000 } }] }).compile().invoke({}));
    const writes = async (_, { write }) => {
      for (let i = 0; i < 4; i++) (await later(), await write(i));
      return { log: ['alive'] };
    };
    see('with writes', await chain(kit, {}, { a: [writes, { timeout: { idleMs: 1000 } }] }).compile().invoke({}));
    see('with writes that do not count', await chain(kit, {}, { a: [writes, { timeout: { idleMs: 50, refresh: 'heartbeat' } }] }).compile().invoke({}));
  },

  'error handlers': async (kit, see) => {
    const { Command } = kit;
    const graph = (handler, options = {}) =>
      chain(kit, {}, { a: [boom('bad'), { errorHandler: handler, ...options }], b: says('b') }).node('c', says('c'));
    see('an update', await graph((_, { node, message }) => ({ log: [`${node}: ${message}`] })).compile().stream({ log: ['in'] }, { mode: ['updates', 'values'] }));
    see('a command', await graph(() => new Command({ update: { log: ['handled'] }, goto: 'c' })).compile().stream({ log: ['in'] }, { mode: ['updates', 'values'] }));
    see('nothing', await graph(() => undefined).compile().invoke({ log: ['in'] }));
    see('a failure of its own', await graph(boom('worse')).compile().invoke({}));
    let tries = 0;
    const retried = chain(kit, {}, { a: [() => { tries += 1; throw new Error('bad'); }, { retry: { attempts: 3 }, errorHandler: says('handled') }] });
    see('behind retries', await retried.compile().invoke({}));
    see('attempts', tries);
    const beside2 = beside(kit, {}, { a: [boom('bad'), { errorHandler: says('handled') }], b: says('b') });
    see('beside a sibling', await beside2.compile().invoke({}));
    see('what it sees', await chain(kit, {}, { z: says('z'), a: [boom('bad'), { errorHandler: ({ log }) => ({ log: [`saw ${log}`] }) }] }).compile().invoke({ log: ['in'] }));
    const app = graph(says('handled')).compile({ saver: kit.saver() });
    await app.invoke({}, { thread: 't' });
    see('history', (await app.history({ thread: 't' })).checkpoints.map(({ source, next, values }) => [source, next, values]));
  },

  'a cache': async (kit, see) => {
    let looked = 0;
    const look = ({ city }) => ({ log: [`${city} ${(looked += 1)}`] });
    const app = chain(kit, { city: kit.field.last() }, { look: [look, { cache: { fields: ['city'] } }], b: says('b') }).compile({ cache: true });
    for (const city of ['Oslo', 'Oslo', 'Bergen']) see(`${city}, ${looked}`, await app.stream({ city }, { mode: ['updates', 'values'] }));
    let failed = 0;
    const failing = chain(kit, { city: kit.field.last() }, { look: [() => { failed += 1; throw new Error('no'); }, { cache: { fields: ['city'] } }] }).compile({ cache: true });
    await failing.invoke({ city: 'Oslo' });
    await failing.invoke({ city: 'Oslo' });
    see('failures are not kept', failed);
  },

  'what siblings of a failed node had finished is kept': async (kit, see) => {
    const ran = [];
    let broken = true;
    const app = beside(kit, {}, {
      bad: async () => {
        ran.push('bad');
        await later();
        if (broken) throw new Error('bad luck');
        return { log: ['bad'] };
      },
      good: () => (ran.push('good'), { log: ['good'] }),
    })
      .node('after', says('after'))
      .edge('good', 'after')
      .compile({ saver: kit.saver() });
    see('stream', await app.stream({ log: ['in'] }, { thread: 't', mode: ['updates', 'values'] }));
    see('state', await app.state({ thread: 't' }));
    const { ids } = await app.history({ thread: 't' });
    see('at the checkpoint', await app.state({ thread: 't', checkpoint: ids.at(-1) }));
    broken = false;
    see('going on', await app.stream(null, { thread: 't', mode: ['updates', 'values'] }));
    see('ran', ran);
    broken = true;
    await app.invoke({}, { thread: 'u' });
    broken = false;
    see('a new input instead', await app.invoke({ log: ['new'] }, { thread: 'u' }));
  },

  'several nodes fail': async (kit, see) => {
    const app = beside(kit, {}, { a: boom('one'), b: boom('two'), c: says('c') });
    see('at once', await app.compile().invoke({}));
    const late = beside(kit, {}, { a: async () => (await later(), boom('late')()), b: boom('early') });
    see('one after the other', await late.compile().invoke({}));
    const saved = app.compile({ saver: kit.saver() });
    await saved.invoke({}, { thread: 't' });
    see('state', await saved.state({ thread: 't' }));
  },

  'a failed node aborts its siblings': async (kit, see) => {
    const told = [];
    const wait = (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => (told.push('aborted'), reject(new Error('stopped')))));
    const app = beside(kit, {}, { a: wait, b: async () => (await later(), boom('bad')()) }).compile();
    see('result', await app.invoke({}));
    await later();
    see('told', told);
  },

  'the recursion limit': async (kit, see) => {
    const graph = () => chain(kit, {}, { a: says('a'), b: says('b'), c: says('c') });
    for (const limit of [1, 2, 3, 4, 5]) see(`three nodes, limit ${limit}`, await graph().compile().invoke({}, { limit }));
    const loop = () => chain(kit, {}, { a: says('a') }).edge('a', 'a');
    see('a loop', await loop().compile().invoke({}));
    const app = loop().compile({ saver: kit.saver() });
    await app.invoke({}, { thread: 't', limit: 3 });
    const { values, next } = await app.state({ thread: 't' });
    see('next behind it', next);
    see('nodes that ran', values.log.length);
    const { error } = await app.invoke(null, { thread: 't', limit: 3 });
    see('going on', error);
    see('nodes that ran then', (await app.state({ thread: 't' })).values.log.length);
  },

  'an abort': async (kit, see) => {
    const { open, opened } = gate();
    const controller = new AbortController();
    const app = chain(kit, {}, {
      a: says('a'),
      b: (_, { signal }) => (open(), new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))))),
    }).compile({ saver: kit.saver() });
    const run = app.invoke({}, { thread: 't', signal: controller.signal });
    await opened;
    controller.abort();
    see('result', await run);
    const { values, next } = await app.state({ thread: 't' });
    see('state', [values, next]);
    see('aborted before', await app.invoke({}, { thread: 'u', signal: AbortSignal.abort() }));
  },

  'a gentle stop': async (kit, see) => {
    const drain = kit.drain();
    const app = chain(kit, {}, { a: () => (drain.request(), { log: ['a'] }), b: says('b') }).compile({ saver: kit.saver() });
    see('result', await app.invoke({}, { thread: 't', ...drain.config }));
    const { values, next } = await app.state({ thread: 't' });
    see('state', [values, next]);
    see('going on', await app.invoke(null, { thread: 't' }));
  },

  'a limit on tasks at a time': async (kit, see) => {
    let now = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, (now += 1));
      await later();
      now -= 1;
      return { log: ['x'] };
    };
    const app = beside(kit, {}, { a: work, b: work, c: work, d: work }).compile();
    see('result', await app.invoke({}, { maxConcurrency: 2 }));
    see('at once', most);
  },

};
