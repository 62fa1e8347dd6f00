import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '#runtime/config';
import { plain } from '#runtime/json';

const read = (config: unknown): any => JSON.parse(readConfig(config as never, ['on_run_step']).json);

test('the flat shape: functions and signals stay here, tools are reduced to their description', () => {
  const { signal } = new AbortController();
  const config = {
    runId: 'r',
    toolTimeout: 50,
    graphConfig: {
      signal,
      llmConfig: { provider: 'openAI', model: 'm', configuration: { baseURL: 'u', fetch() {} } },
      tools: [{ name: 'f', description: 'd', schema: { type: 'object' }, invoke() {} }],
      instructions: 'i',
      toolRegistry: new Map([['f', {}]]),
    },
  };
  assert.deepEqual(read(config), {
    runId: 'r',
    graphConfig: {
      llmConfig: { provider: 'openAI', model: 'm', configuration: { baseURL: 'u' } },
      tools: [{ name: 'f', description: 'd', schema: { type: 'object' }, checksArguments: false }],
      instructions: 'i',
    },
    returnContent: true,
    wants: ['on_run_step'],
    toolTimeoutMs: 50,
  });
  const { signal: kept, agents, tools } = readConfig(config as never, []);
  assert.equal(kept, signal);
  assert.deepEqual(agents.map(({ agentId, provider }) => [agentId, provider]), [['default', 'openAI']]);
  assert.deepEqual([...tools.keys()], ['f']);
});

test('the shape with a list of agents', () => {
  const agent = { agentId: 'a', provider: 'anthropic', clientOptions: { model: 'm' }, instructions: 'i', tools: [{ name: 'f', invoke() {} }] };
  assert.deepEqual(read({ runId: 'r', graphConfig: { type: 'standard', agents: [agent] } }).graphConfig, {
    type: 'standard',
    agents: [{ ...agent, tools: [{ name: 'f', description: '', schema: { type: 'object', properties: {} }, checksArguments: false }] }],
  });
});

test('what is missing or odd goes to the engine as it is', () => {
  assert.deepEqual(read({}), { returnContent: true, wants: ['on_run_step'] });
  assert.deepEqual(read(undefined), { returnContent: true, wants: ['on_run_step'] });
  assert.deepEqual(read({ runId: 'r', graphConfig: 'x' }).graphConfig, 'x');
  assert.deepEqual(read({ runId: 'r', graphConfig: { agents: [] } }).graphConfig, { agents: [] });
  assert.deepEqual(read({ runId: 'r', graphConfig: { agents: [null] } }).graphConfig, { agents: [null] });
});

test('only what JSON can carry is copied, and endless objects end', () => {
  const parent: Record<string, unknown> = { n: 1, big: 5n, nan: NaN, none: undefined, when: new Date(0), list: [1, () => 1], map: new Map(), bare: Object.assign(Object.create(null), { a: 1 }) };
  parent['self'] = parent;
  parent['broken'] = { toJSON() { throw new Error('no'); } };
  assert.deepEqual(plain(parent), { n: 1, big: 5, nan: null, when: '1970-01-01T00:00:00.000Z', list: [1, null], bare: { a: 1 } });
});

test('one object in two places is copied twice', () => {
  const shared = { a: 1 };
  assert.deepEqual(plain({ x: shared, y: shared }), { x: { a: 1 }, y: { a: 1 } });
});

test("tools that the provider runs itself go to it as they are; a host's tool needs something to invoke", () => {
  const web = { type: 'web_search_20250305', name: 'web_search', max_uses: 5 };
  const google = { googleSearch: {} };
  const config = { runId: 'r', graphConfig: { agents: [{ agentId: 'a', provider: 'anthropic', tools: [web, google] }] } };
  assert.deepEqual(read(config).graphConfig.agents[0].tools, [web, google]);
  assert.deepEqual([...readConfig(config as never, []).tools.keys()], []);
  const bare = { runId: 'r', graphConfig: { agents: [{ agentId: 'a', provider: 'anthropic', tools: [{ name: 'f' }] }] } };
  assert.throws(() => read(bare), { code: 'INVALID_TOOL' });
});
