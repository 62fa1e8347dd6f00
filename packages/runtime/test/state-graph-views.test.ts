// The state as nodes see it, where its lists are long: those are copied when somebody reads them, which nobody shall notice.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { HumanMessage, RemoveMessage } from '@langchain/core/messages';
import { field, Overwrite, START, StateGraph } from '@moss/runtime';
import { withoutNative } from './support/native.js';

const state = { before: field.lastValue<number>(), list: field.append<number>(), messages: field.messages(), after: field.lastValue<number>() };
const numbers = (length: number): number[] => Array.from({ length }, (_, i) => i);
const messages = (length: number): HumanMessage[] => numbers(length).map((i) => new HumanMessage({ id: `m${i}`, content: 'hi' }));

describe('states with long lists', { skip: withoutNative }, () => {
  test('look in every way as if all was there', async () => {
    const list = numbers(3000);
    const expected = { before: 1, list, messages: [], after: 2 };
    const looks: Record<string, (seen: any) => unknown> = {
      members: ({ before, list, after }) => [before, list, after],
      rest: ({ before, ...rest }) => [before, rest],
      spread: (seen) => ({ ...seen }),
      assigned: (seen) => Object.assign({}, seen),
      keys: (seen) => [Object.keys(seen), Object.getOwnPropertyNames(seen)],
      entries: (seen) => Object.entries(seen),
      loop: (seen) => {
        const found = [];
        for (const name in seen) found.push(name, seen[name]);
        return found;
      },
      has: (seen) => ['list' in seen, Object.hasOwn(seen, 'list'), 'none' in seen],
      text: (seen) => JSON.stringify(seen),
      printed: (seen) => [inspect(seen), inspect({ seen }, { depth: 0 }), inspect(seen, { maxArrayLength: 1, compact: false })],
      cloned: (seen) => structuredClone(seen),
      made: (seen) => ({ ...Object.create(seen), list: Object.create(seen).list }),
      prototype: (seen) => Object.getPrototypeOf(seen) === Object.prototype,
    };
    const names = Object.keys(looks);
    const graph = new StateGraph({ state });
    const seen: unknown[] = [];
    // Each node is the first to look at its state.
    for (const name of names) {
      graph.addNode(name, (state) => {
        seen.push(looks[name]!(state));
        assert.deepStrictEqual(state, expected);
        assert.equal(state.list, state.list);
        assert.ok(Object.isFrozen(state) && Object.isFrozen(state.list));
        assert.throws(() => ((state as any).list = []), TypeError);
        return { list: new Overwrite([...list]), before: 1 };
      });
    }
    graph.addNode('grow', () => ({ list: list.slice(2990), after: 2 }));
    graph.addEdge(START, 'grow').addSequence(['grow', ...names]);
    const { values } = await graph.compile().run({ before: 1, list: list.slice(0, 2990) });
    assert.deepEqual(seen, names.map((name) => looks[name]!(expected)));
    assert.deepEqual(Object.getOwnPropertyDescriptor(values, 'list'), { value: list, enumerable: true, configurable: false, writable: false });
  });

  test('stay as they were at their time, whenever they are read', async () => {
    const views: any[] = [];
    const keeps = (update: object) => (state: object): object => (views.push(state), update);
    const names = ['grow', 'remove', 'add', 'replace', 'shorten', 'end'];
    const graph = new StateGraph({ state })
      .addNode('grow', keeps({ list: [-1], messages: messages(1201).slice(-1) }))
      .addNode('remove', keeps({ messages: new RemoveMessage({ id: 'm1200' }) }))
      .addNode('add', keeps({ list: -2, messages: new HumanMessage({ id: 'other', content: 'hi' }) }))
      .addNode('replace', keeps({ messages: new HumanMessage({ id: 'm0', content: 'ho' }) }))
      .addNode('shorten', keeps({ list: new Overwrite(numbers(1100)), messages: new RemoveMessage({ id: 'm3' }) }))
      .addNode('end', keeps({ list: new Overwrite([]) }));
    graph.addEdge(START, names[0]!).addSequence(names);
    const { values } = await graph.compile().run({ list: numbers(1500), messages: messages(1200) });
    const lengths = [...views, values].map(({ list, messages }) => [list.length, messages.length]);
    assert.deepEqual(lengths, [[1500, 1200], [1501, 1201], [1501, 1200], [1502, 1201], [1502, 1201], [1100, 1200], [0, 1200]]);
    assert.deepEqual(views.map(({ list }) => list.at(-1)), [1499, -1, -1, -2, -2, 1099]);
    assert.deepEqual(views.map(({ messages }) => [messages[0].content, messages.at(-1).id]), [
      ['hi', 'm1199'],
      ['hi', 'm1200'],
      ['hi', 'm1199'],
      ['hi', 'other'],
      ['ho', 'other'],
      ['ho', 'other'],
    ]);
    // What has not changed is the same list.
    assert.equal(views[1].list, views[2].list);
    assert.equal(views[0].messages[5], views[3].messages[5]);
  });

  test('show a node its fields only', async () => {
    const seen: any[] = [];
    await new StateGraph({ state })
      .addNode('grow', () => ({ list: 1 }))
      .addNode('a', (state) => (seen.push(Object.keys(state), state.list.length), {}), { input: ['list', 'before'] })
      .addNode('b', (state) => (seen.push({ ...state }), {}), { input: ['after'] })
      .addEdge(START, 'grow')
      .addSequence(['grow', 'a', 'b'])
      .compile()
      .run({ before: 1, after: 2, list: numbers(2000) });
    assert.deepEqual(seen, [['list', 'before'], 2001, { after: 2 }]);
  });
});
