// What the types of state graphs allow. The compiler is the test; what runs only keeps the values in use.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BaseMessage } from '@langchain/core/messages';
import { Command, END, field, Overwrite, Send, START, StateGraph, type StateOf, type StreamMode, type UpdateOf } from '@moss/runtime';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

const state = {
  topic: field.lastValue<string>(),
  title: field.lastValue({ default: 'none' }),
  count: field.add({ default: 0 }),
  sum: field.add(),
  notes: field.append<string>(),
  messages: field.messages(),
  about: field.merge<{ a: number; b: string }>(),
  best: field.reduce((held: number, written: string) => held + written.length, { default: 0 }),
};

test('a state and its updates are inferred from the fields', () => {
  same<
    StateOf<typeof state>,
    {
      readonly topic: string | undefined;
      readonly title: string;
      readonly count: number;
      readonly sum: number | undefined;
      readonly notes: readonly string[];
      readonly messages: readonly BaseMessage[];
      readonly about: { a: number; b: string } | undefined;
      readonly best: number;
    }
  >(true);
  const updates: UpdateOf<typeof state>[] = [
    { topic: 'x', notes: 'one', messages: 'hi', about: { a: 1 }, best: 'text', count: new Overwrite(7) },
    { notes: ['one', 'two'], messages: [{ role: 'user', content: 'hi' }, 'hi'] },
  ];
  // @ts-expect-error: the title is a text
  updates.push({ title: 7 });
  assert.equal(updates.length, 3);
});

test('nodes, routers and runs are checked against the fields', () => {
  const graph = new StateGraph({ state, output: ['notes', 'count'] })
    .addNode('a', async ({ topic, notes }) => ({ topic: `${topic}`, notes: notes.map((note) => note.trim()) }))
    .addNode('b', ({ count }) => (count > 1 ? new Command({ update: { count: 1 }, goto: END }) : undefined), { ends: [END], input: ['count'] })
    .addNode({ name: 'c', execute: ({ best }) => [{ count: best }], shouldExecute: ({ title }) => title !== '', next: ({ title }) => title })
    // @ts-expect-error: there is no such field
    .addNode('d', ({ nothing }) => ({ topic: nothing }))
    // @ts-expect-error: the topic is a text
    .addNode('e', () => ({ topic: 7 }))
    // @ts-expect-error: there is no such field to see
    .addNode('f', () => ({}), { input: ['nothing'] })
    .addEdge(START, 'a')
    .addConditionalEdges('a', ({ notes }) => notes.map((note) => new Send('b', { count: note.length })), ['b']);
  const typesOnly = (): void => {
    const engine = graph.compile();
    same<Awaited<ReturnType<typeof engine.run>>['values'], Pick<StateOf<typeof state>, 'notes' | 'count'>>(true);
    // @ts-expect-error: the notes are texts
    void engine.run({ notes: [7] });
    void engine.run(null);
    void (async () => {
      for await (const [mode, payload] of engine.stream({}, { streamMode: ['values', 'custom'] })) same<typeof mode, 'values' | 'custom'>(true), void payload;
      for await (const [namespace, mode] of engine.stream({}, { streamMode: ['values'], subgraphs: true })) same<typeof namespace, string[]>(true), void mode;
      const first = await engine.streamEvents({}).next();
      if (first.done) return;
      const { mode, namespace } = first.value;
      same<typeof mode, StreamMode>(true);
      same<typeof namespace, string[]>(true);
    });
  };
  assert.equal(typeof typesOnly, 'function');
});
