// Values of the state that nodes hand back: they are the same objects for the nodes behind, and nobody can change them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HumanMessage } from '@langchain/core/messages';
import { Command, END, field, MemoryCheckpointer, Overwrite, PARENT, Send, START, StateGraph } from '@moss/runtime';
import { chain, rejection } from './support/graphs.js';
import { withoutNative } from './support/native.js';

/** Something that is long enough to be told once only. */
const document = (name: string): any => ({ name, parts: [{ text: `the text of ${name} `.repeat(10) }, { tags: ['a', 'b'] }] });

const fields = {
  docs: field.append<any>(),
  other: field.append<any>(),
  unique: field.topic<any>({ unique: true, accumulate: true }),
  best: field.lastValue<any>(),
  next: field.lastValue<any>(),
  any: field.anyValue<any>(),
  about: field.merge<any>(),
  small: field.append<any>(),
  all: field.reduce<any>((held, written) => [held, written].flat()),
  messages: field.messages(),
};

function isFrozenDeep(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozenDeep);
}

describe('values that nodes hand back', { skip: withoutNative }, () => {
  test('are the same objects for the nodes behind, as fields and as items of lists', async () => {
    const [first, second] = [document('first'), document('second')];
    let shown: any;
    const { values } = await chain(fields, {
      a: ({ docs }: any) => {
        shown = docs;
        return { best: docs[1], any: docs[0], other: docs, next: [docs[1], 'new', docs[0]], small: docs.map(({ name }: any) => name) };
      },
      b: (state: any) => {
        assert.equal(state.best, shown[1]);
        assert.equal(state.any, shown[0]);
        assert.deepEqual(state.other, [first, second]);
        state.other.forEach((doc: unknown, i: number) => assert.equal(doc, shown[i]));
        assert.deepEqual(state.next, [second, 'new', first]);
        assert.equal(state.next[0], shown[1]);
        const third = document('third');
        return { other: [third, ...state.docs.slice(1), 7, [], third], best: state.next, unique: [...state.docs, ...state.docs], about: state.docs[0] };
      },
      c: (state: any) => {
        assert.equal(state.best[2], shown[0]);
        assert.equal(state.other[3], shown[1]);
        assert.equal(state.about, shown[0]);
        assert.deepEqual(state.unique, [first, second]);
        return { about: { name: 'changed' }, other: [...state.other].reverse() };
      },
    })
      .compile()
      .run({ docs: [first, second] });
    const third = document('third');
    const other = [first, second, third, second, 7, [], third];
    assert.deepEqual(values, {
      docs: [first, second],
      other: [...other, ...[...other].reverse()],
      unique: [first, second],
      best: [second, 'new', first],
      next: [second, 'new', first],
      about: { ...first, name: 'changed' },
      small: ['first', 'second'],
      messages: [],
    });
  });

  test('take the place of a field, go to tasks, to the graph around, and through commands, lists of outputs and reducers', async () => {
    const inner = new StateGraph({ state: fields })
      .addNode('x', ({ docs }) => new Command({ graph: PARENT, update: { next: docs[0] }, goto: 'last' }))
      .addEdge(START, 'x');
    const seen: any[] = [];
    let docs: any;
    const { values } = await new StateGraph({ state: fields })
      .addNode('first', (state) => {
        ({ docs } = state);
        return [
          new Command({ update: { best: docs[2], other: new Overwrite([docs[1], docs[1]]) }, goto: [new Send('task', docs[0]), new Send('task', docs.slice(1))] }),
          { all: docs[0] },
          { all: [docs[1]] },
        ];
      }, { ends: ['task'] })
      .addNode('task', (sent) => (seen.push(sent), { small: 'ran' }))
      .addNode('inner', inner, { ends: ['last'] })
      .addNode('last', (state) => {
        assert.equal(state.next, docs[0]);
        assert.equal(state.best, docs[2]);
        state.other.forEach((doc) => assert.equal(doc, docs[1]));
        return { all: new Overwrite(state.all), other: new Overwrite([]) };
      })
      .addEdge(START, 'first')
      .addConditionalEdges('first', (state) => [new Send('task', state.best), new Send('task', [state.docs[0], 1])], ['task'])
      .addEdge('task', 'inner')
      .compile()
      .run({ docs: ['a', 'b', 'c'].map(document) });
    const byName = (sent: any): string => (Array.isArray(sent) ? sent.map((doc) => doc.name ?? doc).join() : sent.name);
    assert.deepEqual(seen.map(byName).sort(), ['a', 'a,1', 'b,c', 'c']);
    for (const sent of seen) for (const doc of [sent].flat()) assert.ok(doc === 1 || docs.includes(doc));
    assert.deepEqual([values.best, values.next, values.other, values.small.length], [document('c'), document('a'), [], 4]);
    assert.deepEqual(values.all, [document('a'), document('b')]);
  });

  test('are seen by error handlers and in each attempt, and are known again when a run goes on with its thread', async () => {
    let attempts = 0;
    const app = new StateGraph({ state: fields })
      .addNode('write', () => ({ docs: [document('a'), document('b')] }))
      .addNode(
        'flaky',
        ({ docs }) => {
          attempts++;
          throw new Error(`again ${docs.length}`);
        },
        { retry: { attempts: 2, firstWaitMs: 1, retryOn: () => true }, errorHandler: ({ docs }: any) => ({ next: docs[1], best: docs[0] }) },
      )
      .addNode('ask', ({ docs, best, next }, { interrupt }) => {
        assert.equal(best.name, 'a');
        assert.equal(next.name, 'b');
        return { other: [docs[interrupt('which?')], ...docs] };
      })
      .addNode('last', ({ docs, other }) => {
        assert.equal(other[1].name, 'a');
        return { best: docs[1] };
      })
      .addEdge(START, 'write')
      .addSequence(['write', 'flaky', 'ask', 'last'])
      .compile({ checkpointer: new MemoryCheckpointer() });
    const thread = { threadId: 't' };
    assert.equal((await app.run({}, thread)).ending, 'interrupted');
    const { values } = await app.run(new Command({ resume: 1 }), thread);
    assert.equal(attempts, 2);
    assert.deepEqual(values.other, [document('b'), document('a'), document('b')]);
    assert.deepEqual((await app.getState(thread))?.values.best, document('b'));
  });

  test('are frozen to their depths, be they long or short: who changes one fails', async () => {
    const app = new StateGraph({ state: fields })
      .addNode('a', (state) => {
        assert.ok(isFrozenDeep(state));
        return { best: { short: [1] }, about: document('m') };
      })
      .addNode('b', (state) => {
        assert.ok(isFrozenDeep(state));
        return new Command({ goto: new Send('c', { list: [{ a: 1 }], doc: state.docs[0] }) });
      }, { ends: ['c'] })
      .addNode('c', (sent) => {
        assert.ok(isFrozenDeep(sent));
      })
      .addEdge(START, 'a')
      .addSequence(['a', 'b'])
      .compile();
    const { values } = await app.run({ docs: [document('a')], small: [{ b: { c: 1 } }] });
    assert.ok(isFrozenDeep(values));
    for (const change of [
      (state: any) => (state.docs[0].parts[1].tags.push('c'), state),
      (state: any) => ((state.small[0].b.c = 2), state),
      (state: any) => (state.docs.push(1), state),
      (state: any) => ((state.best = 1), state),
    ]) {
      const changing = chain(fields, { a: change }).compile();
      assert.ok((await rejection(changing.run({ docs: [document('a')], small: [{ b: { c: 1 } }] }))) instanceof TypeError);
    }
    // The way to change something.
    const copying = chain(fields, { a: ({ docs }: any) => ({ best: { ...docs[0], name: 'b' }, next: Object.assign(structuredClone(docs[0]), { name: 'c' }) }) }).compile();
    const copied = await copying.run({ docs: [document('a')] });
    assert.deepEqual(copied.values.best, { ...document('a'), name: 'b' });
    assert.deepEqual(copied.values.next, { ...document('a'), name: 'c' });
  });

  test('of messages are LangChain objects, and not frozen', async () => {
    const content = [{ type: 'text', text: 'a long text '.repeat(30) }];
    const engine = new StateGraph({ state: fields })
      .addNode('a', ({ messages, docs }) => {
        assert.ok(!Object.isFrozen(messages[0]) && messages[0]!.getType() === 'human');
        // What is no message there becomes one here.
        return { messages: [messages[0]!, ...docs], best: docs[0] };
      })
      .addNode('b', ({ messages, best }) => {
        assert.deepEqual(messages.map((message) => [message.getType(), message.id]), [['human', 'm'], ['ai', 'd']]);
        return new Command({ goto: new Send('c', { messages: [best], best }) });
      }, { ends: ['c'] })
      .addNode('c', (sent: any) => {
        assert.deepEqual([sent.messages[0].getType(), sent.best.type], ['ai', 'ai']);
        assert.ok(!Object.isFrozen(sent.messages[0]) && !Object.isFrozen(sent.messages[0].content));
        return { next: sent.best };
      })
      .addEdge(START, 'a')
      .addSequence(['a', 'b'])
      .compile();
    const doc = { type: 'ai', id: 'd', content };
    const { values } = await engine.run({ messages: [new HumanMessage({ id: 'm', content })], docs: [doc] });
    assert.deepEqual([values.best, values.next], [doc, doc]);
  });

  test('of another run are values like all others', async () => {
    const one = await chain(fields, { a: ({ docs }: any) => ({ best: docs[0] }) }).compile().run({ docs: [document('one'), document('two')] });
    const other = chain(fields, {
      a: ({ docs }: any) => ({ best: one.values.docs[0], other: [one.values.docs[1], docs[1], one.values.best] }),
      b: ({ docs, best, other }: any) => {
        assert.notEqual(best, one.values.docs[0]);
        assert.equal(other[1], docs[1]);
      },
    }).compile();
    const { values } = await other.run({ docs: [document('three'), document('four')] });
    assert.deepEqual(values.best, document('one'));
    assert.deepEqual(values.other, ['two', 'four', 'one'].map(document));

    // Runs at once hand back each its own.
    const engine = chain(fields, { a: async ({ docs }: any) => ({ best: docs[1] }), b: async ({ best, docs }: any) => ({ other: [best, docs[0]] }) }).compile();
    const runs = await Promise.all(Array.from({ length: 20 }, (_, i) => engine.run({ docs: [document(`${i}a`), document(`${i}b`)] })));
    runs.forEach(({ values }, i) => assert.deepEqual(values.other, [document(`${i}b`), document(`${i}a`)]));
  });

  test('are let go when the state has them no more: a long run with large values stays small', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const rounds = 800;
    const kept: WeakRef<object>[] = [];
    /** What the process has beside JavaScript's heap, which grows as V8 likes. */
    const native: number[] = [];
    let held = 0;
    const engine = new StateGraph({ state: { round: field.add({ default: 0 }), first: field.lastValue<any>(), doc: field.lastValue<any>(), older: field.lastValue<any[]>({ default: [] }) } })
      .addNode('a', async ({ round, doc, first, older }) => {
        if (doc !== undefined) kept.push(new WeakRef(doc));
        assert.deepEqual([doc?.round, first?.round, older.length], [round || undefined, round < 2 ? undefined : 1, Math.min(Math.max(round - 1, 0), 2)]);
        if (round === 100 || round === rounds - 1) {
          // Weak references hold on until the task that made them is over.
          await new Promise(setImmediate);
          gc();
          const { rss, heapTotal } = process.memoryUsage();
          native.push(rss - heapTotal);
          held = kept.filter((reference) => reference.deref() !== undefined).length;
        }
        return { round: 1, doc: { round: round + 1, text: `${round}`.padEnd(256 * 1024, '.') }, first: first ?? doc, older: doc === undefined ? [] : [doc, ...older].slice(0, 2) };
      })
      .addEdge(START, 'a')
      .addConditionalEdges('a', ({ round }) => (round < rounds ? 'a' : END), ['a', END])
      .compile();
    const { values } = await engine.run({}, { recursionLimit: rounds + 1 });
    assert.equal(values.doc.round, rounds);
    assert.ok(held < 10, `${held} values are held of which the state has four`);
    // All of them would be 175 MB.
    const grown = native[1]! - native[0]!;
    assert.ok(grown < 96 * 1024 * 1024, `it has grown by ${grown} bytes`);
  });

  test('come to the same as copies of them, whatever nodes do with them', async () => {
    for (let seed = 1; seed <= 25; seed++) {
      const shared = await randomRun(seed, (value) => value);
      const copied = await randomRun(seed, structuredClone);
      assert.deepStrictEqual(shared, copied, `seed ${seed}`);
    }
  });
});

/** Runs a graph whose nodes write random parts of what they see, as `hand` gives them, and gives the state it comes to. */
async function randomRun(seed: number, hand: <T>(value: T) => T): Promise<unknown> {
  const random = numbersFrom(seed);
  const below = (end: number): number => Math.floor(random() * end);
  const oneOf = <T>(list: readonly T[]): T => list[below(list.length)]!;
  let made = 0;
  const fresh = (): any => {
    const name = `d${++made}`;
    return { type: 'human', id: name, content: 'text '.repeat(below(60)), tags: [{ name }] };
  };
  const anyDoc = (state: any): any => {
    const docs = [state.docs, state.other, state.unique, state.small].flat().filter((value) => value?.id !== undefined);
    return docs.length === 0 || below(4) === 0 ? fresh() : hand(oneOf(docs));
  };
  const anyList = (state: any): any[] => {
    const list = oneOf([state.docs, state.other, state.unique, state.small]);
    const from = below(list.length + 1);
    return oneOf<() => any[]>([() => hand(list), () => hand(list.slice(from)), () => [anyDoc(state), ...hand(list.slice(0, from)), fresh(), 1, null], () => []])();
  };
  const anyValue = (state: any): any =>
    oneOf<() => any>([
      () => anyDoc(state),
      () => anyList(state).slice(0, 8),
      () => hand(oneOf([state.best, state.next, state.any]) ?? 0),
      () => ({ ...anyDoc(state), again: anyDoc(state) }),
      () => below(9),
    ])();
  const writes: Record<string, (state: any) => any> = {
    docs: (state) => oneOf([anyDoc, anyList, (state: any) => new Overwrite(anyList(state).slice(0, 20))])(state),
    other: anyList,
    unique: anyList,
    small: anyValue,
    best: anyValue,
    next: anyValue,
    any: anyValue,
    about: anyDoc,
    all: anyDoc,
    messages: (state) => oneOf<() => any>([() => anyDoc(state), () => [anyDoc(state), anyDoc(state)]])(),
  };
  const update = (state: any): any => Object.fromEntries(Object.keys(writes).filter(() => below(3) === 0).map((field) => [field, writes[field]!(state)]));
  const inner = chain(fields, { x: update, y: update });
  const { values } = await new StateGraph({ state: { ...fields, rounds: field.add({ default: 0 }) } })
    .addNode('a', (state) => ({ ...update(state), rounds: 1 }))
    .addNode('b', (state) => new Command({ update: update(state), goto: below(2) === 0 ? new Send('task', anyValue(state)) : [] }), { ends: ['task'] })
    .addNode('task', (sent) => ({ small: [hand(sent)] }))
    .addNode('inner', inner)
    .addNode('c', async (state) => [update(state), { other: anyList(state) }])
    .addEdge(START, 'a')
    .addSequence(['a', 'b', 'inner', 'c'])
    .addConditionalEdges('c', ({ rounds }) => (rounds < 3 ? 'a' : END), ['a', END])
    .compile()
    .run({ docs: [fresh(), fresh()] });
  return values;
}

/** Random numbers that a seed determines (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
