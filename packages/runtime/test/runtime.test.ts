// The runtime over an engine that is played in memory: order, back-pressure, failure, abort, tools.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { beforeEach, test, type TestContext } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AIMessageChunk, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { AgentRuntime, Callback, GraphEvents, type CustomHandlers, type RunConfig } from '@moss/runtime';
import type { Dispatcher } from '#runtime/dispatcher';
import { done, failed, installScriptedBinding, type ScriptedBinding, type ScriptedRun } from './support/scripted-binding.js';

let binding: ScriptedBinding;
let dispatcher: Dispatcher;
beforeEach(() => {
  ({ binding, dispatcher } = installScriptedBinding());
});

const question = { messages: [{ role: 'user', content: 'hi' }] };
const runtime = (customHandlers: CustomHandlers = {}, rest: Partial<RunConfig> = {}, tools: any[] = []): Promise<AgentRuntime> =>
  AgentRuntime.create({ runId: 'run-1', graphConfig: { llmConfig: { provider: 'openAI' }, tools }, customHandlers, ...rest });
const script = (play: (run: ScriptedRun) => Promise<object>): void => void binding.scripts.push(play);
const delta = (n: number): unknown => ['on_message_delta', { id: 's', n }];
const closed = (status: string): unknown => ['on_run_step_closed', { id: 's', status }];
const toolItem = (call: number, name: string, args: object = {}): unknown => ['@tool', { call, id: `call_${call}`, name, args, stepId: 'step_1', turn: 0 }];

/** A promise and its ends. */
function gate<T = void>() {
  let open!: (value: T) => void;
  let fail!: (error: unknown) => void;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}

/** Handlers that write down what they are called with. */
function recorder(...names: string[]) {
  const seen: unknown[] = [];
  const handlers = Object.fromEntries(names.map((name) => [name, (event: string, data: any) => void seen.push([event, data.n ?? data.status])]));
  return { seen, handlers: handlers as CustomHandlers };
}

function mute(t: TestContext): unknown[][] {
  const lines: unknown[][] = [];
  t.mock.method(console, 'warn', (...line: unknown[]) => lines.push(line));
  return lines;
}

test('the engine is asked for events that have a handler, and for run steps', async () => {
  await runtime({ [GraphEvents.TOOL_END]: () => {}, on_message_delta: { handle() {} } });
  assert.deepEqual(binding.configs[0].wants, ['on_tool_end', 'on_message_delta', 'on_run_step']);
});

test('a handler gets event, data, metadata and graph', async () => {
  const calls: unknown[][] = [];
  const run = await runtime({ on_message_delta: { handle: (...args) => void calls.push(args) } });
  script(async (engine) => {
    await engine.send(['@metadata', { langgraph_node: 'agent=a' }], delta(1));
    await engine.send(delta(2), ['@metadata', { langgraph_node: 'tools=a' }], delta(3));
    return done();
  });
  await run.processStream(question);
  const graph = run.Graph;
  assert.deepEqual(
    calls.map(([event, data, metadata, g]) => [event, (data as any).n, metadata, g === graph]),
    [
      ['on_message_delta', 1, { langgraph_node: 'agent=a' }, true],
      ['on_message_delta', 2, { langgraph_node: 'agent=a' }, true],
      ['on_message_delta', 3, { langgraph_node: 'tools=a' }, true],
    ],
  );
});

test('synchronous handlers are called without leaving the turn in which the batch came', async () => {
  const { seen, handlers } = recorder('on_message_delta');
  const run = await runtime(handlers);
  script(async (engine) => {
    engine.post(delta(1), delta(2), delta(3));
    assert.equal(seen.length, 3);
    assert.deepEqual(engine.told, [{ handled: 3, failed: false }]);
    return done();
  });
  await run.processStream(question);
});

test('an asynchronous handler is awaited before the next event and before the answer to the engine', async () => {
  const order: string[] = [];
  const gates = [gate(), gate()];
  const run = await runtime({
    on_message_delta: async (_event, data: any) => {
      order.push(`begin ${data.n}`);
      await gates[data.n]!.promise;
      order.push(`end ${data.n}`);
    },
  });
  script(async (engine) => {
    const answer = engine.send(delta(0), delta(1));
    assert.deepEqual([order, engine.told], [['begin 0'], []]);
    gates[0]!.open();
    await new Promise(setImmediate);
    assert.deepEqual([order, engine.told], [['begin 0', 'end 0', 'begin 1'], []]);
    gates[1]!.open();
    assert.deepEqual(await answer, { handled: 2, failed: false });
    return done();
  });
  await run.processStream(question);
});

test('events without a handler count as handled; control items do not count', async () => {
  const run = await runtime();
  script(async (engine) => {
    const step = { id: 's', index: 0, type: 'tool_calls', stepDetails: { type: 'tool_calls', tool_calls: [{ id: 'c1' }] } };
    assert.deepEqual(await engine.send(['@metadata', {}], ['on_run_step', step], delta(1)), { handled: 2, failed: false });
    assert.deepEqual(run.Graph?.getRunSteps(), [step]);
    assert.equal(run.Graph?.toolCallStepIds.get('c1'), 's');
    engine.post(['@metadata', {}]);
    assert.equal(engine.told.length, 1);
    return done();
  });
  await run.processStream(question);
  assert.deepEqual(run.Graph?.getRunSteps(), []);
});

for (const [kind, fail] of [
  ['throws', (error: Error) => { throw error; }],
  ['rejects', (error: Error) => Promise.reject(error)],
] as const) {
  test(`a handler that ${kind} ends the batch, and the run rejects with that very error`, async () => {
    const boom = new Error('boom');
    const { seen, handlers } = recorder('on_run_step_closed');
    let calls = 0;
    const run = await runtime({ ...handlers, on_message_delta: () => (++calls === 2 ? fail(boom) : undefined) });
    script(async (engine) => {
      assert.deepEqual(await engine.send(delta(1), delta(2), delta(3)), { handled: 2, failed: true });
      assert.deepEqual(await engine.send(closed('failed')), { handled: 1, failed: false });
      return failed({ handler: true, code: 'HANDLER_FAILED' });
    });
    await assert.rejects(run.processStream(question), (error) => error === boom);
    assert.deepEqual([calls, seen], [2, [['on_run_step_closed', 'failed']]]);
    assert.deepEqual(run.getRunMessages(), []);
  });
}

test('a failing handler of on_run_step_closed is dropped, one of on_run_step_completed is written down', async (t) => {
  const lines = mute(t);
  const boom = new Error('boom');
  const run = await runtime({
    on_run_step_closed: () => { throw boom; },
    on_run_step_completed: async () => { throw boom; },
  });
  script(async (engine) => {
    assert.deepEqual(await engine.send(['on_run_step_completed', { result: {} }], closed('completed')), { handled: 2, failed: false });
    return done();
  });
  await run.processStream(question);
  assert.deepEqual(lines, [['[moss] the handler of on_run_step_completed failed:', boom]]);
});

test('after an abort no further handler of the batch is called, and the sweep is delivered', async () => {
  const controller = new AbortController();
  const { seen, handlers } = recorder('on_run_step_closed');
  const deltas: number[] = [];
  const run = await runtime({
    ...handlers,
    on_message_delta: (_event, data: any) => {
      deltas.push(data.n);
      if (data.n === 2) controller.abort();
    },
  });
  script(async (engine) => {
    assert.deepEqual(await engine.send(delta(1), delta(2), delta(3)), { handled: 2, failed: false });
    assert.equal(engine.cancelled, true);
    await engine.send(closed('cancelled'));
    return failed({ name: 'AbortError', code: 'CANCELLED' });
  });
  await assert.rejects(run.processStream(question, { signal: controller.signal }), { name: 'AbortError', message: 'This operation was aborted' });
  assert.deepEqual([deltas, seen], [[1, 2], [['on_run_step_closed', 'cancelled']]]);
});

test('an abort while a handler is working waits for that handler, and calls no other', async () => {
  const controller = new AbortController();
  const working = gate();
  const deltas: number[] = [];
  const run = await runtime({ on_message_delta: (_event, data: any) => (deltas.push(data.n), working.promise) });
  script(async (engine) => {
    const answer = engine.send(delta(1), delta(2));
    controller.abort();
    assert.equal(engine.cancelled, true);
    working.open();
    assert.deepEqual(await answer, { handled: 1, failed: false });
    return failed({ name: 'AbortError', code: 'CANCELLED' });
  });
  await assert.rejects(run.processStream(question, { signal: controller.signal }), { name: 'AbortError' });
  assert.deepEqual(deltas, [1]);
});

test('a signal that has fired already rejects before the engine hears of the run', async () => {
  const run = await runtime({}, { graphConfig: { llmConfig: { provider: 'openAI' }, signal: AbortSignal.abort('gone') } });
  await assert.rejects(run.processStream(question), { name: 'AbortError', cause: 'gone' });
  assert.equal(binding.runs.length, 0);
});

test('nothing is left after a run, however it ends', async () => {
  const { signal } = new AbortController();
  const graphSignal = new AbortController().signal;
  const run = await runtime({ on_message_delta: () => { throw new Error('boom'); } }, { graphConfig: { llmConfig: { provider: 'openAI' }, signal: graphSignal } });
  const left = (): number[] => [dispatcher.size, getEventListeners(signal, 'abort').length, getEventListeners(graphSignal, 'abort').length];
  script(async () => (assert.deepEqual(left(), [1, 1, 1]), done()));
  script(async (engine) => (await engine.send(delta(1)), failed({ handler: true })));
  script(async () => failed({ message: '400 bad request' }));
  await run.processStream(question, { signal });
  assert.deepEqual(left(), [0, 0, 0]);
  await assert.rejects(run.processStream(question, { signal }), { message: 'boom' });
  assert.deepEqual(left(), [0, 0, 0]);
  await assert.rejects(run.processStream(question, { signal }), { message: '400 bad request' });
  assert.deepEqual(left(), [0, 0, 0]);
});

test('runs at once do not mix', async () => {
  const [a, b] = [recorder('on_message_delta'), recorder('on_message_delta')];
  const [one, two] = [await runtime(a.handlers), await runtime(b.handlers)];
  script(async (engine) => (await engine.send(delta(1)), await binding.runs[1]!.send(delta(2)), done(['one'])));
  script(async (engine) => (await engine.send(delta(3)), done(['two'])));
  await Promise.all([one.processStream(question), two.processStream(question)]);
  assert.deepEqual([a.seen.map(([, n]: any) => n), b.seen.map(([, n]: any) => n).sort()], [[1], [2, 3]]);
});

test('one batch may hold records of several runs, and of a run that is over', async () => {
  const [a, b] = [recorder('on_message_delta'), recorder('on_message_delta')];
  const [one, two] = [await runtime(a.handlers), await runtime(b.handlers)];
  const end = gate();
  script(async (engine) => (await engine.heard((told) => told.handled === 1), end.open(), done()));
  script(async () => {
    binding.send(JSON.stringify([[1, [delta(1)]], [99, [delta(9)]], [2, [delta(2)]]]));
    await end.promise;
    return done();
  });
  await Promise.all([one.processStream(question), two.processStream(question)]);
  assert.deepEqual([a.seen, b.seen, binding.orphans], [[['on_message_delta', 1]], [['on_message_delta', 2]], [[99, 0, false]]]);
});

test('the call resolves after the last handler, and what tools still do is aborted', async () => {
  const working = gate();
  const order: string[] = [];
  let signal!: AbortSignal;
  const run = await runtime(
    { on_message_delta: async () => (await working.promise, void order.push('handler')) },
    {},
    [{ name: 'f', invoke: (_: any, rt: any) => ((signal = rt.signal), new Promise(() => {})) }],
  );
  script(async (engine) => {
    engine.post(toolItem(1, 'f'), delta(1));
    setImmediate(() => setImmediate(() => working.open()));
    return done();
  });
  await run.processStream(question);
  order.push('call');
  assert.deepEqual([order, signal.aborted], [['handler', 'call'], true]);
});

test('a second call while one is going on is refused; one after it is served', async () => {
  const run = await runtime({}, { returnContent: true });
  script(async () => done(['first']));
  script(async () => done(['second']));
  const first = run.processStream(question);
  await assert.rejects(run.processStream(question), { code: 'RUN_IN_PROGRESS', message: /^run `run-1` is still processing\./ });
  assert.deepEqual([await first, await run.processStream(question)], [['first'], ['second']]);
});

test('content is returned on request only; messages always', async () => {
  const messages = [{ type: 'ai', content: 'x' }];
  const [silent, telling] = [await runtime(), await runtime({}, { returnContent: true })];
  script(async () => done([{ type: 'text', text: 'x' }], messages));
  script(async () => done([{ type: 'text', text: 'x' }], messages));
  assert.equal(await silent.processStream(question), undefined);
  assert.deepEqual(await telling.processStream(question), [{ type: 'text', text: 'x' }]);
  assert.deepEqual(silent.getRunMessages().map((m) => [m.getType(), m.content]), [['ai', 'x']]);
});

test('the input carries configurable with the run id, metadata and the recursion limit', async () => {
  const run = await runtime();
  script(async () => done());
  await run.processStream(question, { configurable: { thread_id: 't', user: { name: 'Ann', toJSON: undefined }, fn() {} }, metadata: { a: 1 }, recursionLimit: 3, version: 'v2', streamMode: 'values' });
  assert.deepEqual(binding.runs[0]!.input, {
    messages: question.messages,
    configurable: { thread_id: 't', user: { name: 'Ann' }, run_id: 'run-1' },
    metadata: { a: 1 },
    keepContent: false,
    recursionLimit: 3,
  });
});

test('a plain tool gets its arguments and the runtime', async () => {
  const calls: any[] = [];
  const run = await runtime({}, {}, [{ name: 'f', invoke: (args: any, rt: any) => (calls.push([args, rt]), 'sunny') }]);
  script(async (engine) => {
    const answer = engine.heard((told) => 'call' in told);
    engine.post(['@metadata', { langgraph_node: 'tools=default' }], toolItem(1, 'f', { city: 'Oslo' }));
    assert.deepEqual(await answer, { call: 1, returned: { content: 'sunny' } });
    return done();
  });
  const user = { name: 'Ann' };
  await run.processStream(question, { configurable: { thread_id: 't', user }, metadata: { a: 1 } });
  const [args, { signal, ...rest }] = calls[0];
  assert.deepEqual(args, { city: 'Oslo' });
  assert.ok(signal instanceof AbortSignal);
  assert.deepEqual(rest, {
    configurable: { thread_id: 't', user, run_id: 'run-1' },
    metadata: { thread_id: 't', run_id: 'run-1', a: 1, langgraph_node: 'tools=default' },
    toolCallId: 'call_1',
    toolCall: { id: 'call_1', name: 'f', args: { city: 'Oslo' }, type: 'tool_call', stepId: 'step_1', turn: 0 },
  });
  assert.equal(rest.configurable.user, user);
});

test('a LangChain tool gets a tool call, and its message keeps its identity for the host', async () => {
  const artifact = new Map();
  const configs: any[] = [];
  const weather = tool(async (_args: any, config: any) => (configs.push(config), ['sunny', artifact]), {
    name: 'f',
    description: 'd',
    schema: { type: 'object', properties: { city: { type: 'string' } } } as any,
    responseFormat: 'content_and_artifact',
  });
  const ends: any[] = [];
  const run = await runtime({ on_tool_end: (_event, data) => void ends.push(data.output) }, {}, [weather]);
  const flat = { type: 'tool', content: 'sunny', name: 'f', tool_call_id: 'call_1', status: 'success' };
  script(async (engine) => {
    const answer = engine.heard((told) => 'call' in told);
    engine.post(toolItem(1, 'f', { city: 'Oslo' }));
    assert.deepEqual(await answer, { call: 1, returned: { content: 'sunny', artifact: {}, status: 'success' } });
    await engine.send(['on_tool_end', { output: flat, input: { input: '{}' } }]);
    return done(null, [flat]);
  });
  await run.processStream(question);
  assert.deepEqual([configs[0].toolCall.stepId, configs[0].toolCall.turn, configs[0].toolCall.id], ['step_1', 0, 'call_1']);
  assert.ok(ends[0] instanceof ToolMessage);
  assert.equal(ends[0].artifact, artifact);
  assert.equal(run.getRunMessages()[0], ends[0]);
});

test('what a tool throws goes to the engine as text and to the callback as it is', async () => {
  const boom = new RangeError('boom');
  const errors: unknown[][] = [];
  const run = await runtime({}, {}, [{ name: 'f', invoke() { throw boom; } }]);
  script(async (engine) => {
    const answer = engine.heard((told) => 'call' in told);
    engine.post(toolItem(1, 'f'));
    assert.deepEqual(await answer, { call: 1, error: { name: 'RangeError', message: 'boom' } });
    return done();
  });
  await run.processStream(question, {}, { callbacks: { [Callback.TOOL_ERROR]: (...args) => errors.push(args) } });
  assert.equal(errors.length, 1);
  assert.deepEqual([errors[0]![0] === run.Graph, errors[0]![1] === boom], [true, true]);
  assert.match(String(errors[0]![2]), /^[0-9a-f-]{36}$/);
});

test('a callback that throws disturbs nothing', async (t) => {
  const lines = mute(t);
  const run = await runtime({}, {}, [{ name: 'f', invoke: () => 'ok' }]);
  script(async (engine) => {
    const answer = engine.heard((told) => 'call' in told);
    engine.post(toolItem(1, 'f'));
    assert.deepEqual(await answer, { call: 1, returned: { content: 'ok' } });
    return done();
  });
  const outputs: any[] = [];
  await run.processStream(question, {}, {
    callbacks: {
      [Callback.TOOL_START]: () => { throw new Error('start'); },
      [Callback.TOOL_END]: async (_graph, output) => { outputs.push(output.content); throw new Error('end'); },
    },
  });
  assert.deepEqual(outputs, ['ok']);
  assert.deepEqual(lines.map(([text, error]) => [text, (error as Error).message]), [['[moss] a tool callback failed:', 'start'], ['[moss] a tool callback failed:', 'end']]);
});

test('tools run at the same time, and events go on meanwhile', async () => {
  const gates = [gate<string>(), gate<string>()];
  const { seen, handlers } = recorder('on_message_delta');
  const run = await runtime(handlers, {}, [{ name: 'f', invoke: ({ n }: any) => gates[n]!.promise }]);
  script(async (engine) => {
    assert.deepEqual(await engine.send(toolItem(1, 'f', { n: 0 }), toolItem(2, 'f', { n: 1 }), delta(1)), { handled: 1, failed: false });
    const second = engine.heard((told) => told.call === 2);
    gates[1]!.open('two');
    assert.deepEqual(await second, { call: 2, returned: { content: 'two' } });
    const first = engine.heard((told) => told.call === 1);
    gates[0]!.open('one');
    assert.deepEqual(await first, { call: 1, returned: { content: 'one' } });
    return done();
  });
  await run.processStream(question);
  assert.deepEqual(seen, [['on_message_delta', 1]]);
});

test('a cancelled tool has its signal aborted at once, even behind a slow handler, and its late answer is dropped', async () => {
  const slow = gate();
  const late = gate<string>();
  const errors: any[] = [];
  let signal!: AbortSignal;
  const run = await runtime({ on_message_delta: () => slow.promise }, {}, [{ name: 'f', invoke: (_: any, rt: any) => ((signal = rt.signal), late.promise) }]);
  script(async (engine) => {
    const answer = engine.send(toolItem(1, 'f'), delta(1));
    engine.post(['@toolCancel', { call: 1 }]);
    assert.deepEqual([signal.aborted, signal.reason.name], [true, 'TimeoutError']);
    late.open('too late');
    slow.open();
    await answer;
    await new Promise(setImmediate);
    assert.deepEqual(engine.told, [{ handled: 1, failed: false }]);
    return done();
  });
  await run.processStream(question, {}, { callbacks: { [Callback.TOOL_ERROR]: (_graph, error) => errors.push(error.name) } });
  assert.deepEqual(errors, ['TimeoutError']);
});

test('an abort reaches tools: their signal fires with the reason, and the engine hears of it', async () => {
  const controller = new AbortController();
  let signal!: AbortSignal;
  const run = await runtime({}, {}, [{ name: 'f', invoke: (_: any, rt: any) => ((signal = rt.signal), new Promise(() => {})) }]);
  script(async (engine) => {
    engine.post(toolItem(1, 'f'));
    controller.abort('enough');
    engine.post(toolItem(2, 'f'));
    const error = { name: 'AbortError', message: 'This operation was aborted' };
    assert.deepEqual(engine.told, [{ cancelled: true }, { call: 1, error }, { call: 2, error }]);
    return failed({ name: 'AbortError', code: 'CANCELLED' });
  });
  await assert.rejects(run.processStream(question, { signal: controller.signal }), { name: 'AbortError', cause: 'enough' });
  assert.deepEqual([signal.aborted, signal.reason], [true, 'enough']);
});

test('model events carry LangChain messages', async () => {
  const seen: any[] = [];
  const keep = (_event: string, data: any): void => void seen.push(data);
  const run = await runtime({ on_chat_model_start: keep, on_chat_model_stream: keep, on_chat_model_end: keep });
  script(async (engine) => {
    await engine.send(
      ['on_chat_model_start', { input: { messages: [[{ type: 'human', content: 'hi' }]] } }],
      ['on_chat_model_stream', { chunk: { content: 'x' } }],
      ['on_chat_model_end', { output: { type: 'ai', content: 'x', usage_metadata: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } } }],
    );
    return done();
  });
  await run.processStream(question);
  assert.equal(seen[0].input.messages[0][0].getType(), 'human');
  assert.ok(seen[1].chunk instanceof AIMessageChunk);
  assert.deepEqual([seen[2].output instanceof AIMessageChunk, seen[2].output.usage_metadata.total_tokens], [true, 2]);
});

test('a batch that is not JSON ends the runs that are going on', async () => {
  const run = await runtime();
  script(async (engine) => {
    const cancelled = engine.heard((told) => told.cancelled);
    binding.send('[[1,');
    await cancelled;
    return failed({ name: 'AbortError', code: 'CANCELLED' });
  });
  await assert.rejects(run.processStream(question), { code: 'INTERNAL' });
});

test('a host may set every public member to null, while the run goes on too', async () => {
  const run = await runtime({}, { returnContent: true });
  script(async (engine) => {
    for (const key of Object.keys(run.Graph!)) (run.Graph as any)[key] = null;
    const graph = run.Graph!;
    for (const key of ['Graph', 'graphRunnable', 'handlerRegistry', 'id', 'indexTokenCountMap', 'tokenCounter']) (run as any)[key] = null;
    await engine.send(['on_run_step', { id: 's', index: 0, type: 'tool_calls', stepDetails: { type: 'tool_calls', tool_calls: [{ id: 'c' }] } }]);
    assert.deepEqual([graph.getRunSteps(), graph.getContentParts() ?? null], [[], null]);
    return done(['x']);
  });
  assert.deepEqual(await run.processStream(question), ['x']);
});

test('what the Run interface asks of a plain run', async () => {
  const run = await runtime({}, { calibrationRatio: 1.5 });
  assert.deepEqual([run.getInterrupt(), run.getHaltReason(), run.getCalibrationRatio(), run.getDiscoveredTools(), run.getRunMessages()], [undefined, undefined, 1.5, [], []]);
  assert.deepEqual(run.Graph?.getAgentContext({ langgraph_node: 'agent=default' }), { agentId: 'default', provider: 'openAI', clientOptions: {} });
  assert.throws(() => run.Graph?.getAgentContext({ langgraph_node: 'agent=nobody' }), { message: 'no agent of this run is called `nobody`' });
});

test('dispose frees the native side once; a run that is going on is cancelled first', async () => {
  const [idle, busy] = [await runtime(), await runtime()];
  idle.dispose();
  idle.dispose();
  assert.deepEqual(binding.dropped, [1]);
  await assert.rejects(idle.processStream(question), { code: 'RUN_DISPOSED' });
  script(async (engine) => {
    busy.dispose();
    assert.deepEqual([engine.cancelled, binding.dropped], [true, [1]]);
    return failed({ name: 'AbortError', code: 'CANCELLED' });
  });
  await assert.rejects(busy.processStream(question), { name: 'AbortError' });
  assert.deepEqual(binding.dropped, [1, 2]);
});

test('a runtime that nobody holds any more frees its native side', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  script(async () => done());
  await (await runtime()).processStream(question);
  for (let i = 0; i < 100 && binding.dropped.length === 0; i++) {
    collectGarbage();
    await new Promise(setImmediate);
  }
  assert.deepEqual(binding.dropped, [1]);
});

test('a handler that cannot be called is refused at once', async () => {
  await assert.rejects(runtime({ on_tool_end: 'x' as never }), { code: 'INVALID_CONFIG', message: 'the handler of `on_tool_end` is neither a function nor an object with a `handle` function' });
});
