// The first example of each README, and the package's example of a state graph, run as they are printed.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe, test } from 'node:test';
import {
  AgentRuntime,
  Command,
  field,
  GraphEvents,
  HumanMessage,
  MemoryCheckpointer,
  Providers,
  START,
  StateGraph,
  type EventHandler,
  type Tool,
} from '@moss/runtime';
import { openAIServer, text, toolCall } from './support/openai-server.js';
import { withoutNative } from './support/native.js';

const readmes = {
  'the package': new URL('../../README.md', import.meta.url),
  'the repository': new URL('../../../../README.md', import.meta.url),
};

function example(readme: URL, place = 0): string {
  const block = [...fs.readFileSync(readme, 'utf8').matchAll(/^```typescript\n(.*?)^```$/gms)][place];
  assert.ok(block, `${readme.pathname} has no TypeScript example number ${place + 1}`);
  return block[1]!;
}

const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => (...args: unknown[]) => Promise<unknown>;

describe('README', { skip: withoutNative }, () => {
  for (const [name, readme] of Object.entries(readmes)) {
    test(`the first example of ${name} runs as printed`, async () => {
      const server = await openAIServer(toolCall('get_weather', '{"city":"Oslo"}'), text('It is sunny'));
      process.env['OPENAI_BASE_URL'] = server.baseURL;
      process.env['OPENAI_API_KEY'] = 'key';
      const tools: unknown[] = [];
      const handler: EventHandler = { handle: (_event, data) => void tools.push([data.output.name, data.output.content]) };
      const weather: Tool = { name: 'get_weather', description: 'The weather of a city', invoke: ({ city }) => `sunny in ${city}` };
      const scope = {
        AgentRuntime,
        GraphEvents,
        Providers,
        abortController: new AbortController(),
        agentTools: [weather],
        agent: { instructions: 'be nice' },
        handler,
        messages: [new HumanMessage('hi')],
        config: { configurable: { thread_id: 't' } },
        options: {},
      };
      try {
        await new AsyncFunction(...Object.keys(scope), example(readme))(...Object.values(scope));
      } finally {
        await server.close();
      }
      assert.deepEqual(tools, [['get_weather', 'sunny in Oslo']]);
      const [first, second] = server.requests.map(({ url, headers, body }) => [url, headers.authorization, body.model, body.messages.length]);
      assert.deepEqual(first, ['/v1/chat/completions', 'Bearer key', 'gpt-4', 2]);
      assert.deepEqual(second, ['/v1/chat/completions', 'Bearer key', 'gpt-4', 4]);
    });
  }

  test('the example of a state graph runs as printed', async () => {
    const scope = { Command, field, MemoryCheckpointer, START, StateGraph };
    const run = new AsyncFunction(...Object.keys(scope), `${example(readmes['the package'], 1)}return { interrupts, values };`);
    const { interrupts, values } = (await run(...Object.values(scope))) as any;
    assert.deepEqual(interrupts.map(({ value }: any) => value), ['Publish Oslo?']);
    assert.deepEqual(values, { topic: 'Oslo', notes: ['found Oslo', 'published'] });
  });
});
