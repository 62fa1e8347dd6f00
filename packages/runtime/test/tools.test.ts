import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';
import { toolResult } from '#runtime/tool-result';
import { defineTools, type ToolTable } from '#runtime/tools';

const define = (...tools: unknown[]) => defineTools(tools, new Map() as ToolTable);
const city = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const call = { id: 'c1', name: 'f', responseFormat: undefined };
const json = (returned: unknown, responseFormat?: string): unknown => JSON.parse(toolResult(returned, { ...call, responseFormat }).json);

test('a schema may be JSON Schema, Zod 3, Zod 4, or missing', () => {
  const invoke = (): string => '';
  const [plain, none, four, three] = define(
    { name: 'plain', description: 'd', schema: city, invoke },
    { name: 'none', invoke },
    { name: 'four', schema: z.object({ city: z.string() }), invoke },
    { name: 'three', schema: z3.object({ city: z3.string() }), invoke },
  ) as any[];
  assert.deepEqual(plain, { name: 'plain', description: 'd', schema: city, checksArguments: false });
  assert.deepEqual(none, { name: 'none', description: '', schema: { type: 'object', properties: {} }, checksArguments: false });
  for (const { schema } of [four, three]) {
    assert.deepEqual([schema.type, schema.properties, schema.required], ['object', { city: { type: 'string' } }, ['city']]);
  }
});

test('a LangChain tool is described like a plain one', () => {
  const [made] = define(tool(async () => '', { name: 'f', description: 'd', schema: city as any }));
  assert.deepEqual(made, { name: 'f', description: 'd', schema: city, checksArguments: true });
});

test('tools that cannot be used are refused with a sentence', () => {
  const shape = 'A tool is a LangChain tool, or an object `{name, description, schema, invoke(args, runtime)}`';
  assert.throws(() => define({ name: 'f' }), { code: 'INVALID_TOOL', message: `tool \`f\` has no \`invoke\` function. ${shape}` });
  assert.throws(() => define('f'), { code: 'INVALID_TOOL', message: `tool 0 is not an object. ${shape}` });
  assert.throws(() => defineTools({}, new Map()), { code: 'INVALID_TOOL', message: '`tools` is not a list' });
  const impossible = z.object({ when: z.date() });
  assert.throws(() => define({ name: 'f', schema: impossible, invoke() {} }), { code: 'INVALID_TOOL', message: /^the schema of tool `f` cannot be turned into JSON Schema: / });
});

test('a tool without a name is left for the engine to refuse', () => {
  assert.deepEqual(define({ schema: city, invoke() {} }), [{ name: undefined, description: '', schema: city, checksArguments: false }]);
});

test('what a tool may return', () => {
  assert.deepEqual(json('text'), { content: 'text' });
  assert.deepEqual(json(''), { content: '' });
  assert.deepEqual(json(undefined), { content: null });
  assert.deepEqual(json(null), { content: null });
  assert.deepEqual(json({ a: 1 }), { content: '{"a":1}' });
  assert.deepEqual(json([1, 2]), { content: '[1,2]' });
  assert.deepEqual(json([]), { content: '[]' });
  assert.deepEqual(json(0), { content: '0' });
  assert.deepEqual(json([{ type: 'text', text: 'x' }]), { content: [{ type: 'text', text: 'x' }] });
  assert.deepEqual(json(new ToolMessage({ content: 'x', tool_call_id: 'c1', status: 'error', artifact: { a: 1 } })), { content: 'x', artifact: { a: 1 }, status: 'error' });
});

test('an artifact keeps its identity, and reaches the engine when JSON can carry it', () => {
  const artifact = new Map([[1, 2]]);
  const own = new ToolMessage({ content: 'x', tool_call_id: 'c1', artifact });
  assert.equal(toolResult(own, call).message, own);
  const made = toolResult(['text', artifact], { ...call, responseFormat: 'content_and_artifact' });
  assert.equal(made.message?.artifact, artifact);
  assert.deepEqual([made.message?.content, made.message?.tool_call_id, made.message?.name, made.message?.status], ['text', 'c1', 'f', 'success']);
  assert.deepEqual(json(['text', { a: 1 }], 'content_and_artifact'), { content: 'text', artifact: { a: 1 }, status: 'success' });
});

test('content_and_artifact asks for two values; an endless value is an error', () => {
  assert.throws(() => json('text', 'content_and_artifact'), /did not return a list of two: \[content, artifact\]/);
  const endless: unknown[] = [];
  endless.push(endless);
  assert.throws(() => json(endless), TypeError);
});
