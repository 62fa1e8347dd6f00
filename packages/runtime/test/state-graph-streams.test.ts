// Streams of state graphs over the native engine.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AIMessage, AIMessageChunk, HumanMessage } from '@langchain/core/messages';
import { Command, field, MemoryCheckpointer, Send, START, StateGraph, type StateGraphEngine } from '@moss/runtime';
import { withoutNative } from './support/native.js';

const state = { log: field.append<string>(), messages: field.messages() };

function chatting(): StateGraphEngine<typeof state> {
  return new StateGraph({ state })
    .addNode('a', async (_state, { write, writeMessage }) => {
      await write({ progress: 1 });
      await writeMessage(new AIMessageChunk({ content: 'hel', id: 'm' }), { tag: 't' });
      await writeMessage('lo');
      return { log: 'a', messages: new AIMessage({ content: 'hello', id: 'm' }) };
    })
    .addNode('b', () => ({ log: 'b' }))
    .addEdge(START, 'a')
    .addEdge('a', 'b')
    .compile();
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** A node that writes as fast as it can, and awaits or not. */
const flood = (count: number, awaits: boolean): StateGraphEngine<any> =>
  new StateGraph({ state: {} })
    .addNode('flood', async (_state, { write }) => {
      for (let i = 0; i < count; i++) {
        const room = write(i);
        if (awaits) await room;
      }
    })
    .addEdge(START, 'flood')
    .compile();

describe('streams of state graphs', { skip: withoutNative }, () => {
  test('updates are told by default, with messages as LangChain objects', async () => {
    const chunks = (await all(chatting().stream({}))) as any[];
    assert.deepEqual(chunks.map((chunk) => Object.keys(chunk)), [['a'], ['b']]);
    assert.deepEqual(chunks[0].a.log, 'a');
    assert.ok(chunks[0].a.messages instanceof AIMessage);
    assert.deepEqual(chunks[1], { b: { log: 'b' } });
  });

  test('values are the state after the input and each superstep', async () => {
    const stream = chatting().stream({ messages: [new HumanMessage('hi')] }, { streamMode: 'values' });
    const chunks = (await all(stream)) as any[];
    assert.deepEqual(chunks.map(({ log, messages }) => [log, messages.map((message: any) => message.getType())]), [
      [[], ['human']],
      [['a'], ['human', 'ai']],
      [['a', 'b'], ['human', 'ai']],
    ]);
    assert.deepEqual((await stream.outcome).values.log, ['a', 'b']);
  });

  test('messages come as pieces with where they are from', async () => {
    const chunks = (await all(chatting().stream({}, { streamMode: 'messages' }))) as any[];
    assert.ok(chunks[0][0] instanceof AIMessageChunk);
    assert.deepEqual([chunks[0][0].content, chunks[0][0].id, chunks[1][0]], ['hel', 'm', 'lo']);
    assert.deepEqual([chunks[0][1].langgraph_node, chunks[0][1].langgraph_step, chunks[0][1].tag], ['a', 1, 't']);
  });

  test('several modes come in one order, with numbers without gaps', async () => {
    const streamMode = ['values', 'updates', 'messages', 'custom', 'tasks', 'checkpoints', 'debug'] as const;
    const events = await all(chatting().streamEvents({}, { streamMode }));
    assert.deepEqual(events.map(({ seq }) => seq), events.map((_, i) => i + 1));
    assert.deepEqual(new Set(events.map(({ mode }) => mode)), new Set(streamMode));
    const pairs = await all(chatting().stream({}, { streamMode }));
    assert.deepEqual(pairs.map(([mode]) => mode), events.map(({ mode }) => mode));
    assert.deepEqual(pairs.find(([mode]) => mode === 'custom'), ['custom', { progress: 1 }]);
  });

  test('graphs inside are told of under their namespaces, if they are asked for', async () => {
    const engine = new StateGraph({ state: { log: field.append<string>() } })
      .addNode('sub', chatting())
      .addEdge(START, 'sub')
      .compile();
    const chunks = await all(engine.stream({}, { streamMode: ['updates'], subgraphs: true }));
    assert.deepEqual(chunks.map(([namespace, mode]) => [namespace.map((task) => task.split(':')[0]), mode]), [
      [['sub'], 'updates'],
      [['sub'], 'updates'],
      [[], 'updates'],
    ]);
    assert.ok((chunks[0]![2] as any).a.messages instanceof AIMessage);
    assert.equal((await all(engine.stream({}))).length, 1);
  });

  test('a question is told, and a stream goes on with the answer', async () => {
    const engine = new StateGraph({ state })
      .addNode('ask', (_state, { interrupt }) => ({ log: interrupt('?') }))
      .addEdge(START, 'ask')
      .compile({ checkpointer: new MemoryCheckpointer() });
    const chunks = (await all(engine.stream({}, { threadId: 't' }))) as any[];
    assert.equal(chunks[0].__interrupt__[0].value, '?');
    assert.deepEqual(await all(engine.stream(new Command({ resume: 'yes' }), { threadId: 't' })), [{ ask: { log: 'yes' } }]);
  });

  test('a stop is told in both modes, and by `invoke`', async () => {
    const stopping = new StateGraph({ state })
      .addNode('a', () => ({ log: 'a' }))
      .addEdge(START, 'a')
      .compile({ checkpointer: new MemoryCheckpointer(), interruptBefore: ['a'] });
    assert.deepEqual(await all(stopping.stream({ log: 'in' }, { threadId: 't', streamMode: ['updates', 'values'] })), [
      ['values', { log: ['in'], messages: [] }],
      ['updates', { __interrupt__: [] }],
      ['values', { __interrupt__: [] }],
    ]);
    assert.deepEqual((await stopping.invoke({}, { threadId: 'u' })).__interrupt__, []);
    assert.equal('__interrupt__' in (await stopping.invoke(null, { threadId: 'u' })), false);
  });

  test('what nodes of graphs inside write is told without those graphs', async () => {
    const engine = new StateGraph({ state: { log: field.append<string>() } })
      .addNode('sub', chatting())
      .addEdge(START, 'sub')
      .compile();
    const chunks = await all(engine.stream({}, { streamMode: ['custom', 'messages', 'updates'] }));
    assert.deepEqual(chunks.map(([mode]) => mode), ['custom', 'messages', 'messages', 'updates']);
  });

  test('tasks are told with what was sent to them, what was said of their nodes, and why they failed', async () => {
    const engine = new StateGraph({ state })
      .addNode('work', ({ item }: any) => Promise.reject(new Error(`no ${item}`)), { metadata: { kind: 'worker' } })
      .addConditionalEdges(START, () => new Send('work', { item: 'tea' }), ['work'])
      .compile();
    const chunks: any[] = [];
    await assert.rejects(
      (async () => {
        for await (const chunk of engine.stream({}, { streamMode: 'tasks' })) chunks.push(chunk);
      })(),
    );
    assert.deepEqual(chunks.map(({ input, metadata, error, result }) => ({ input, metadata, error, result })), [
      { input: { item: 'tea' }, metadata: { kind: 'worker' }, error: undefined, result: undefined },
      { input: undefined, metadata: undefined, error: 'no tea', result: {} },
    ]);
  });

  for (const awaits of [true, false]) {
    test(`none of 100,000 writes without delay is lost (${awaits ? 'each is awaited' : 'none is awaited'})`, async () => {
      let next = 0;
      for await (const n of flood(100_000, awaits).stream({}, { streamMode: 'custom' })) if (n !== next++) assert.fail(`${n} came as number ${next}`);
      assert.equal(next, 100_000);
    });
  }

  test('a run waits for a reader that is slow', async () => {
    let written = 0;
    const engine = new StateGraph({ state: {} })
      .addNode('a', async (_state, { write }) => {
        for (; written < 20_000; written++) await write(written);
      })
      .addEdge(START, 'a')
      .compile();
    let read = 0;
    for await (const _ of engine.stream({}, { streamMode: 'custom' })) {
      // The credit, what the node may write ahead, and what is on its way.
      assert.ok(written - read++ < 1024 + 512 + 256, `${written} were written and ${read} read`);
      if (read % 100 === 0) await new Promise(setImmediate);
    }
    assert.equal(read, 20_000);
  });

  test('a stream that is left early ends its run', async () => {
    let aborted = 0;
    const engine = new StateGraph({ state })
      .addNode('a', async (_state, { write, signal }) => {
        signal.addEventListener('abort', () => aborted++);
        await write(1);
        await new Promise(() => {});
      })
      .addEdge(START, 'a')
      .compile();
    for await (const _ of engine.stream({}, { streamMode: 'custom' })) break;
    assert.equal(aborted, 1);
    const stream = engine.stream({}, { streamMode: 'custom' });
    await stream.next();
    const outcome = stream.outcome;
    await stream.return();
    await assert.rejects(outcome, { name: 'AbortError' });
  });

  test('an abort rejects the reader behind what was told', async () => {
    const controller = new AbortController();
    const engine = new StateGraph({ state })
      .addNode('a', async (_state, { write }) => {
        await write(1);
        await new Promise(() => {});
      })
      .addEdge(START, 'a')
      .compile();
    const seen: unknown[] = [];
    await assert.rejects(
      (async () => {
        for await (const chunk of engine.stream({}, { streamMode: 'custom', signal: controller.signal })) {
          seen.push(chunk);
          controller.abort('enough');
        }
      })(),
      { name: 'AbortError', cause: 'enough' },
    );
    assert.deepEqual(seen, [1]);
  });

  test('a node that fails rejects the reader with what it threw', async () => {
    const boom = new Error('boom');
    const engine = new StateGraph({ state }).addNode('a', () => Promise.reject(boom)).addEdge(START, 'a').compile();
    await assert.rejects(all(engine.stream({}, { streamMode: 'values' })), (error) => error === boom);
  });
});
