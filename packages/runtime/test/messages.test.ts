import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AIMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { chunkFromFlat, messageFromFlat, messagesToJson } from '#runtime/messages';

const flat = (messages: unknown): unknown => JSON.parse(messagesToJson(messages));

test('LangChain messages become flat objects', () => {
  const call = { id: 'c1', name: 'f', args: { a: 1 }, type: 'tool_call' as const };
  const messages = [
    new SystemMessage('be nice'),
    new HumanMessage({ content: [{ type: 'text', text: 'hi' }], id: 'h1', name: 'Ann' }),
    new AIMessage({ content: '', tool_calls: [call], additional_kwargs: { reasoning_content: 'hm' } }),
    new ToolMessage({ content: 'sunny', tool_call_id: 'c1', name: 'f', status: 'success', artifact: { a: 1 } }),
    new ChatMessage({ role: 'critic', content: 'no' }),
  ];
  assert.deepEqual(flat(messages), [
    { type: 'system', content: 'be nice', additional_kwargs: {}, response_metadata: {} },
    { type: 'human', content: [{ type: 'text', text: 'hi' }], id: 'h1', name: 'Ann', additional_kwargs: {}, response_metadata: {} },
    { type: 'ai', content: '', tool_calls: [call], additional_kwargs: { reasoning_content: 'hm' }, response_metadata: {} },
    { type: 'tool', content: 'sunny', name: 'f', tool_call_id: 'c1', status: 'success', artifact: { a: 1 }, additional_kwargs: {}, response_metadata: {} },
    { type: 'critic', content: 'no', additional_kwargs: {}, response_metadata: {} },
  ]);
});

test('plain objects, and what is no message at all, pass as they are', () => {
  assert.deepEqual(flat([{ role: 'user', content: 'hi', extra: 1 }, 'hi', 3, undefined]), [{ role: 'user', content: 'hi', extra: 1 }, 'hi', 3, null]);
});

test('an artifact that JSON cannot carry stays behind', () => {
  const artifact: { self?: unknown } = {};
  artifact.self = artifact;
  const [message] = flat([new ToolMessage({ content: 'x', tool_call_id: 'c1', artifact })]) as [object];
  assert.equal('artifact' in message, false);
});

test('messages that are no list, or cannot be written, are refused with a sentence', () => {
  const endless: { content?: unknown } = {};
  endless.content = endless;
  assert.throws(() => messagesToJson(undefined), { code: 'INVALID_MESSAGE', message: '`messages` is not a list. Give LangChain messages, or objects with `role` and `content`' });
  assert.throws(() => messagesToJson([{ role: 'user', content: 'a' }, endless]), { code: 'INVALID_MESSAGE', message: /^message 1 cannot be written as JSON: / });
});

test("the engine's messages become LangChain objects", () => {
  const usage_metadata = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
  const ai = messageFromFlat({ type: 'ai', content: 'x', id: 'm1', tool_calls: [{ name: 'f', args: {}, id: 'c1', type: 'tool_call' }], usage_metadata }) as AIMessage;
  assert.ok(ai instanceof AIMessage);
  assert.deepEqual([ai.content, ai.id, ai.tool_calls, ai.usage_metadata], ['x', 'm1', [{ name: 'f', args: {}, id: 'c1', type: 'tool_call' }], usage_metadata]);
  const tool = messageFromFlat({ type: 'tool', content: 'r', tool_call_id: 'c1', name: 'f', status: 'error', artifact: 7 }) as ToolMessage;
  assert.ok(tool instanceof ToolMessage);
  assert.deepEqual([tool.content, tool.tool_call_id, tool.name, tool.status, tool.artifact], ['r', 'c1', 'f', 'error', 7]);
  assert.equal(messageFromFlat({ type: 'human', content: 'h' }).getType(), 'human');
  assert.equal(messageFromFlat({ type: 'system', content: 's' }).getType(), 'system');
  assert.throws(() => messageFromFlat({ type: 'odd', content: '' }), { code: 'INTERNAL' });
});

test('a chunk keeps its tool call chunks and reasoning; content may be missing', () => {
  const chunk = chunkFromFlat({ tool_call_chunks: [{ name: 'f', args: '{', id: 'c1', index: 0 }], additional_kwargs: { reasoning_content: 'hm' } });
  assert.equal(chunk.content, '');
  assert.deepEqual(chunk.tool_call_chunks, [{ name: 'f', args: '{', id: 'c1', index: 0 }]);
  assert.deepEqual(chunk.additional_kwargs, { reasoning_content: 'hm' });
});

test('what goes out comes back the same', () => {
  const message = new AIMessage({ content: [{ type: 'text', text: 'x' }], id: 'a1', tool_calls: [{ id: 'c', name: 'f', args: { n: 1 }, type: 'tool_call' }] });
  const [once] = flat([message]) as [any];
  const [twice] = flat([messageFromFlat(once)]) as [any];
  assert.deepEqual(twice, once);
});
