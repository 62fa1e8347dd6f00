// The first example of each README runs as it is printed.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe, test } from 'node:test';
import { AgentRuntime, GraphEvents, HumanMessage, Providers, type EventHandler, type Tool } from '@moss/runtime';
import { openAIServer, text, toolCall } from './support/openai-server.js';
import { withoutNative } from './support/native.js';

const readmes = {
  'the package': new URL('../../README.md', import.meta.url),
  'the repository': new URL('../../../../README.md', import.meta.url),
};

function firstExample(readme: URL): string {
  const block = /^```typescript\n(.*?)^```$/ms.exec(fs.readFileSync(readme, 'utf8'));
  assert.ok(block, `${readme.pathname} has no TypeScript example`);
  return block[1]!;
}

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
      const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => (...args: unknown[]) => Promise<unknown>;
      try {
        await new AsyncFunction(...Object.keys(scope), firstExample(readme))(...Object.values(scope));
      } finally {
        await server.close();
      }
      assert.deepEqual(tools, [['get_weather', 'sunny in Oslo']]);
      const [first, second] = server.requests.map(({ url, headers, body }) => [url, headers.authorization, body.model, body.messages.length]);
      assert.deepEqual(first, ['/v1/chat/completions', 'Bearer key', 'gpt-4', 2]);
      assert.deepEqual(second, ['/v1/chat/completions', 'Bearer key', 'gpt-4', 4]);
    });
  }
});
