// State graphs over the native engine: nodes, fields, edges, commands, graphs in graphs, policies, failures.
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, test } from 'node:test';
import { AIMessage, HumanMessage, RemoveMessage } from '@langchain/core/messages';
import { Command, Drain, END, field, GraphError, MemoryCheckpointer, Overwrite, PARENT, Send, START, StateGraph, StateGraphEngine } from '@moss/runtime';
import { chain, rejection } from './support/graphs.js';
import { withoutNative } from './support/native.js';

/** Nodes that say that they ran, in `log`. */
const log = { log: field.append<string>() };
const says = (name: string) => (): { log: string } => ({ log: name });

describe('state graphs', { skip: withoutNative }, () => {
  test('synchronous and asynchronous nodes run in order, and see what those before them wrote', async () => {
    const engine = chain({ ...log, n: field.add({ default: 1 }) }, {
      a: () => ({ log: 'a', n: 1 }),
      b: async ({ n }: any) => ({ log: [`b${n}`] }),
      c: async ({ log }: any) => (await new Promise(setImmediate), { log: `c${log.length}` }),
    }).compile();
    assert.deepEqual(await engine.run({ n: 5 }), {
      values: { log: ['a', 'b7', 'c2'], n: 7 },
      ending: 'done',
      interrupts: [],
      nodes: [],
      checkpointId: undefined,
    });
    assert.deepEqual(await engine.invoke({}), { log: ['a', 'b2', 'c2'], n: 2 });
  });

  test('a field of each kind puts writes together in its own way', async () => {
    const state = {
      last: field.lastValue<string>({ default: 'd' }),
      any: field.anyValue<number>(),
      once: field.ephemeral<number>(),
      free: field.ephemeral<number>({ guard: false }),
      local: field.untracked<number>(),
      list: field.append<number>(),
      sum: field.add<number>(),
      text: field.add({ default: '' }),
      about: field.merge<Record<string, number>>(),
      topic: field.topic<number>(),
      all: field.topic<number>({ accumulate: true, unique: true }),
      best: field.reduce<number>((held, written) => Math.max(held, written)),
      from: field.reduce<number[], number>((held, written) => [...held, written], { default: [0] }),
    };
    const seen: any[] = [];
    const write = (n: number) => () => ({
      any: n, free: n, list: [n, n], sum: n, text: String(n), about: { [`k${n}`]: n }, topic: n, all: [n, 1], best: n, from: n,
    });
    const engine = new StateGraph({ state })
      .addNode('a', write(1))
      .addNode('b', write(2))
      .addNode('see', (values) => void seen.push(values))
      .addNode('later', (values) => void seen.push(values))
      .addEdge(START, 'a')
      .addEdge(START, 'b')
      .addEdge(['a', 'b'], 'see')
      .addEdge('see', 'later')
      .compile();
    await engine.run({ once: 9, local: 8, last: 'x' });
    const kept = {
      last: 'x', local: 8, list: [1, 1, 2, 2], sum: 3, text: '12', about: { k1: 1, k2: 2 }, all: [1, 2], best: 2, from: [0, 1, 2],
    };
    assert.deepEqual(seen[0], { ...kept, any: 2, free: 2, topic: [1, 2] });
    assert.deepEqual(seen[1], { ...kept, topic: [] });
    assert.deepEqual(Object.keys(seen[0]), Object.keys(state).filter((name) => name !== 'once'));
  });

  test('what is overwritten forgets what was there', async () => {
    const { values } = await chain({ list: field.append<number>(), sum: field.add<number>() }, {
      a: () => ({ list: [1, 2], sum: 5 }),
      b: () => ({ list: new Overwrite([9]), sum: new Overwrite(1) }),
    }).compile().run({});
    assert.deepEqual(values, { list: [9], sum: 1 });
  });

  test('messages: LangChain objects in, LangChain objects out, replaced and removed by id', async () => {
    const seen: any[] = [];
    const engine = chain({ messages: field.messages() }, {
      a: ({ messages }: any) => (seen.push(messages), { messages: new AIMessage({ content: 'hello', id: 'a1' }) }),
      b: ({ messages }: any) => (seen.push(messages), { messages: [new AIMessage({ content: 'HELLO', id: 'a1' }), new RemoveMessage({ id: 'h1' })] }),
      c: () => ({ messages: [{ role: 'user', content: 'again' }, 'and again'] }),
    }).compile();
    const { values } = await engine.run({ messages: [new HumanMessage({ content: 'hi', id: 'h1' })] });
    assert.ok(seen[0][0] instanceof HumanMessage);
    assert.equal(seen[0][0], seen[1][0], 'a message is made once');
    assert.deepEqual(
      values.messages.map((message) => [message.getType(), message.content, typeof message.id]),
      [['ai', 'HELLO', 'string'], ['human', 'again', 'string'], ['human', 'and again', 'string']],
    );
    await assert.rejects(engine.run({ messages: new RemoveMessage({ id: 'nobody' }) }), { code: 'REDUCER_FAILED' });
  });

  test('inputs write input fields only, outputs show output fields only, a node may see some fields only', async () => {
    const engine = new StateGraph({ state: { question: field.lastValue<string>(), secret: field.lastValue<number>(), answer: field.lastValue<string>() }, input: ['question'], output: ['answer'] })
      .addNode('a', () => ({ secret: 1 }))
      .addNode('b', (state) => ({ answer: Object.keys(state).join() }), { input: ['secret'] })
      .addEdge(START, 'a')
      .addEdge('a', 'b')
      .compile();
    assert.deepEqual((await engine.run({ question: 'q' })).values, { answer: 'secret' });
    await assert.rejects(engine.run({ secret: 3 }), (error: any) => /`secret`/.test(error.message));
  });

  test('routers choose by name, by label, several, none, and tasks of their own', async () => {
    const engine = new StateGraph({ state: { ...log, way: field.lastValue<string>({ default: '' }) } })
      .addNode('a', says('a'))
      .addNode('b', says('b'))
      .addNode('c', ({ way }: any) => ({ log: `c:${way}` }))
      .addEdge(START, 'a')
      .addConditionalEdges(
        'a',
        async ({ way, log }) => {
          assert.deepEqual(log, ['a'], 'a router sees what its node wrote');
          if (way === 'label') return 'second';
          if (way === 'both') return ['b', 'c'];
          if (way === 'end') return END;
          return [new Send('c', { way: 1 }), new Send('c', { way: 2 })];
        },
        { second: 'b', b: 'b', c: 'c', [END]: END },
      )
      .compile();
    const ran = async (way: string): Promise<unknown> => (await engine.run({ way })).values.log;
    assert.deepEqual(await ran('label'), ['a', 'b']);
    assert.deepEqual(await ran('both'), ['a', 'b', 'c:both']);
    assert.deepEqual(await ran('end'), ['a']);
    assert.deepEqual(await ran('sends'), ['a', 'c:1', 'c:2']);
  });

  test('a node object: `shouldExecute` leaves it out, `next` chooses the way', async () => {
    class Node {
      name = 'a';
      calls = 0;
      async shouldExecute({ go }: any): Promise<boolean> {
        return go;
      }
      execute(): { log: string } {
        this.calls++;
        return { log: 'a' };
      }
      next({ go }: any): string {
        return go ? 'b' : END;
      }
    }
    const node = new Node();
    const engine = new StateGraphEngine({ state: { ...log, go: field.lastValue<boolean>() }, nodes: [node, { name: 'b', execute: says('b') }], edges: [[START, 'a']] });
    assert.deepEqual((await engine.run({ go: true })).values.log, ['a', 'b']);
    assert.deepEqual((await engine.run({ go: false })).values.log, []);
    assert.equal(node.calls, 1);
  });

  test('commands write and go where their node may', async () => {
    const graph = new StateGraph({ state: log })
      .addNode('a', () => [{ log: 'a' }, new Command({ update: { log: 'A' }, goto: [new Send('b', { n: 1 }), 'c'] })], { ends: ['b', 'c'] })
      .addNode('b', ({ n }: any) => ({ log: `b${n}` }))
      .addNode('c', () => new Command({ goto: END }), { ends: '*' })
      .addEdge(START, 'a');
    assert.deepEqual((await graph.compile().run({})).values.log, ['a', 'A', 'b1']);
  });

  test('joins wait for all, or for all that were taken; a deferred node for everything', async () => {
    const graph = (join: 'all' | 'reached') =>
      new StateGraph({ state: log })
        .addNode('a', says('a'))
        .addNode('b', says('b'))
        .addNode('b2', says('b2'))
        .addNode('end', says('end'))
        .addNode('last', says('last'), { defer: true })
        .addConditionalEdges(START, () => 'a', ['a', 'b'])
        .addEdge('a', 'last')
        .addEdge('b', 'b2')
        .addEdge(['a', 'b2'], 'end', { join })
        .compile();
    assert.deepEqual((await graph('reached').run({})).values.log, ['a', 'end', 'last']);
    await assert.rejects(graph('all').run({}), { code: 'INCOMPLETE_JOIN' });
  });

  test('a graph in a graph shares its fields, and sends commands to the graph around it', async () => {
    const inner = new StateGraph({ state: { ...log, messages: field.messages(), own: field.lastValue<number>() } })
      .addNode('x', ({ log, messages }: any) => ({ log: `x${log.length}${messages[0].getType()}`, own: 1, messages: new AIMessage('from x') }))
      .addNode('y', ({ own }) => new Command({ update: { log: `y${own}`, messages: new HumanMessage('up') }, goto: 'z', graph: PARENT }))
      .addEdge(START, 'x')
      .addEdge('x', 'y');
    const engine = new StateGraph({ state: { ...log, messages: field.messages() } })
      .addNode('a', says('a'))
      .addNode('sub', inner.compile(), { ends: ['z'] })
      .addNode('z', says('z'))
      .addEdge(START, 'a')
      .addEdge('a', 'sub')
      .compile();
    const { values } = await engine.run({ messages: [new HumanMessage('hi')] });
    assert.deepEqual(values.log.at(-1), 'z');
    assert.ok(values.log.includes('y1'));
    assert.ok(values.messages.every((message) => typeof message.getType === 'function'));
    assert.match(engine.draw('mermaid'), /sub/);
    assert.match(engine.draw('dot'), /digraph/);
    assert.match(engine.draw('text'), /a → sub/);
  });

  test('a graph in a graph gives back what it has put together', async () => {
    const inner = chain({ log: field.append<string>(), n: field.add<number>() }, { x: () => ({ log: 'x', n: 2 }), y: () => ({ log: 'y', n: 3 }) });
    const engine = new StateGraph({ state: { log: field.append<string>(), n: field.lastValue<number>() } })
      .addNode('a', () => ({ log: 'a', n: 1 }))
      .addNode('sub', inner)
      .addNode('z', says('z'))
      .addEdge(START, 'a')
      .addSequence(['a', 'sub', 'z'])
      .compile();
    assert.deepEqual((await engine.run({})).values, { log: ['a', 'x', 'y', 'z'], n: 6 });
  });

  test('a failed node is tried again as its policies say', async () => {
    let attempts: number[] = [];
    const failing = (error: () => unknown) => (_state: unknown, { attempt }: any) => {
      attempts.push(attempt);
      if (attempt < 3) throw error();
      return { log: `ok${attempt}` };
    };
    const at0 = { firstWaitMs: 0, jitterMs: 0 };
    const engine = (retry: any, error: () => unknown) => new StateGraph({ state: log }).addNode('a', failing(error), { retry }).addEdge(START, 'a').compile();
    assert.deepEqual((await engine(at0, () => new Error('x')).run({})).values.log, ['ok3']);
    assert.deepEqual(attempts, [1, 2, 3]);
    attempts = [];
    const bad = Object.assign(new Error('bad'), { status: 400 });
    assert.equal(await rejection(engine(at0, () => bad).run({})), bad);
    assert.deepEqual(attempts, [1]);
    assert.deepEqual((await engine([{ ...at0, retryOn: () => false }, { ...at0, retryOn: (error: any) => error === bad }], () => bad).run({})).values.log, ['ok3']);
  });

  test('an attempt over its time is aborted; heartbeats keep it alive', async () => {
    const signals: AbortSignal[] = [];
    const slow = async (_state: unknown, { signal }: any): Promise<any> => {
      signals.push(signal);
      await new Promise(() => {});
    };
    const late = await rejection(new StateGraph({ state: log }).addNode('a', slow, { timeout: 20 }).addEdge(START, 'a').compile().run({}));
    assert.ok(late instanceof GraphError);
    assert.equal(late.code, 'NODE_TIMEOUT');
    assert.equal(signals[0]!.aborted, true);
    const alive = async (_state: unknown, { heartbeat }: any): Promise<any> => {
      for (let i = 0; i < 10; i++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        heartbeat();
      }
      return { log: 'alive' };
    };
    const patient = new StateGraph({ state: log }).addNode('a', alive, { timeout: { idleMs: 150, refresh: 'heartbeat' } }).addEdge(START, 'a').compile();
    assert.deepEqual((await patient.run({})).values.log, ['alive']);
  });

  test('an error handler runs in the place of a node that failed, and sees the very error', async () => {
    const boom = new TypeError('boom');
    const failures: any[] = [];
    const engine = new StateGraph({ state: { ...log, n: field.add({ default: 7 }) } })
      .addNode('a', () => { throw boom; }, {
        errorHandler: async ({ n }, failure, { node }) => (failures.push(failure), new Command({ update: { log: `${node} handled ${n}` }, goto: 'b' })),
        ends: ['b'],
      })
      .addNode('b', says('b'))
      .addEdge(START, 'a')
      .compile();
    assert.deepEqual((await engine.run({})).values.log, ['a handled 7', 'b']);
    assert.equal(failures[0].error, boom);
    assert.deepEqual(failures, [{ node: 'a', name: 'TypeError', message: 'boom', error: boom }]);
  });

  test('a cached output is given back for the same fields', async () => {
    let calls = 0;
    const engine = new StateGraph({ state: { n: field.lastValue<number>(), m: field.lastValue<number>(), out: field.lastValue<number>() } })
      .addNode('a', ({ n }) => (calls++, { out: n! * 2 }), { cache: { fields: ['n'] } })
      .addEdge(START, 'a')
      .compile();
    for (const m of [1, 2]) assert.equal((await engine.run({ n: 2, m })).values.out, 4);
    assert.equal(calls, 1);
    assert.equal((await engine.run({ n: 3 })).values.out, 6);
    await engine.run({ n: 3 }, { cache: false });
    assert.equal(calls, 3);
  });

  test('what a node threw rejects the run, the very object; several are told together', async () => {
    const boom = new RangeError('boom');
    const throwing = (thrown: unknown) => () => Promise.reject(thrown);
    assert.equal(await rejection(chain(log, { a: throwing(boom) }).compile().run({})), boom);
    assert.equal(await rejection(chain(log, { a: throwing('text') }).compile().run({})), 'text');
    assert.equal(await rejection(chain(log, { a: throwing(undefined) }).compile().run({})), undefined);
    const both = new StateGraph({ state: log })
      .addNode('a', throwing(boom))
      .addNode('b', async (_state, { signal }) => {
        if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        throw new Error('second');
      })
      .addEdge(START, 'a')
      .addEdge(START, 'b')
      .compile();
    assert.equal(await rejection(both.run({})), boom, 'a node that is aborted since another failed is not told');
    const router = new StateGraph({ state: log }).addNode('a', says('a')).addEdge(START, 'a').addConditionalEdges('a', () => { throw boom; }).compile();
    assert.equal(await rejection(router.run({})), boom);
    const reducer = chain({ n: field.reduce<number>(() => { throw boom; }, { default: 1 }) }, { a: () => ({ n: 1 }) }).compile();
    assert.equal(await rejection(reducer.run({})), boom);
  });

  test('errors of a run have their code, and the state that was committed', async () => {
    const state = { ...log, n: field.lastValue<number>() };
    const code = async (graph: StateGraph<any>, input: any = {}, config: any = {}): Promise<unknown[]> => {
      const error = await rejection(graph.compile().run(input, config));
      assert.ok(error instanceof GraphError, String(error));
      return [error.code, error.state?.['log']];
    };
    const loop = chain(state, { a: says('a') }).addEdge('a', 'a');
    assert.deepEqual(await code(loop, {}, { recursionLimit: 3 }), ['GRAPH_RECURSION_LIMIT', ['a', 'a', 'a']]);
    const conflict = chain(state, { a: says('a'), b: () => ({ n: 1 }) }).addNode('c', () => ({ n: 2 })).addEdge('a', 'c');
    assert.deepEqual(await code(conflict), ['INVALID_CONCURRENT_GRAPH_UPDATE', ['a']]);
    assert.deepEqual(await code(chain(state, { a: () => 'text' })), ['INVALID_GRAPH_NODE_RETURN_VALUE', []]);
    assert.deepEqual(await code(chain(state, { a: () => ({ unknown: 1 }) })), ['REDUCER_FAILED', []]);
    assert.deepEqual(await code(chain(state, { a: (_: unknown, { interrupt }: any) => interrupt('?') })), ['MISSING_CHECKPOINTER', undefined]);
    assert.deepEqual(await code(chain(state, { a: () => new Command({ goto: 'a', graph: PARENT }) })), ['NO_PARENT_GRAPH', []]);
    assert.deepEqual(await code(chain(state, { a: says('a') }), { unknown: 1 }), ['STATE_FAILED', []]);
    assert.deepEqual(await code(chain(state, { a: () => new Promise(() => {}) }), {}, { stepTimeoutMs: 10 }), ['STEP_TIMEOUT', []]);
    const stray = new StateGraph({ state }).addNode('a', says('a')).addNode('b', says('b')).addEdge(START, 'a').addConditionalEdges('a', () => 'b', ['a', END]).addEdge('a', 'b');
    assert.deepEqual(await code(stray), ['UNDECLARED_ROUTE_TARGET', []]);
  });

  test('a graph is checked when it is compiled', () => {
    const graph = (): StateGraph<any> => new StateGraph({ state: log }).addNode('a', says('a'));
    const refuses = (built: StateGraph<any>, code: string, message: RegExp): void => {
      assert.throws(() => built.compile(), (error: any) => error instanceof GraphError && error.code === code && message.test(error.message), code);
    };
    refuses(graph(), 'MISSING_ENTRY_POINT', /START/);
    refuses(graph().addEdge(START, 'b'), 'UNKNOWN_NODE', /"?b"?/);
    refuses(graph().addEdge(START, 'a').addNode('a', says('a')), 'DUPLICATE_NODE', /a/);
    refuses(graph().addEdge(START, 'a').addNode('b', says('b')), 'UNREACHABLE_NODE', /b/);
    refuses(graph().addEdge(START, 'a').addNode('b|c', says('b')), 'INVALID_NODE_NAME', /b\|c/);
    refuses(graph().addEdge(START, 'a').addEdge('a', START), 'INVALID_EDGE', /__start__/);
    refuses(graph().addEdge(START, 'a').addEdge([], 'a'), 'INVALID_JOIN', /./);
  });

  test('an abort in the middle of a node ends the run, and the node hears of it', async () => {
    const heard: unknown[] = [];
    const controller = new AbortController();
    const engine = chain(log, {
      a: says('a'),
      b: (_state: unknown, { signal }: any) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => (heard.push(signal.reason), reject(signal.reason as Error)));
          controller.abort('enough');
        }),
    }).compile();
    await assert.rejects(engine.run({}, { signal: controller.signal }), { name: 'AbortError', cause: 'enough' });
    assert.deepEqual(heard, ['enough']);
  });

  test('a drain stops a run at the end of its superstep', async () => {
    const drain = new Drain();
    const checkpointer = new MemoryCheckpointer();
    const engine = chain(log, { a: (_: unknown, context: any) => (drain.request(), { log: `a${context.isDraining}` }), b: says('b') }).compile({ checkpointer });
    const outcome = await engine.run({}, { threadId: 't', drain });
    assert.deepEqual([outcome.ending, outcome.values.log], ['drained', ['atrue']]);
    assert.deepEqual((await engine.run(null, { threadId: 't' })).values.log, ['atrue', 'b']);
  });

  test('a drain that was asked for before stops a run before its first superstep', async () => {
    const drain = new Drain();
    drain.request();
    const checkpointer = new MemoryCheckpointer();
    const engine = chain(log, { a: says('a') }).compile({ checkpointer });
    const outcome = await engine.run({}, { threadId: 't', drain });
    assert.deepEqual([outcome.ending, outcome.values.log], ['drained', []]);
    assert.deepEqual((await engine.run(null, { threadId: 't' })).values.log, ['a']);
  });

  test('tasks run no more at a time than they may', async () => {
    let now = 0;
    let most = 0;
    const engine = new StateGraph({ state: log })
      .addNode('a', () => undefined)
      .addNode('b', async () => {
        most = Math.max(most, ++now);
        await new Promise(setImmediate);
        now--;
      })
      .addEdge(START, 'a')
      .addConditionalEdges('a', () => Array.from({ length: 20 }, (_, i) => new Send('b', i)), ['b'])
      .compile();
    await engine.run({}, { maxConcurrency: 3 });
    assert.equal(most, 3);
  });

  test('a branch goes on without the others where there is no barrier', async () => {
    const order: string[] = [];
    let release!: () => void;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const engine = new StateGraph({ state: log })
      .addNode('slow', async () => (await gate, void order.push('slow')))
      .addNode('quick', () => void order.push('quick'))
      .addNode('next', () => (order.push('next'), release()))
      .addEdge(START, 'slow')
      .addEdge(START, 'quick')
      .addEdge('quick', 'next')
      .compile({ execution: 'dataflow' });
    await engine.run({});
    assert.deepEqual(order, ['quick', 'next', 'slow']);
  });

  test('200 runs at once keep to themselves', async () => {
    const engine = chain({ ...log, n: field.lastValue<number>() }, {
      a: async ({ n }: any) => (await new Promise(setImmediate), { log: `a${n}` }),
      b: ({ log }: any) => ({ log: `b${log.length}` }),
      c: async ({ n }: any) => ({ log: `c${n}` }),
    }).compile();
    const outcomes = await Promise.all(Array.from({ length: 200 }, (_, n) => engine.run({ n })));
    outcomes.forEach(({ values }, n) => assert.deepEqual(values, { log: [`a${n}`, 'b1', `c${n}`], n }));
  });

  test('100 tasks at once on one signal, without a warning', async () => {
    const warnings: unknown[] = [];
    const onWarning = (warning: unknown): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const controller = new AbortController();
    const engine = new StateGraph({ state: { n: field.add({ default: 0 }) } })
      .addNode('a', () => undefined)
      .addNode('b', async (_state, { signal }) => {
        signal.addEventListener('abort', () => {});
        await new Promise(setImmediate);
        return { n: 1 };
      })
      .addEdge(START, 'a')
      .addConditionalEdges('a', () => Array.from({ length: 100 }, (_, i) => new Send('b', i)), ['b'])
      .compile();
    assert.equal((await engine.run({}, { signal: controller.signal })).values.n, 100);
    await new Promise(setImmediate);
    process.off('warning', onWarning);
    assert.deepEqual(warnings, []);
  });

  test('runs keep to their own async context', async () => {
    const storage = new AsyncLocalStorage<number>();
    const seen: unknown[] = [];
    const see = ({ n }: any) => void seen.push(storage.getStore() === n);
    const engine = chain({ ...log, n: field.lastValue<number>() }, {
      a: see,
      b: async (state: any) => (await new Promise(setImmediate), see(state)),
      c: see,
    }).compile();
    await Promise.all(Array.from({ length: 20 }, (_, n) => storage.run(n, () => engine.run({ n }))));
    assert.deepEqual(seen, Array.from({ length: 60 }, () => true));
  });

  test('what the engine cannot read fails its node alone; half a character becomes U+FFFD', async () => {
    const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
    const engine = (value: unknown) => chain({ v: field.lastValue<any>() }, { a: () => ({ v: value }) }).compile();
    const [bad, good, odd] = await Promise.allSettled([engine(deep(1000)).run({}), engine(deep(50)).run({}), engine(['a\ud83d', '\\ud83d', '😀']).run({})]);
    assert.equal(bad.status, 'rejected');
    assert.equal((bad as any).reason.code, 'VALUE_NOT_JSON');
    assert.equal(good.status, 'fulfilled');
    assert.deepEqual((odd as any).value.values.v, ['a\ufffd', '\\ud83d', '😀']);
  });

  test('options that are not known are refused, with the one that was meant; in a run they are told of once', async () => {
    const graph = (): StateGraph<any> => new StateGraph({ state: log });
    const refuses = (make: () => unknown, message: string): void => assert.throws(make, { code: 'UNKNOWN_OPTION', message });
    refuses(() => graph().addNode('a', says('a'), { retryPolicy: {} } as any), 'node `a` has the unknown option `retryPolicy`; did you mean `retry`?');
    refuses(() => graph().addNode({ name: 'a', execute: says('a'), cachePolicy: {} } as any), 'node `a` has the unknown option `cachePolicy`; did you mean `cache`?');
    refuses(() => graph().compile({ checkpointr: 1 } as any), '`compile` has the unknown option `checkpointr`; did you mean `checkpointer`?');
    refuses(() => new StateGraphEngine({ state: log, nodes: [], edges: [], zebra: 1 } as any), 'the definition has the unknown option `zebra`');
    const warnings: any[] = [];
    const onWarning = (warning: unknown): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const engine = chain(log, { a: says('a') }).compile();
    for (let i = 0; i < 2; i++) await engine.run({}, { stepTimeout: 1, callbacks: [], tags: [] } as any);
    await new Promise(setImmediate);
    process.off('warning', onWarning);
    assert.deepEqual(warnings.map(({ code, message }) => [code, message]), [
      ['MOSS_UNKNOWN_OPTION', 'the configuration of a run has the unknown member `stepTimeout`, which is ignored; did you mean `stepTimeoutMs`?'],
    ]);
  });

  test('a node may run another graph', async () => {
    const inner = chain(log, { x: says('x') }).compile();
    const engine = chain(log, { a: async () => ({ log: (await inner.run({})).values.log }) }).compile();
    assert.deepEqual((await engine.run({})).values.log, ['x']);
  });
});
