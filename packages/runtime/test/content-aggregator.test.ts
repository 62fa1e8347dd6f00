import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createContentAggregator } from '@moss/runtime';

/** An aggregator, with a short way to send it events. */
function aggregator() {
  const made = createContentAggregator();
  const send = (event: string, data: unknown): void => made.aggregateContent({ event, data });
  return {
    ...made,
    send,
    message: (id: string, index: number, extra: object = {}) =>
      send('on_run_step', { id, index, type: 'message_creation', stepDetails: { type: 'message_creation', message_creation: { message_id: 'm' } }, ...extra }),
    tools: (id: string, index: number, tool_calls: object[], extra: object = {}) =>
      send('on_run_step', { id, index, type: 'tool_calls', stepDetails: { type: 'tool_calls', tool_calls }, ...extra }),
    text: (id: string, text: string) => send('on_message_delta', { id, delta: { content: [{ type: 'text', text }] } }),
    think: (id: string, think: string) => send('on_reasoning_delta', { id, delta: { content: [{ type: 'think', think }] } }),
    toolDelta: (id: string, call: object, extra: object = {}) =>
      send('on_run_step_delta', { id, delta: { type: 'tool_calls', tool_calls: [call], ...extra } }),
    completed: (id: string, tool_call: object) => send('on_run_step_completed', { result: { id, index: 0, type: 'tool_call', tool_call } }),
  };
}

/** Collects what is written to the console as a warning. */
function warnings(t: TestContext): string[] {
  const lines: string[] = [];
  t.mock.method(console, 'warn', (line: string) => lines.push(line));
  return lines;
}

test('text and reasoning grow, each in its own slot', () => {
  const a = aggregator();
  a.message('s1', 0);
  a.think('s1', 'let ');
  a.think('s1', 'me see');
  a.message('s2', 1);
  a.text('s2', 'Hel');
  a.text('s2', 'lo');
  assert.deepEqual(a.contentParts, [
    { type: 'think', think: 'let me see' },
    { type: 'text', text: 'Hello' },
  ]);
});

test('every part of a delta is applied in order; a single part may stand without a list', () => {
  const a = aggregator();
  a.message('s1', 0);
  a.send('on_message_delta', { id: 's1', delta: { content: [{ type: 'text', text: 'a', index: 4 }, { type: 'text', text: 'b' }] } });
  a.send('on_message_delta', { id: 's1', delta: { content: { type: 'text', text: 'c' } } });
  assert.deepEqual(a.contentParts, [{ type: 'text', text: 'abc' }]);
});

test('citations and tool call ids are collected with the text', () => {
  const a = aggregator();
  a.message('s1', 0);
  a.send('on_message_delta', { id: 's1', delta: { content: [{ type: 'text', text: 'a', citations: [{ url: 'x' }], tool_call_ids: ['c1'] }] } });
  a.text('s1', 'b');
  a.send('on_message_delta', { id: 's1', delta: { content: [{ type: 'text', text: '', citations: [{ url: 'y' }], tool_call_ids: ['c2'] }] } });
  assert.deepEqual(a.contentParts, [{ type: 'text', text: 'ab', citations: [{ url: 'x' }, { url: 'y' }], tool_call_ids: ['c1', 'c2'] }]);
});

test('a delta of an unknown step is dropped with a warning', (t) => {
  const lines = warnings(t);
  const a = aggregator();
  a.text('nobody', 'x');
  assert.deepEqual(a.contentParts, []);
  assert.deepEqual(lines, ['[moss] content: on_message_delta names the unknown run step nobody']);
});

test('a part of another type than the slot holds is dropped with a warning', (t) => {
  const lines = warnings(t);
  const a = aggregator();
  a.message('s1', 0);
  a.text('s1', 'x');
  a.think('s1', 'y');
  assert.deepEqual(a.contentParts, [{ type: 'text', text: 'x' }]);
  assert.deepEqual(lines, ['[moss] content: a `think` part was dropped: position 0 holds `text`']);
});

test('stepMap holds the step itself while positions and indices agree', () => {
  const a = aggregator();
  const step = { id: 's1', index: 0, type: 'message_creation', stepDetails: { type: 'message_creation', message_creation: { message_id: 'm' } } };
  a.send('on_run_step', step);
  assert.equal(a.stepMap.get('s1'), step);
});

test("the host's parts push the run's content on, and stepMap then holds a copy with the position", () => {
  const a = aggregator();
  const seeds = [{ type: 'text' as const, text: 'before' }, { type: 'text' as const, text: 'also' }];
  a.contentParts.push(...seeds);
  a.message('s1', 0);
  a.text('s1', 'x');
  a.contentParts.push({ type: 'error', error: 'meanwhile' });
  a.message('s2', 1);
  a.text('s2', 'y');
  assert.deepEqual(a.contentParts, [...seeds, { type: 'text', text: 'x' }, { type: 'error', error: 'meanwhile' }, { type: 'text', text: 'y' }]);
  assert.deepEqual([a.stepMap.get('s1')?.index, a.stepMap.get('s2')?.index], [2, 4]);
});

test('a step that writes nothing leaves a hole', () => {
  const a = aggregator();
  a.message('s1', 0);
  a.tools('s2', 1, [{ id: 'c1', name: 'f', args: {} }]);
  assert.equal(0 in a.contentParts, false);
  assert.deepEqual(a.contentParts[1], { type: 'tool_call', tool_call: { id: 'c1', name: 'f', args: {}, type: 'tool_call' } });
});

test('a tool step with several calls takes a slot for each, and the next step comes after them', () => {
  const a = aggregator();
  a.tools('s1', 0, [{ id: 'c1', name: 'f', args: {} }, { id: 'c2', name: 'g', args: {} }]);
  a.message('s2', 1);
  a.text('s2', 'x');
  assert.deepEqual(a.contentParts, [
    { type: 'tool_call', tool_call: { id: 'c1', name: 'f', args: {}, type: 'tool_call' } },
    { type: 'tool_call', tool_call: { id: 'c2', name: 'g', args: {}, type: 'tool_call' } },
    { type: 'text', text: 'x' },
  ]);
});

test('slots keep the order of the run, also when a step comes late or has nothing to show yet', () => {
  const a = aggregator();
  a.contentParts.push({ type: 'text', text: 'A' }, { type: 'text', text: 'B' });
  a.message('s0', 0);
  a.message('s2', 2);
  a.message('s1', 1);
  a.tools('s3', 3, [{ id: 'c1' }, { id: 'c2' }]);
  a.message('s4', 4);
  assert.deepEqual([...a.stepMap.values()].map((step) => [step?.id, step?.index]), [['s0', 2], ['s2', 4], ['s1', 3], ['s3', 5], ['s4', 7]]);
});

test('a call that is already known keeps its slot in a later step', () => {
  const a = aggregator();
  a.tools('s1', 0, [{ id: 'c1', name: 'f', args: {} }]);
  a.tools('s2', 1, [{ id: 'c1', name: 'f', args: { a: 1 } }]);
  assert.deepEqual(a.contentParts, [{ type: 'tool_call', tool_call: { id: 'c1', name: 'f', args: { a: 1 }, type: 'tool_call' } }]);
  assert.equal(a.stepMap.get('s2')?.index, 0);
});

test('a tool call without a name is written when its name comes', () => {
  const a = aggregator();
  a.tools('s1', 0, [{ id: 'c1' }]);
  assert.deepEqual(a.contentParts, []);
  a.toolDelta('s1', { id: 'c1', name: 'f', args: '', index: 0 });
  assert.deepEqual(a.contentParts, [{ type: 'tool_call', tool_call: { id: 'c1', name: 'f', args: '', type: 'tool_call' } }]);
});

test('argument pieces without a name are ignored; with a name they add up', () => {
  const a = aggregator();
  a.tools('s1', 0, [{ id: 'c1', name: 'f', args: {} }]);
  a.toolDelta('s1', { id: 'c1', name: 'f', args: '{"a"', index: 0 });
  a.toolDelta('s1', { args: ':1', index: 0 });
  a.toolDelta('s1', { name: 'f', args: ':2}', index: 0 });
  assert.deepEqual(a.contentParts, [{ type: 'tool_call', tool_call: { id: 'c1', name: 'f', args: '{"a":2}', type: 'tool_call' } }]);
});

test('a chunk finds its slot by id, by chunk index, and else takes the first that no call has claimed', () => {
  const a = aggregator();
  a.tools('s1', 0, [{ name: 'f', args: '' }, { name: 'g', args: '' }]);
  a.toolDelta('s1', { id: 'c1', name: 'f', args: '1', index: 7 });
  a.toolDelta('s1', { id: 'c2', name: 'g', args: '2', index: 8 });
  a.toolDelta('s1', { name: 'f', args: '1', index: 7 });
  a.toolDelta('s1', { id: 'c2', name: 'g', args: '2' });
  assert.deepEqual(a.contentParts, [
    { type: 'tool_call', tool_call: { id: 'c1', name: 'f', args: '11', type: 'tool_call' } },
    { type: 'tool_call', tool_call: { id: 'c2', name: 'g', args: '22', type: 'tool_call' } },
  ]);
});

test('an address for authorisation is kept until the call is over', () => {
  const a = aggregator();
  a.tools('s1', 0, [{ id: 'c1', name: 'f', args: '' }]);
  a.toolDelta('s1', { id: 'c1', name: 'f', args: '' }, { auth: 'https://login.example', expires_at: 5 });
  a.toolDelta('s1', { id: 'c1', name: 'f', args: '{}' });
  assert.deepEqual(a.contentParts, [
    { type: 'tool_call', tool_call: { id: 'c1', name: 'f', args: '{}', type: 'tool_call', auth: 'https://login.example', expires_at: 5 } },
  ]);
  a.completed('s1', { id: 'c1', name: 'f', args: '{}', output: 'o' });
  assert.deepEqual(a.contentParts, [
    { type: 'tool_call', tool_call: { id: 'c1', name: 'f', args: '{}', type: 'tool_call', progress: 1, output: 'o' } },
  ]);
});

test('completion sets progress and output, replaces arguments, and nothing later overwrites it', () => {
  const a = aggregator();
  a.tools('s1', 0, [{ id: 'c1', name: 'f', args: {} }]);
  a.completed('s1', { id: 'c1', name: 'f', args: '{"a":1}', output: 'o', outcome: 'fine', progress: 1 });
  a.toolDelta('s1', { id: 'c1', name: 'f', args: 'late' });
  const want = [{ type: 'tool_call', tool_call: { id: 'c1', name: 'f', args: '{"a":1}', type: 'tool_call', progress: 1, output: 'o', outcome: 'fine' } }];
  assert.deepEqual(a.contentParts, want);
  assert.deepEqual(Object.keys((a.contentParts[0] as any).tool_call), ['id', 'name', 'args', 'type', 'progress', 'output', 'outcome']);
});

test('completion keeps the arguments that are there when it brings none', () => {
  const a = aggregator();
  a.tools('s1', 0, [{ id: 'c1', name: 'f', args: { a: 1 } }]);
  a.completed('s1', { id: 'c1', name: 'f', output: 'o' });
  assert.deepEqual(a.contentParts, [
    { type: 'tool_call', tool_call: { id: 'c1', name: 'f', args: { a: 1 }, type: 'tool_call', progress: 1, output: 'o' } },
  ]);
});

test('completion finds the call by id even when it names no step, in parts of the host too', () => {
  const a = aggregator();
  a.contentParts.push({ type: 'tool_call', tool_call: { id: 'old', name: 'g', args: '{}', type: 'tool_call' } });
  a.tools('s1', 0, [{ id: 'c1', name: 'f', args: {} }]);
  a.completed('', { id: 'c1', name: 'f', args: '{}', output: 'one' });
  a.completed('', { id: 'old', output: 'two' });
  assert.deepEqual(a.contentParts, [
    { type: 'tool_call', tool_call: { id: 'old', name: 'g', args: '{}', type: 'tool_call', progress: 1, output: 'two' } },
    { type: 'tool_call', tool_call: { id: 'c1', name: 'f', args: '{}', type: 'tool_call', progress: 1, output: 'one' } },
  ]);
});

test("completion without a call id takes the step's sole slot; with neither it is dropped with a warning", (t) => {
  const lines = warnings(t);
  const a = aggregator();
  a.tools('s1', 0, [{ id: 'c1', name: 'f', args: {} }]);
  a.completed('s1', { name: 'f', args: '{}', output: 'o' });
  a.completed('nobody', { id: 'nobody', name: 'f', output: 'x' });
  assert.deepEqual(a.contentParts, [{ type: 'tool_call', tool_call: { id: 'c1', name: 'f', args: '{}', type: 'tool_call', progress: 1, output: 'o' } }]);
  assert.deepEqual(lines, ['[moss] content: on_run_step_completed names neither a known tool call nor a known run step: nobody']);
});

test('agent and group are stamped on a part at every update', () => {
  const a = aggregator();
  a.message('s1', 0, { agentId: 'a', groupId: 1 });
  a.text('s1', 'x');
  a.text('s1', 'y');
  a.tools('s2', 1, [{ id: 'c1', name: 'f', args: {} }], { agentId: 'b' });
  a.completed('s2', { id: 'c1', name: 'f', args: '{}', output: 'o' });
  assert.deepEqual(a.contentParts, [
    { type: 'text', text: 'xy', agentId: 'a', groupId: 1 },
    { type: 'tool_call', tool_call: { id: 'c1', name: 'f', args: '{}', type: 'tool_call', progress: 1, output: 'o' }, agentId: 'b' },
  ]);
});

test('a summary grows, is replaced by its result, and replaced again by its boundary', () => {
  const a = aggregator();
  const piece = (text: string) => a.send('on_summarize_delta', { id: 's1', delta: { summary: { type: 'summary', model: 'x', content: [{ type: 'text', text }] } } });
  a.message('s1', 0, { summary: { type: 'summary', model: 'x' } });
  assert.deepEqual(a.contentParts, [{ type: 'summary', model: 'x' }]);
  piece('SUM');
  piece('MARY');
  assert.deepEqual(a.contentParts, [{ type: 'summary', model: 'x', content: [{ type: 'text', text: 'SUM' }, { type: 'text', text: 'MARY' }] }]);
  const result = { type: 'summary', content: [{ type: 'text', text: 'SUMMARY' }], boundary: { messageId: 'm1', contentIndex: 0 } };
  a.send('on_run_step_completed', { result: { id: 's1', index: 0, type: 'summary', summary: result } });
  assert.deepEqual(a.contentParts, [result]);
  a.send('on_summarize_complete', { id: 's1', summary: { ...result, tokenCount: 3 } });
  assert.deepEqual(a.contentParts, [{ ...result, tokenCount: 3 }]);
  a.send('on_summarize_complete', { id: 's1', summary: { ...result, boundary: { messageId: 'other', contentIndex: 0 } } });
  a.send('on_summarize_complete', { id: 's1', error: 'no summary' });
  assert.deepEqual(a.contentParts, [{ ...result, tokenCount: 3 }]);
});

test('an agent update is written where it says', () => {
  const a = aggregator();
  const update = { type: 'agent_update', agent_update: { index: 1, agentId: 'b' } };
  a.send('on_agent_update', update);
  assert.deepEqual(a.contentParts[1], update);
});

test('steps that the host entered into stepMap take deltas', () => {
  const a = aggregator();
  a.stepMap.set('s1', { id: 's1', index: 2, type: 'tool_calls', stepDetails: { type: 'tool_calls' } });
  a.toolDelta('s1', { id: 'c1', name: 'f', args: '{}' });
  assert.deepEqual(a.contentParts[2], { type: 'tool_call', tool_call: { id: 'c1', name: 'f', args: '{}', type: 'tool_call' } });
});

test('closed steps and events without content change nothing', () => {
  const a = aggregator();
  a.message('s1', 0);
  a.text('s1', 'x');
  a.send('on_run_step_closed', { id: 's1', index: 0, type: 'message_creation', status: 'completed', closed_at: 1 });
  a.send('on_chat_model_end', { output: {} });
  assert.deepEqual(a.contentParts, [{ type: 'text', text: 'x' }]);
});

test('a snapshot that a host took is not changed by later deltas', () => {
  const a = aggregator();
  a.message('s1', 0);
  a.text('s1', 'x');
  const snapshot = [...a.contentParts];
  a.text('s1', 'y');
  assert.deepEqual(snapshot, [{ type: 'text', text: 'x' }]);
});
