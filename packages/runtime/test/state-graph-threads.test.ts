// Threads of state graphs over the native engine: checkpoints, questions, state, history, forks, stores.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { AIMessage, HumanMessage, type BaseMessage } from '@langchain/core/messages';
import { Command, END, field, GraphError, GraphInterrupt, MemoryCheckpointer, PARENT, Send, SqliteCheckpointer, START, StateGraph, type Checkpointer, type GraphSnapshot } from '@moss/runtime';
import { withoutNative } from './support/native.js';

const thread = { threadId: 't' };
const state = { log: field.append<string>(), name: field.lastValue<any>(), messages: field.messages() };
const says = (name: string) => (): { log: string } => ({ log: name });

/** A graph that asks between two nodes. */
const asking = (checkpointer: Checkpointer = new MemoryCheckpointer()) =>
  new StateGraph({ state })
    .addNode('before', says('before'))
    .addNode('ask', (_state, { interrupt }) => ({ name: interrupt({ question: 'name?' }) }))
    .addNode('after', ({ name }) => ({ log: `hello ${name}` }))
    .addEdge(START, 'before')
    .addSequence(['before', 'ask', 'after'])
    .compile({ checkpointer });

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('threads of state graphs', { skip: withoutNative }, () => {
  test('a run stops for a question and goes on with the answer', async () => {
    const engine = asking();
    const stopped = await engine.run({}, thread);
    assert.deepEqual([stopped.ending, stopped.values.log], ['interrupted', ['before']]);
    const [{ id, value, node, namespace }] = stopped.interrupts as any;
    assert.deepEqual([value, node, namespace, typeof id], [{ question: 'name?' }, 'ask', '', 'string']);
    const done = await engine.run(new Command({ resume: 'Ann' }), thread);
    assert.deepEqual([done.ending, done.values.log, done.values.name], ['done', ['before', 'hello Ann'], 'Ann']);
  });

  test('`invoke` gives the questions as LangGraph does, and null and false are answers', async () => {
    const engine = asking();
    for (const [i, answer] of [null, false, 0, ''].entries()) {
      const config = { configurable: { thread_id: `t${i}` } };
      const asked = await engine.invoke({}, config);
      assert.deepEqual(asked.__interrupt__?.map(({ value }) => value), [{ question: 'name?' }]);
      const values = await engine.invoke(new Command({ resume: answer }), config);
      assert.equal(values.name ?? null, answer);
      assert.equal('__interrupt__' in values, false);
    }
  });

  test('a node that asks twice takes the answers in order, and what it let pass is a GraphInterrupt', async () => {
    const seen: unknown[] = [];
    const engine = new StateGraph({ state })
      .addNode('ask', (_state, { interrupt }) => {
        try {
          return { log: [interrupt(1), interrupt(2)] };
        } catch (error) {
          seen.push(error instanceof GraphInterrupt && error.value);
          throw error;
        }
      })
      .addEdge(START, 'ask')
      .compile({ checkpointer: new MemoryCheckpointer() });
    await engine.run({}, thread);
    await engine.run(new Command({ resume: 'one' }), thread);
    assert.deepEqual((await engine.run(new Command({ resume: 'two' }), thread)).values.log, ['one', 'two']);
    assert.deepEqual(seen, [1, 2]);
  });

  test('several questions are answered by their ids; an answer that does not fit is refused', async () => {
    const engine = new StateGraph({ state })
      .addNode('ask', ({ n }: any, { interrupt }) => ({ log: `${n}:${interrupt(n, { schema: { type: 'string' } })}` }))
      .addConditionalEdges(START, () => [new Send('ask', { n: 1 }), new Send('ask', { n: 2 })], ['ask'])
      .compile({ checkpointer: new MemoryCheckpointer() });
    const { interrupts } = await engine.run({}, thread);
    assert.deepEqual(interrupts.map(({ value, schema }) => [value, schema]), [[1, { type: 'string' }], [2, { type: 'string' }]]);
    const [one, two] = interrupts.map(({ id }) => id) as [string, string];
    await assert.rejects(engine.run(new Command({ resume: 'which?' }), thread), { code: 'AMBIGUOUS_ANSWER' });
    await assert.rejects(engine.run(new Command({ resume: { [one]: 1 } }), thread), { code: 'INVALID_ANSWER' });
    const rest = await engine.run(new Command({ resume: { [one]: 'a' } }), thread);
    assert.deepEqual(rest.interrupts.map(({ id }) => id), [two]);
    assert.deepEqual((await engine.run(new Command({ resume: { [two]: 'b' } }), thread)).values.log, ['1:a', '2:b']);
  });

  test('a run stops before and after nodes, and goes on with null', async () => {
    const engine = new StateGraph({ state })
      .addNode('a', says('a'))
      .addNode('b', says('b'))
      .addEdge(START, 'a')
      .addEdge('a', 'b')
      .compile({ checkpointer: new MemoryCheckpointer(), interruptBefore: ['b'] });
    const before = await engine.run({}, thread);
    assert.deepEqual([before.ending, before.nodes, before.values.log], ['stoppedBefore', ['b'], ['a']]);
    assert.deepEqual((await engine.run(null, thread)).values.log, ['a', 'b']);
    const after = await engine.run({}, { threadId: 'u', interruptAfter: '*', interruptBefore: [] });
    assert.deepEqual([after.ending, after.nodes], ['stoppedAfter', ['a']]);
  });

  test('a side effect before a question is done once; a failed one is told again', async () => {
    let done = 0;
    const engine = new StateGraph({ state })
      .addNode('a', async (_state, { task, interrupt }) => {
        const receipt = await task('pay', async () => ({ receipt: ++done }));
        return { log: `${receipt.receipt}`, name: interrupt('ok?') };
      })
      .addEdge(START, 'a')
      .compile({ checkpointer: new MemoryCheckpointer() });
    await engine.run({}, thread);
    const { values } = await engine.run(new Command({ resume: true }), thread);
    assert.deepEqual([done, values.log, values.name], [1, ['1'], true]);
    const boom = new Error('no money');
    const failing = new StateGraph({ state }).addNode('a', (_state, { task }) => task('pay', () => Promise.reject(boom))).addEdge(START, 'a');
    await assert.rejects(failing.compile({ checkpointer: new MemoryCheckpointer() }).run({}, thread), (error) => error === boom);
  });

  test('a thread that failed goes on with what had not come to its end', async () => {
    const ran: string[] = [];
    let broken = true;
    const engine = new StateGraph({ state })
      .addNode('good', () => (ran.push('good'), { log: 'good' }))
      .addNode('bad', async () => {
        ran.push('bad');
        await new Promise(setImmediate);
        if (broken) throw new Error('bad luck');
        return { log: 'bad' };
      })
      .addEdge(START, 'good')
      .addEdge(START, 'bad')
      .compile({ checkpointer: new MemoryCheckpointer() });
    await assert.rejects(engine.run({}, thread), { message: 'bad luck' });
    const { tasks, next } = (await engine.getState(thread))!;
    assert.deepEqual(next, ['bad']);
    assert.match(JSON.stringify(tasks.find(({ name }) => name === 'bad')?.error), /bad luck/);
    broken = false;
    assert.deepEqual((await engine.run(null, thread)).values.log, ['bad', 'good']);
    assert.deepEqual(ran, ['bad', 'good', 'bad']);
  });

  test('the state of a thread, its history and what changed', async () => {
    const engine = asking();
    assert.equal(await engine.getState(thread), undefined);
    await engine.run({ messages: new HumanMessage('hi') }, { ...thread, runId: 'run', metadata: { user: 'u' } });
    const state = (await engine.getState(thread)) as GraphSnapshot<any>;
    assert.deepEqual(state.next, ['ask']);
    assert.ok(state.values.messages[0] instanceof HumanMessage);
    assert.deepEqual(state.tasks.map(({ name, interrupts }) => [name, interrupts[0]?.value]), [['ask', { question: 'name?' }]]);
    assert.deepEqual(state.config.configurable, { thread_id: 't', checkpoint_id: state.checkpointId });
    assert.equal(state.parentConfig?.threadId, 't');
    assert.deepEqual([state.metadata['user'], state.metadata['run_id'], state.source], ['u', 'run', 'loop']);
    assert.ok(Math.abs(Date.parse(state.createdAt) - Date.now()) < 60_000);
    await engine.run(new Command({ resume: 'Ann' }), thread);
    const history = await all(engine.getStateHistory(thread));
    assert.deepEqual(history.map(({ step, source }) => [step, source]), [[3, 'loop'], [2, 'loop'], [1, 'loop'], [-1, 'input']]);
    const two = await all(engine.getStateHistory(thread, { limit: 2, before: history[0]!.config }));
    assert.deepEqual(two.map(({ step }) => step), [2, 1]);
    assert.deepEqual((await all(engine.getStateHistory(thread, { filter: { source: 'input' } }))).map(({ step }) => step), [-1]);
    const old = await engine.getState({ ...thread, checkpointId: history[1]!.checkpointId });
    assert.equal(old?.step, 2);
    assert.deepEqual(await engine.diff(thread, history[1]!.checkpointId, history[0]!.checkpointId), {
      log: { change: 'appended', items: ['hello Ann'] },
    });
  });

  test('a long history is read page by page, each checkpoint once', async () => {
    const engine = new StateGraph({ state: { n: field.add({ default: 0 }) } })
      .addNode('a', () => ({ n: 1 }))
      .addEdge(START, 'a')
      .addConditionalEdges('a', ({ n }) => (n < 120 ? 'a' : END))
      .compile({ checkpointer: new MemoryCheckpointer() });
    await engine.run({}, { ...thread, recursionLimit: 200 });
    const steps = (await all(engine.getStateHistory(thread))).map(({ values }) => values.n);
    assert.deepEqual(steps, Array.from({ length: 121 }, (_, i) => 120 - i));
    assert.equal((await all(engine.getStateHistory(thread, { limit: 75 }))).length, 75);
  });

  test('a state is updated as a node does it; `END` ends, `START` begins anew', async () => {
    const engine = asking();
    await engine.run({}, thread);
    const config = await engine.updateState(thread, { name: 'Eve', messages: [{ role: 'user', content: 'x' }] }, 'ask');
    assert.equal(config.threadId, 't');
    const state = (await engine.getState(thread))!;
    assert.deepEqual([state.checkpointId, state.next, state.values.name, state.source], [config.checkpointId, ['after'], 'Eve', 'update']);
    assert.deepEqual((await engine.run(null, config)).values.log, ['before', 'hello Eve']);
    await engine.bulkUpdateState(thread, [[{ values: { log: 'x' }, asNode: START }], [{ values: null, asNode: END }]]);
    assert.deepEqual((await engine.getState(thread))?.next, []);
  });

  test('a checkpoint is forked, and the thread goes on from there another way', async () => {
    const engine = asking();
    await engine.run({}, thread);
    await engine.run(new Command({ resume: 'Ann' }), thread);
    const [, , asked] = await all(engine.getStateHistory(thread));
    const forked = await engine.fork(asked!.config);
    assert.deepEqual((await engine.getState(forked))?.source, 'fork');
    await engine.run(null, forked);
    const { values } = await engine.run(new Command({ resume: 'Bob' }), thread);
    assert.deepEqual(values.log, ['before', 'hello Bob']);
  });

  test('a question in a graph inside is answered there', async () => {
    const inner = new StateGraph({ state: { log: field.append<string>(), own: field.lastValue<string>() } })
      .addNode('x', () => ({ own: 'mine' }))
      .addNode('ask', (_state, { interrupt, namespace }) => ({ log: `${interrupt('?')} in ${namespace.split(':')[0]}` }))
      .addEdge(START, 'x')
      .addEdge('x', 'ask');
    const engine = new StateGraph({ state: { log: field.append<string>() } }).addNode('sub', inner).addEdge(START, 'sub').compile({ checkpointer: new MemoryCheckpointer() });
    const { interrupts } = await engine.run({ log: 'in' }, thread);
    assert.match(interrupts[0]!.namespace, /^sub:/);
    const snapshot = await engine.getState(thread, { subgraphs: true });
    assert.equal(snapshot?.tasks[0]?.state?.values['own'], 'mine');
    assert.deepEqual((await engine.run(new Command({ resume: { [interrupts[0]!.id]: 'yes' } }), thread)).values.log, ['in', 'yes in sub']);
  });

  test('a graph inside is looked at and updated by its namespace', async () => {
    const fields = { messages: field.messages(), notes: field.reduce((held: string[], note: string) => [...held, note], { default: [] as string[] }) };
    const deep = new StateGraph({ state: fields })
      .addNode('look', () => ({ notes: 'looked' }))
      .addNode('ask', ({ notes }, { interrupt }) => ({ messages: `${interrupt('?')} after ${notes.join()}` }))
      .addEdge(START, 'look')
      .addConditionalEdges('look', ({ notes }) => (notes.includes('stop') ? END : 'ask'), ['ask', END]);
    const middle = new StateGraph({ state: { messages: field.messages() } }).addNode('deep', deep).addEdge(START, 'deep');
    const engine = new StateGraph({ state: { messages: field.messages() } })
      .addNode('middle', middle)
      .addEdge(START, 'middle')
      .compile({ checkpointer: new MemoryCheckpointer() });
    const { interrupts } = await engine.run({ messages: 'hi' }, thread);
    const { namespace } = interrupts[0]!;
    const whole = await engine.getState(thread, { subgraphs: true });
    const inner = whole!.tasks[0]!.state!.tasks[0]!.state!;
    assert.deepEqual([inner.config.namespace, inner.next, inner.step], [namespace, ['ask'], 1]);
    assert.deepEqual(inner.values['messages'].map((message: BaseMessage) => message.text), ['hi']);
    assert.deepEqual(inner.tasks[0]!.interrupts, interrupts);
    assert.deepEqual(await engine.getState({ ...thread, namespace }), inner);
    assert.deepEqual(await engine.getState(inner.config), inner);
    assert.deepEqual((await engine.getState({ configurable: { thread_id: thread.threadId, checkpoint_ns: namespace } }))?.config, inner.config);

    const made = await engine.updateState({ ...thread, namespace }, { notes: 'told', messages: 'said' }, 'look');
    assert.equal(made.configurable.checkpoint_ns, namespace);
    await assert.rejects(engine.updateState(inner.config, { notes: 'late' }), { code: 'INVALID_CONFIG' });
    const updated = (await engine.getState(made))!;
    assert.deepEqual([updated.source, updated.values['notes'], updated.next], ['update', ['looked', 'told'], ['ask']]);
    assert.deepEqual(updated.tasks[0]!.interrupts, interrupts);
    const { values } = await engine.run(new Command({ resume: 'yes' }), thread);
    assert.deepEqual(values.messages.map((message) => message.text), ['hi', 'said', 'yes after looked,told']);

    await assert.rejects(engine.updateState({ ...thread, namespace }, { notes: 'late' }), { code: 'UNKNOWN_NAMESPACE' });
    await assert.rejects(engine.getState({ ...thread, namespace: 'nobody' }), { code: 'UNKNOWN_NAMESPACE' });
    await assert.rejects(engine.fork(made), { code: 'INVALID_CONFIG' });
  });

  test('the router of a graph inside sees its state as the update leaves it', async () => {
    const seen: unknown[] = [];
    const inner = new StateGraph({ state: { log: field.append<string>(), own: field.lastValue<string>() } })
      .addNode('first', () => ({ own: 'first' }))
      .addNode('ask', (_state, { interrupt }) => ({ log: String(interrupt('?')) }))
      .addEdge(START, 'first')
      .addConditionalEdges('first', (state) => (seen.push({ ...state }), state.own === 'enough' ? END : 'ask'), ['ask', END]);
    const engine = new StateGraph({ state: { log: field.append<string>() } }).addNode('sub', inner).addEdge(START, 'sub').compile({ checkpointer: new MemoryCheckpointer() });
    const { interrupts } = await engine.run({ log: 'in' }, thread);
    await engine.updateState({ ...thread, namespace: interrupts[0]!.namespace }, { own: 'enough', log: 'mended' }, 'first');
    assert.deepEqual(seen, [{ log: ['in'], own: 'first' }, { log: ['in', 'mended'], own: 'enough' }]);
    assert.deepEqual((await engine.run(null, thread)).values.log, ['in', 'mended']);
  });

  test('what a graph inside remembers is updated between its runs', async () => {
    const inner = new StateGraph({ state: { counts: field.append<number>(), extra: field.append<string>() } })
      .addNode('count', ({ counts, extra }) => ({ counts: counts.length + extra.length }))
      .addEdge(START, 'count');
    const engine = new StateGraph({ state: { counts: field.append<number>() } })
      .addNode('counter', inner, { memory: 'thread' })
      .addEdge(START, 'counter')
      .compile({ checkpointer: new MemoryCheckpointer() });
    await engine.run({}, thread);
    await engine.updateState({ ...thread, namespace: 'counter' }, { extra: ['a', 'b'] }, END);
    assert.deepEqual((await engine.getState({ ...thread, namespace: 'counter' }))?.values, { counts: [0], extra: ['a', 'b'] });
    assert.equal((await engine.run({}, thread)).values.counts.at(-1), 3);
  });

  test('a command writes and leads on as an input', async () => {
    const engine = asking();
    await engine.run({}, thread);
    const { values } = await engine.run(new Command({ update: { name: 'Zoe' }, goto: 'after', resume: 'Ann' }), thread);
    assert.ok(values.log.includes('hello Zoe') || values.log.includes('hello Ann'), values.log.join());
  });

  test('a command for the graph around is no input', async () => {
    const command = new Command({ graph: PARENT, goto: 'after' });
    await assert.rejects(asking().run(command, thread), { code: 'NO_PARENT_GRAPH' });
  });

  test('what was done beside a question is shown as it was written', async () => {
    const engine = new StateGraph({ state })
      .addNode('ask', (_state, { interrupt }) => ({ log: interrupt('?') }))
      .addNode('beside', says('beside'))
      .addEdge(START, 'ask')
      .addEdge(START, 'beside')
      .compile({ checkpointer: new MemoryCheckpointer() });
    await engine.run({}, thread);
    const { tasks } = (await engine.getState(thread))!;
    assert.deepEqual(tasks.map(({ name, result }) => [name, result]), [['ask', undefined], ['beside', { log: 'beside' }]]);
  });

  test('a thread that is busy refuses a second run, or lets it wait', async () => {
    const gates: (() => void)[] = [];
    const engine = new StateGraph({ state })
      .addNode('a', async () => {
        await new Promise<void>((resolve) => gates.push(resolve));
        return { log: 'a' };
      })
      .addEdge(START, 'a')
      .compile({ checkpointer: new MemoryCheckpointer() });
    const first = engine.run({}, thread);
    while (gates.length === 0) await new Promise(setImmediate);
    await assert.rejects(engine.run({}, thread), { code: 'THREAD_BUSY' });
    const second = engine.run({}, { ...thread, onBusy: 'enqueue' });
    gates.shift()!();
    assert.deepEqual((await first).values.log, ['a']);
    while (gates.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    gates.shift()!();
    assert.deepEqual((await second).values.log, ['a', 'a']);
  });

  test('what needs a thread says so', async () => {
    const engine = asking();
    await assert.rejects(engine.run({}), { code: 'MISSING_THREAD_ID' });
    await assert.rejects(engine.getState({}), { code: 'MISSING_THREAD_ID' });
    const without = new StateGraph({ state }).addNode('a', says('a')).addEdge(START, 'a').compile();
    await assert.rejects(without.run({}, thread), { code: 'MISSING_CHECKPOINTER' });
    await assert.rejects(without.getState(thread), { code: 'MISSING_CHECKPOINTER' });
    await assert.rejects(engine.run(null, { threadId: 'new' }), { code: 'EMPTY_INPUT' });
    await assert.rejects(engine.getState({ ...thread, checkpointId: 'no id' }), (error) => error instanceof GraphError);
  });

  test('threads in a file are there for those who open it later', async (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'moss-'));
    t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'threads.db');
    const first = new SqliteCheckpointer(file, { durability: 'processCrash' });
    for (const durability of ['sync', 'async', 'exit'] as const) await asking(first).run({ messages: 'hi' }, { threadId: durability, durability });
    first.close();
    assert.throws(() => asking(first), { code: 'STORE_FAILED' });
    const second = new SqliteCheckpointer(file);
    for (const threadId of ['sync', 'async', 'exit']) {
      const { values } = await asking(second).run(new Command({ resume: 'Ann' }), { threadId });
      assert.deepEqual([values.log, values.messages[0]?.content], [['before', 'hello Ann'], 'hi']);
    }
    second.close();
    assert.throws(() => new SqliteCheckpointer(path.join(folder, 'no', 'such', 'folder.db')), (error) => error instanceof GraphError);
  });

  test('a long conversation is shown whole and in order, as the last state and in the history', async (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'moss-'));
    t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'threads.db');
    const graph = new StateGraph({ state })
      .addNode('a', () => ({ messages: [new AIMessage({ id: 'last', content: 'é “\\" \u2028 😀' })], name: 'done' }))
      .addEdge(START, 'a');
    const messages = Array.from({ length: 500 }, (_, i) => new HumanMessage({ id: `${i}`, content: `${i} `.repeat(i % 7 === 0 ? 5000 : 10) }));
    const checkpointer = new SqliteCheckpointer(file);
    const { values } = await graph.compile({ checkpointer }).run({ messages }, thread);
    checkpointer.close();

    const engine = graph.compile({ checkpointer: new SqliteCheckpointer(file) });
    const shown = (await engine.getState(thread))!.values;
    assert.deepEqual(shown, values);
    assert.equal(shown.messages.length, 501);
    assert.ok(Array.isArray(shown.messages) && Object.isFrozen(shown.messages) && shown.messages[500] instanceof AIMessage);
    assert.deepEqual(Object.getOwnPropertyDescriptor(shown, 'messages')!.value, shown.messages);
    const [last, first] = await all(engine.getStateHistory(thread));
    assert.deepEqual(last!.values, shown);
    assert.deepEqual(first!.values.messages, shown.messages.slice(0, 500));
  });

  test('threads are copied, pruned and deleted, and runs are deleted', async () => {
    const checkpointer = new MemoryCheckpointer();
    const engine = asking(checkpointer);
    const count = async (threadId: string): Promise<number> => (await all(engine.getStateHistory({ threadId }))).length;
    await engine.run({}, { ...thread, runId: 'one' });
    await engine.run(new Command({ resume: 1 }), { ...thread, runId: 'two' });
    await checkpointer.copyThread('t', 'u');
    assert.deepEqual([await count('t'), await count('u')], [4, 4]);
    assert.equal(await checkpointer.prune(undefined, { keepLast: 1, olderThanMs: 3_600_000 }), 0, 'all are young');
    assert.equal(await checkpointer.prune('t', { keepLast: 1 }), 3);
    assert.deepEqual([await count('t'), await count('u')], [1, 4]);
    assert.equal(await checkpointer.deleteRun('u', 'two'), 2);
    assert.equal(await count('u'), 2);
    assert.equal(await checkpointer.prune(undefined, { keepLast: 1 }), 1);
    await checkpointer.deleteThread('u');
    assert.equal(await engine.getState({ threadId: 'u' }), undefined);
  });
});
