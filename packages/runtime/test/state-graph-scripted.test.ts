// State graphs over an engine that is played in memory: what is said to it, and what is made of what it says.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { beforeEach, test } from 'node:test';
import { AIMessage, HumanMessage, RemoveMessage } from '@langchain/core/messages';
import { Command, END, field, GraphError, Overwrite, PARENT, Send, START, StateGraph, StateGraphEngine, type NodeContext } from '@moss/runtime';
import { installScriptedBinding, type ScriptedBinding } from './support/scripted-binding.js';

let binding: ScriptedBinding;
beforeEach(() => {
  ({ binding } = installScriptedBinding());
});

const done = { ok: true, ending: 'done', interrupts: [], nodes: [], checkpoint: null };
const kinds = (): unknown[] => binding.heard.map(([, answer]) => answer);

/** A graph of one node over a number and a list of messages. */
function graphOf(execute: (state: any, context: NodeContext) => any): StateGraphEngine<any> {
  return new StateGraph({ state: { n: field.add({ default: 0 }), messages: field.messages(), any: field.lastValue() } })
    .addNode('a', execute)
    .addEdge(START, 'a')
    .compile();
}

/** Plays one superstep with one node call, then the end. */
function playOne(...before: unknown[]): void {
  binding.exchanges.push([[1, [...before, ['@node', [1, 0, 0, 1, 1]]]]], [[1, [['@end', done]]]]);
}

test('a definition says fields, nodes with their options, edges and where routers may lead', () => {
  const inner = new StateGraph({ state: { n: field.add() } }).addNode('x', () => ({})).addEdge(START, 'x');
  new StateGraph({
    name: 'research',
    state: { n: field.add({ default: 1 }), best: field.reduce<number>(Math.max), seen: field.topic({ unique: true }) },
    input: ['n'],
    output: ['best'],
  })
    .setNodeDefaults({ timeout: 5, metadata: { team: 't' } })
    .addNode('a', () => ({}), { ends: ['b'], retry: { attempts: 2, retryOn: () => true }, cache: true, input: ['n'] })
    .addNode({ name: 'b', execute: () => ({}), next: () => END, defer: true, timeout: { idleMs: 3 }, errorHandler: () => ({}) })
    .addNode('c', inner, { memory: 'thread' })
    .addEdge(START, 'a')
    .addEdge(['a', 'b'], 'c', { join: 'reached' })
    .addConditionalEdges('c', () => 'again', { again: 'a', no: END })
    .compile({ interruptBefore: '*', execution: 'dataflow' });
  const metadata = { team: 't' };
  assert.deepEqual(binding.graphs[0], {
    version: 1,
    name: 'research',
    state: {
      fields: { n: { reducer: 'add', default: 1 }, best: { reducer: 'custom', fn: 6 }, seen: { reducer: 'topic', unique: true, accumulate: false } },
      input: ['n'],
      output: ['best'],
    },
    nodes: [
      { name: 'a', fn: 1, ends: ['b'], retry: [{ attempts: 2 }], timeout: { runMs: 5 }, cache: { fields: ['n'] }, metadata },
      { name: 'b', fn: 2, defer: true, timeout: { idleMs: 3 }, errorHandler: 4, metadata },
      {
        name: 'c',
        subgraph: {
          version: 1,
          state: { fields: { n: { reducer: 'add' } } },
          nodes: [{ name: 'x', fn: 5 }],
          edges: [{ from: '__start__', to: 'x' }],
          conditionalEdges: [],
        },
        memory: 'thread',
        timeout: { runMs: 5 },
        metadata,
      },
    ],
    edges: [
      { from: '__start__', to: 'a' },
      { from: ['a', 'b'], to: 'c', join: 'reached' },
    ],
    conditionalEdges: [
      { from: 'c', fn: 0, targets: ['a', '__end__'] },
      { from: 'b', fn: 3, targets: ['a', 'b', 'c', '__end__'] },
    ],
    interruptBefore: '*',
    execution: 'dataflow',
  });
});

test('a whole definition as one object is the same as the builder', () => {
  async function second(): Promise<void> {}
  const state = { n: field.add() };
  new StateGraphEngine({
    state,
    nodes: [{ name: 'first', execute: () => ({}) }, second],
    edges: [
      [START, 'first'],
      ['first', 'second'],
    ],
    conditionalEdges: [{ from: 'second', router: () => END, targets: [END] }],
  });
  new StateGraph({ state })
    .addNode('first', () => ({}))
    .addNode('second', second)
    .addEdge(START, 'first')
    .addSequence(['first', 'second'])
    .addConditionalEdges('second', () => END, [END])
    .compile();
  assert.deepEqual(binding.graphs[0], binding.graphs[1]);
});

test('a node sees the state, its answer is what it gave back, and the values are what was told last', async () => {
  const seen: any[] = [];
  const engine = graphOf((state, { node, step, attempt }) => {
    seen.push(state, node, step, attempt);
    return { n: 1 };
  });
  playOne(['@state', [0, [['n', 'set', [4]]], 0]]);
  binding.exchanges[1] = [[1, [['@state', [0, [['n', 'set', [5]]], 0]], ['@end', { ...done, checkpoint: 'c1' }]]]];
  const outcome = await engine.run({ n: 4 }, { threadId: 't', recursionLimit: 7, metadata: { k: 1, f() {} }, configurable: { user: 'u' } });
  const [state] = seen;
  assert.ok(Object.isFrozen(state) && Object.isFrozen(state.messages));
  assert.deepEqual(seen, [{ n: 4, messages: [] }, 'a', 1, 1]);
  assert.deepEqual(kinds(), [['ok', 1, { n: 1 }]]);
  assert.deepEqual(outcome, { values: { n: 5, messages: [] }, ending: 'done', interrupts: [], nodes: [], checkpointId: 'c1' });
  assert.deepEqual(binding.requests[0], {
    run: { thread: 't', input: { update: { n: 4 } }, options: { recursionLimit: 7, metadata: { k: 1 } } },
  });
});

test('inputs: fields, going on, answers and commands', async () => {
  const engine = graphOf(() => ({}));
  const id = 'a:01a212ff-67fb-7000-8000-000000000000';
  const inputs = [
    null,
    new Command({ resume: 1 }),
    new Command({ resume: false }),
    new Command({ resume: { [id]: 2, [`${id}|1`]: 3 } }),
    new Command({ resume: { some: 'object' } }),
    new Command({ update: { messages: ['hi'] }, goto: ['a', new Send('a', { n: 1 })], resume: 4 }),
    { messages: [new HumanMessage({ content: 'x', id: 'h' }), { role: 'assistant', content: 'y' }, new RemoveMessage({ id: 'r' })] },
  ];
  for (const [i, input] of inputs.entries()) {
    binding.exchanges.push([[i + 1, [['@end', done]]]]);
    await engine.run(input as any);
  }
  const empty = { additional_kwargs: {}, response_metadata: {} };
  assert.deepEqual(
    binding.requests.map(({ run }) => run.input),
    [
      { continue: true },
      { resume: 1 },
      { resume: false },
      { answers: { [id]: 2, [`${id}|1`]: 3 } },
      { resume: { some: 'object' } },
      { command: { update: { messages: ['hi'] }, goto: ['a', { node: 'a', args: { n: 1 } }], resume: 4 } },
      {
        update: {
          messages: [{ type: 'human', content: 'x', id: 'h', ...empty }, { type: 'ai', content: 'y' }, { type: 'remove', content: [], id: 'r', ...empty }],
        },
      },
    ],
  );
  await assert.rejects(engine.run(7 as any), { code: 'INVALID_INPUT' });
  await assert.rejects(engine.run(new Command({})), { code: 'EMPTY_INPUT' });
});

test('messages are LangChain objects in nodes, made once, and flat in the engine', async () => {
  const seen: any[] = [];
  const engine = graphOf(({ messages }) => {
    seen.push(messages);
    return { messages: new AIMessage('two') };
  });
  binding.exchanges.push(
    [[1, [['@state', [0, [['messages', 'append', [[{ type: 'human', id: '1', content: 'one' }]]]], 0]], ['@node', [1, 0, 0, 1, 1]]]]],
    [[1, [['@state', [0, [['messages', 'append', [[{ type: 'critic', id: '2', content: 'no' }]]]], 0]], ['@node', [2, 0, 0, 2, 1]]]]],
    [[1, [['@state', [0, [['messages', 'rewrite', [], 1]], 0]], ['@end', done]]]],
  );
  const { values } = await engine.run({});
  assert.deepEqual(
    seen.map((messages) => messages.map((message: any) => [message.getType(), message.id])),
    [[['human', '1']], [['human', '1'], ['generic', '2']]],
  );
  assert.equal(seen[0][0], seen[1][0]);
  assert.deepEqual(values.messages, [seen[0][0]]);
  assert.deepEqual(kinds()[0], ['ok', 1, { messages: { type: 'ai', content: 'two', additional_kwargs: {}, response_metadata: {} } }]);
});

test('values with handles are named by them, until the engine releases them', async () => {
  const results = [
    ({ any, list }: any) => ({ any: [any, 'new', ...list], list: new Overwrite([list[1], list[0]]), n: 1, left: undefined }),
    // A task, to which a value was sent that the state holds.
    (sent: any) => {
      const { any, list } = states[0];
      assert.equal(sent, any);
      return [new Command({ update: { any }, goto: [new Send('a', any), new Send('a', { any }), 'a'] }), { n: 1 }, { list: [1, { m: 1 }, list[0]] }];
    },
    ({ any, list }: any) => ({ any: { ...any }, list }),
    ({ any, list }: any) => ({ any, list: list.slice(0, 1) }),
  ];
  let call = 0;
  const states: any[] = [];
  const engine = new StateGraph({ state: { n: field.add({ default: 0 }), list: field.append(), any: field.lastValue<any>() } })
    .addNode('a', (state) => (states.push(state), results[call++]!(state)) as any)
    .addEdge(START, 'a')
    .compile();
  const doc = (name: string): object => ({ name });
  binding.exchanges.push(
    [[1, [['@state', [0, [['any', 'set', { value: doc('one'), handle: 1 }], ['list', 'rewrite', [1, [7, doc('plain')], { value: doc('two'), handle: 2 }], 0]], 0]], ['@node', [1, 0, 0, 1, 1]]]]],
    [[1, [['@state', [0, [['list', 'rewrite', [2], 1], ['any', 'set', { items: [[0], 1] }]], 0]], ['@node', [2, 0, 0, 2, 1, 1]]]]],
    [[1, [['@state', [0, [['any', 'set', 2]], 0]], ['@release', [1]], ['@node', [3, 0, 0, 3, 1]]]]],
    [[1, [['@node', [4, 0, 0, 4, 1]]]]],
    [[1, [['@end', done]]]],
  );
  await engine.run({});
  const [first, , third] = states;
  assert.deepEqual(first, { list: [doc('one'), 7, doc('plain'), doc('two')], any: doc('one') });
  assert.deepEqual(third, { list: [doc('one'), doc('two')], any: doc('two') });
  assert.equal(third.any, first.list[3]);
  assert.deepEqual(kinds(), [
    ['cmd', 1, [{ shared: [['any', { items: [1, ['new'], 1, [7, doc('plain')], 2] }], ['list', { overwrite: { items: [[7], 1] } }], ['n', [1]]] }]],
    ['cmd', 2, [
      { shared: [['any', 1]], goto: [{ node: 'a', shared: 1 }, { node: 'a', args: { any: doc('one') } }, 'a'] },
      { update: { n: 1 } },
      { shared: [['list', { items: [[1, { m: 1 }], 1] }]] },
    ]],
    ['released', 1],
    ['cmd', 3, [{ shared: [['any', [doc('two')]], ['list', { items: [[doc('one')], 2] }]] }]],
    ['cmd', 4, [{ shared: [['any', 2], ['list', [[doc('one')]]]] }]],
  ]);

  // What nobody told is a defect, and not another value.
  binding.exchanges.push([[2, [['@state', [0, [['any', 'set', 1]], 0]]]]]);
  await assert.rejects(engine.run({}), /names the value 1, which nobody told/);
});

test('what nodes may give back: nothing, fields, commands, lists', async () => {
  const results: any[] = [
    undefined,
    null,
    { n: 1, any: undefined },
    new Command({ update: { n: 1 }, goto: END }),
    [{ n: 1 }, { n: 2 }],
    [{ n: 1 }, new Command({ goto: [new Send('a', { messages: [new HumanMessage('x')] }, { timeout: 5 })], graph: PARENT })],
    { n: new Overwrite(7), messages: new Overwrite([new HumanMessage({ content: 'x', id: 'i' })]) },
    'text',
  ];
  const expected = [
    ['ok', null],
    ['ok', null],
    ['ok', { n: 1 }],
    ['cmd', [{ update: { n: 1 }, goto: '__end__' }]],
    ['ok', [{ n: 1 }, { n: 2 }]],
    [
      'cmd',
      [
        { update: { n: 1 } },
        {
          goto: [{ node: 'a', args: { messages: [{ type: 'human', content: 'x', additional_kwargs: {}, response_metadata: {} }] }, timeout: { runMs: 5 } }],
          graph: '__parent__',
        },
      ],
    ],
    [
      'ok',
      {
        n: { __overwrite__: 7 },
        messages: { __overwrite__: [{ type: 'human', id: 'i', content: 'x', additional_kwargs: {}, response_metadata: {} }] },
      },
    ],
    ['ok', 'text'],
  ];
  const engine = graphOf((_state, { step }) => results[step]);
  binding.exchanges.push([[1, results.map((_, i) => ['@node', [i, 0, 0, i, 1]])]], [[1, [['@end', done]]]]);
  await engine.run({});
  assert.deepEqual(
    kinds().map((answer: any) => [answer[0], answer[2]]),
    expected,
  );
});

test('what JSON cannot carry fails its node alone, by name', async () => {
  const endless: any = {};
  endless.self = endless;
  const results: any[] = [{ any: () => {} }, { any: 1n }, { any: new Map() }, { any: NaN }, { any: endless }, { any: { deep: 1n } }, { n: 1 }, () => {}];
  const engine = graphOf((_state, { step }) => results[step]);
  binding.exchanges.push([[1, results.map((_, i) => ['@node', [i, 0, 0, i, 1]])]], [[1, [['@end', done]]]]);
  await engine.run({});
  assert.deepEqual(
    kinds().map((answer: any) => [answer[0], typeof answer[2].message === 'string' ? /a function|a bigint|`Map`|NaN|circular|BigInt/.exec(answer[2].message)?.[0] : answer[2]]),
    [
      ['fail', 'a function'],
      ['fail', 'a bigint'],
      ['fail', '`Map`'],
      ['fail', 'NaN'],
      ['fail', 'circular'],
      ['fail', 'BigInt'],
      ['ok', { n: 1 }],
      ['fail', 'a function'],
    ],
  );
});

test('what a node threw rejects the run: the very object, and all of them where there are several', async () => {
  const boom = new TypeError('boom');
  const engine = graphOf((_state, { step }) => {
    if (step === 3) throw undefined;
    if (step === 2) return Promise.reject(boom);
    throw boom;
  });
  const failed = (...calls: number[]): object => ({
    ok: false,
    error: { name: 'GraphError', code: 'NODE_FAILED', message: 'm', failures: calls.map((thrown) => ({ node: 'a', attempt: 1, message: 'boom', thrown })) },
  });
  binding.exchanges.push([[1, [['@node', [1, 0, 0, 1, 1]]]]], [[1, [['@end', failed(1)]]]]);
  await assert.rejects(engine.run({}), (error) => error === boom);
  assert.deepEqual(kinds(), [['fail', 1, { name: 'TypeError', message: 'boom', fits: [] }]]);
  binding.exchanges.push([[2, [['@node', [1, 0, 0, 2, 1]], ['@node', [2, 0, 0, 3, 1]]]]], [[2, [['@end', failed(1, 2)]]]]);
  await assert.rejects(engine.run({}), (error: any) => error instanceof AggregateError && error.errors[0] === boom && error.errors[1] === undefined);
  binding.exchanges.push([
    [3, [['@state', [0, [['n', 'set', [2]]], 0]], ['@end', { ok: false, error: { name: 'GraphError', code: 'GRAPH_RECURSION_LIMIT', message: 'too far' } }]]],
  ]);
  await assert.rejects(engine.run({}), (error: any) => {
    assert.ok(error instanceof GraphError);
    assert.deepEqual([error.name, error.code, error.message, error.state], ['GraphError', 'GRAPH_RECURSION_LIMIT', 'too far', { n: 2, messages: [] }]);
    return true;
  });
});

test('retry policies are asked whether an error is for them; by default aborts and bad requests are not', async () => {
  const errors = [new Error('x'), Object.assign(new Error('x'), { name: 'AbortError' }), Object.assign(new Error('x'), { status: 404 }), Object.assign(new Error('x'), { status: 503 })];
  const engine = new StateGraph({ state: { n: field.add() } })
    .addNode('a', (_state, { step }) => Promise.reject(errors[step]), { retry: [{}, { retryOn: (error: any) => error.status === 404 }, { retryOn: () => { throw new Error('judge'); } }] })
    .addEdge(START, 'a')
    .compile();
  binding.exchanges.push([[1, errors.map((_, i) => ['@node', [i, 0, 0, i, 1]])]], [[1, [['@end', done]]]]);
  await engine.run({});
  assert.deepEqual(
    kinds().map((answer: any) => answer[2].fits),
    [[true, false, false], [false, false, false], [false, true, false], [true, false, false]],
  );
});

test('all answers of a superstep go in one call, whether nodes are synchronous or not', async () => {
  const engine = graphOf((_state, { step }) => (step % 2 ? { n: step } : Promise.resolve({ n: step })));
  const steps = Array.from({ length: 100 }, (_, i) => i);
  binding.exchanges.push([[1, steps.map((i) => ['@node', [i, 0, 0, i, 1]])]], [[1, [['@end', done]]]]);
  await engine.run({});
  assert.equal(binding.pumps, 2);
  assert.equal(binding.heard.length, 100);
});

test('timers get their turn beside a run that never waits', async () => {
  const engine = graphOf(() => ({}));
  let fired = false;
  let steps = 0;
  setTimeout(() => (fired = true), 1);
  const next = (): unknown[] => {
    if (fired) return [[1, [['@end', done]]]];
    binding.exchanges.push(next);
    steps++;
    return [[1, [['@node', [steps, 0, 0, 1, 1]]]]];
  };
  binding.exchanges.push(next);
  await engine.run({});
  assert.ok(steps > 0);
});

test('routers see the state as it is told, may use labels, and what they may not choose fails', async () => {
  const chosen: any[] = ['yes', 'b', new Send('b', 1), ['yes', END], true, undefined];
  let call = 0;
  const engine = new StateGraph({ state: { n: field.add({ default: 0 }) } })
    .addNode('a', () => ({}))
    .addNode('b', () => ({}))
    .addEdge(START, 'a')
    .addConditionalEdges('a', ({ n }, { node }) => (assert.deepEqual([n, node], [3, 'a']), chosen[call++]), { yes: 'b', no: END, true: 'a' })
    .compile();
  const routes = chosen.map((_, i) => ['@route', [i, 0, 0]]);
  binding.exchanges.push([[1, [['@state', [0, [['n', 'set', [3]]], 0]], ...routes]]], [[1, [['@end', done]]]]);
  await engine.run({});
  assert.deepEqual(
    kinds().map((answer: any) => (answer[0] === 'ok' ? answer[2] : answer[0])),
    ['b', 'b', { node: 'b', args: 1 }, ['b', '__end__'], 'a', 'fail'],
  );
});

test('reducers fold the writes; a promise or an error fails the call', async () => {
  new StateGraph({ state: { best: field.reduce<number>(Math.max) } });
  const engine = new StateGraph({
    state: {
      best: field.reduce<number>(Math.max),
      later: field.reduce<any>(async () => 1),
      worse: field.reduce<any>(() => {
        throw new RangeError('no');
      }),
    },
  })
    .addNode('a', () => ({}))
    .addEdge(START, 'a')
    .compile();
  binding.exchanges.push(
    [[1, [['@reduce', [1, 1, [3, 5, 4]]], ['@reduce', [2, 1, [3], 9]], ['@reduce', [3, 2, [1], 1]], ['@reduce', [4, 3, [1], 1]], ['@reduce', [5, 3, [6]]]]]],
    [[1, [['@end', done]]]],
  );
  await engine.run({});
  assert.deepEqual(
    kinds().map((answer: any) => (answer[0] === 'ok' ? answer[2] : answer[2].message)),
    [5, 9, 'the reducer of `later` gives a promise. A reducer is synchronous', 'no', 6],
  );
});

test('an abort reaches the nodes at work, and nothing they say later is heard', async () => {
  const reasons: unknown[] = [];
  const gates: (() => void)[] = [];
  const engine = graphOf((_state, { signal }) => {
    signal.addEventListener('abort', () => reasons.push(signal.reason));
    return new Promise((resolve) => gates.push(() => resolve({ n: 1 })));
  });
  const controller = new AbortController();
  const calls = Array.from({ length: 100 }, (_, i) => ['@node', [i, 0, 0, 1, 1]]);
  binding.exchanges.push([[1, calls]], [[1, [['@end', { ok: false, error: { name: 'AbortError', code: 'CANCELLED', message: 'm' } }]]]]);
  const run = engine.run({}, { signal: controller.signal });
  await new Promise(setImmediate);
  assert.equal(getEventListeners(controller.signal, 'abort').length, 1);
  controller.abort('why');
  for (const open of gates) open();
  await assert.rejects(run, { name: 'AbortError', cause: 'why' });
  assert.deepEqual([reasons.length, reasons[0], binding.cancelled, kinds()], [100, 'why', [1], []]);
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  await assert.rejects(engine.run({}, { signal: controller.signal }), { name: 'AbortError' });
  assert.equal(binding.requests.length, 1);
});

test('a call that the engine cancels is aborted alone', async () => {
  const signals: AbortSignal[] = [];
  const engine = graphOf((_state, { signal }) => (signals.push(signal), new Promise(() => {})));
  binding.exchanges.push([[1, [['@node', [1, 0, 0, 1, 1]], ['@node', [2, 0, 0, 1, 1]], ['@cancel', [2]], ['@cancel', [9]]]]], []);
  const run = engine.run({});
  await new Promise(setImmediate);
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [false, true],
  );
  binding.send(JSON.stringify([[1, [['@end', done]]]]));
  await run;
  assert.equal(signals[0]!.aborted, true);
});

test('writes are in order before the answer, and one who awaits them waits for room', async () => {
  const engine = graphOf(async (_state, { write }) => {
    for (let i = 0; i < 300; i++) await write(i);
    return {};
  });
  binding.exchanges.push([[1, [['@node', [1, 0, 0, 1, 1]]]]]);
  const respond = binding.pumpGraphs.bind(binding);
  binding.pumpGraphs = (answers) => {
    const kindsNow = (JSON.parse(answers) as [number, any[][]][]).flatMap(([, list]) => list.map(([kind]) => kind));
    if (kindsNow.includes('sync')) binding.exchanges.push([[1, [['@synced', [1, 256]]]]]);
    if (kindsNow.includes('ok')) binding.exchanges.push([[1, [['@end', done]]]]);
    return respond(answers);
  };
  for await (const _ of engine.stream({}, { streamMode: 'custom' }));
  const said: any[] = kinds();
  assert.deepEqual(
    said.filter(([kind]) => kind === 'write').map(([, , value]) => value),
    Array.from({ length: 300 }, (_, i) => i),
  );
  assert.deepEqual(said[256], ['sync', 1, 256]);
  assert.equal(said.at(-1)[0], 'ok');
});

test('without a reader of the mode nothing is written', async () => {
  const engine = graphOf(async (_state, { write, writeMessage }) => {
    await write(1);
    await writeMessage('x');
    return {};
  });
  playOne();
  await engine.run({});
  assert.deepEqual(kinds(), [['ok', 1, {}]]);
});

test('a question has its answer, or the node waits', async () => {
  const asked: unknown[] = [];
  const engine = graphOf((_state, { interrupt }) => ({ any: interrupt('name?', { schema: { type: 'string' } }) }));
  binding.graphInterrupt = ((_run: number, _call: number, question: string) => {
    asked.push(JSON.parse(question));
    return JSON.stringify(binding.question);
  }) as any;
  playOne();
  await engine.run({});
  binding.question = { answer: 'Ann' };
  binding.exchanges.push([[2, [['@node', [1, 0, 0, 1, 1]]]]], [[2, [['@end', done]]]]);
  await engine.run({});
  binding.question = { ok: false, error: { name: 'GraphError', code: 'MISSING_CHECKPOINTER', message: 'no thread' } };
  binding.exchanges.push([[3, [['@node', [1, 0, 0, 1, 1]]]]], [[3, [['@end', done]]]]);
  await engine.run({});
  assert.deepEqual(kinds(), [
    ['wait', 1],
    ['ok', 1, { any: 'Ann' }],
    ['fail', 1, { name: 'GraphError', message: 'no thread', fits: [] }],
  ]);
  assert.deepEqual(asked[0], { value: 'name?', schema: { type: 'string' } });
});

test('a side effect is done when the engine says so, and not when it has its result', async () => {
  let performed = 0;
  const thrown = new Error('effect');
  const outcomes: unknown[] = [];
  const engine = graphOf(async (_state, { task }) => {
    outcomes.push(await task('one', () => (performed++, 'fresh')));
    outcomes.push(await task('two', () => performed++));
    outcomes.push(await task('three', () => Promise.reject(thrown)).catch((error: unknown) => error));
    outcomes.push(await task('four', () => performed++).catch((error: unknown) => error));
    return {};
  });
  binding.exchanges.push(
    [[1, [['@node', [1, 0, 0, 1, 1]]]]],
    [[1, [['@effect', [1, 1]]]]],
    [[1, [['@effectDone', [1, 1, true, 'fresh']]]]],
    [[1, [['@effectDone', [1, 2, true, 'kept']]]]],
    [[1, [['@effect', [1, 3]]]]],
    [[1, [['@effectDone', [1, 3, false, { name: 'Error', message: 'effect' }]]]]],
    [[1, [['@effectDone', [1, 4, false, { name: 'TypeError', message: 'old' }]]]]],
    [[1, [['@end', done]]]],
  );
  await engine.run({});
  assert.equal(performed, 1);
  assert.deepEqual(outcomes.slice(0, 2), ['fresh', 'kept']);
  assert.equal(outcomes[2], thrown);
  assert.deepEqual([(outcomes[3] as any).name, (outcomes[3] as any).message], ['TypeError', 'old']);
  assert.deepEqual(kinds(), [
    ['effect', 1, 1, 'one'],
    ['effectOk', 1, 1, 'fresh'],
    ['effect', 1, 2, 'two'],
    ['effect', 1, 3, 'three'],
    ['effectFail', 1, 3, { name: 'Error', message: 'effect' }],
    ['effect', 1, 4, 'four'],
    ['ok', 1, {}],
  ]);
});

test('a stream gives the shapes of LangGraph and tells how much was read', async () => {
  const engine = graphOf(() => ({}));
  const event = ['@event', [1, 'a:1', 'custom', { x: 1 }]];
  const chunks = async (config: any): Promise<unknown[]> => {
    binding.exchanges.push([[binding.requests.length + 1, [event, ['@end', done]]]]);
    const all = [];
    for await (const chunk of engine.stream({}, config)) all.push(chunk);
    return all;
  };
  assert.deepEqual(await chunks({ streamMode: 'custom' }), [{ x: 1 }]);
  assert.deepEqual(await chunks({ streamMode: ['custom', 'values'] }), [['custom', { x: 1 }]]);
  assert.deepEqual(await chunks({ streamMode: 'custom', subgraphs: true }), [[['a:1'], { x: 1 }]]);
  assert.deepEqual(await chunks({ streamMode: ['custom'], subgraphs: true }), [[['a:1'], 'custom', { x: 1 }]]);
  assert.deepEqual(await chunks({}), [{ x: 1 }]);
  assert.deepEqual(
    binding.requests.map(({ run }) => run.stream),
    [
      { modes: ['custom'], subgraphs: false },
      { modes: ['custom', 'values'], subgraphs: false },
      { modes: ['custom'], subgraphs: true },
      { modes: ['custom'], subgraphs: true },
      { modes: ['updates'], subgraphs: false },
    ],
  );
});

test('a stream that is left early ends its run; one that fails rejects behind its events', async () => {
  const engine = graphOf(() => ({}));
  const events = [1, 2, 3].map((n) => ['@event', [n, '', 'custom', n]]);
  const cancelled = { ok: false, error: { name: 'AbortError', code: 'CANCELLED', message: 'm' } };
  binding.exchanges.push([[1, events]], [[1, [['@end', cancelled]]]]);
  for await (const n of engine.stream({}, { streamMode: 'custom' })) if (n === 2) break;
  assert.deepEqual(binding.cancelled, [1]);
  const failed = { ok: false, error: { name: 'GraphError', code: 'STORE_FAILED', message: 'm' } };
  binding.exchanges.push([[2, [...events, ['@end', failed]]]]);
  const seen: unknown[] = [];
  const stream = engine.stream({}, { streamMode: 'custom' });
  await assert.rejects(
    (async () => {
      for await (const n of stream) seen.push(n);
    })(),
    { code: 'STORE_FAILED' },
  );
  assert.deepEqual(seen, [1, 2, 3]);
  await assert.rejects(stream.outcome, { code: 'STORE_FAILED' });
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
});

test('a stream that nobody reads does not begin; a bad input rejects its first read', async () => {
  const engine = graphOf(() => ({}));
  engine.stream({});
  await new Promise(setImmediate);
  assert.equal(binding.requests.length, 0);
  await assert.rejects(engine.stream(1 as any).next(), { code: 'INVALID_INPUT' });
});

test('what a node reads of its run is asked for once', async () => {
  let asked = 0;
  binding.graphContext = (() => (asked++, JSON.stringify({ taskId: '1:a', threadId: 't', runId: 'r', checkpointId: 'c', namespace: '', isDraining: false, remainingSteps: 7 }))) as any;
  let seen: unknown;
  const engine = new StateGraph({ state: {} })
    .addNode('a', (_state, context) => {
      const { taskId, threadId, runId, checkpointId, namespace, remainingSteps, client, tools, handlers, config } = context;
      seen = { taskId, threadId, runId, checkpointId, namespace, remainingSteps, client, tools, handlers, config };
    })
    .addEdge(START, 'a')
    .compile({ client: 'c', tools: ['t'], handlers: 'h', config: { a: 1, b: 1 } });
  playOne();
  await engine.run({}, { config: { b: 2 }, configurable: { user: 'u' } });
  assert.equal(asked, 1);
  assert.deepEqual(seen, {
    taskId: '1:a',
    threadId: 't',
    runId: 'r',
    checkpointId: 'c',
    namespace: '',
    remainingSteps: 7,
    client: 'c',
    tools: ['t'],
    handlers: 'h',
    config: { a: 1, b: 2, configurable: { user: 'u' } },
  });
});

test('nodes, routers and graphs that are none are refused', () => {
  const graph = (): StateGraph<any> => new StateGraph({ state: {} });
  assert.throws(() => graph().addNode('a', 7 as any), { code: 'INVALID_NODE', message: /node `a` is neither a function/ });
  assert.throws(() => graph().addNode({ execute() {} } as any), { code: 'INVALID_NODE' });
  assert.throws(() => graph().addConditionalEdges('a', 7 as any).compile(), { code: 'INVALID_EDGE' });
  assert.throws(() => new StateGraph(undefined as any), TypeError);
  const itself = graph();
  itself.addNode('a', itself);
  assert.throws(() => itself.compile(), { code: 'INVALID_GRAPH' });
});
