// Models that are asked by themselves, and within nodes, against a scripted server on loopback.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AIMessage, AIMessageChunk, HumanMessage } from '@langchain/core/messages';
import { field, ModelClient, START, StateGraph, type LLMConfig } from '@moss/runtime';
import { openAIServer, raw, text, textWithoutEnd, toolCall, type Answer, type OpenAIServer } from './support/openai-server.js';
import { withoutNative } from './support/native.js';

const question = [new HumanMessage('hi')];
const weather = { name: 'get_weather', description: 'The weather', schema: { type: 'object', properties: {} }, invoke: () => assert.fail('no tool is run') };

async function withServer(answers: Answer[], body: (llmConfig: LLMConfig, server: OpenAIServer) => Promise<void>): Promise<void> {
  const server = await openAIServer(...answers);
  try {
    await body({ provider: 'openAI', model: 'gpt-x', apiKey: 'key', maxRetries: 0, configuration: { baseURL: server.baseURL } }, server);
  } finally {
    await server.close();
  }
}

describe('models', { skip: withoutNative }, () => {
  test('a model gives the whole answer, with its usage', () =>
    withServer([text('Hel', 'lo')], async (llmConfig, server) => {
      const answer = await new ModelClient(llmConfig, { instructions: 'be nice' }).invoke([{ role: 'user', content: 'hi' }]);
      assert.ok(answer instanceof AIMessage);
      assert.deepEqual([answer.content, (answer as any).usage_metadata.total_tokens], ['Hello', 18]);
      assert.deepEqual(server.requests[0]!.body.messages.map(({ role }: any) => role), ['system', 'user']);
    }));

  test('a model gives its answer piece by piece', () =>
    withServer([text('Hel', 'lo')], async (llmConfig) => {
      const stream = new ModelClient(llmConfig).stream(question);
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      assert.ok(chunks.every((chunk) => chunk instanceof AIMessageChunk));
      assert.equal(chunks.map(({ content }) => content).join(''), 'Hello');
      assert.equal((await stream.outcome).content, 'Hello');
    }));

  test('tool calls are in the answer, and no tool is run', () =>
    withServer([toolCall('get_weather', '{"ci', 'ty":"Oslo"}')], async (llmConfig, server) => {
      const answer = await new ModelClient(llmConfig, { tools: [weather] }).invoke(question);
      assert.deepEqual(answer.tool_calls?.map(({ name, args, id }) => [name, args, id]), [['get_weather', { city: 'Oslo' }, 'call_1']]);
      assert.equal(server.requests[0]!.body.tools.length, 1);
    }));

  test('errors are the provider\'s, and a wrong configuration is refused at once', async () => {
    await withServer([raw(429, 'application/json', '{"error":{"message":"slow down"}}')], async (llmConfig) => {
      await assert.rejects(new ModelClient(llmConfig).invoke(question), { code: 'PROVIDER_RATE_LIMIT', status: 429 });
    });
    assert.throws(() => new ModelClient({ provider: 'nobody' } as any), { code: 'UNKNOWN_PROVIDER' });
    await withServer([], async (llmConfig) => {
      await assert.rejects(new ModelClient(llmConfig).invoke([{ text: 'no role' }]), { code: 'INVALID_MESSAGE' });
    });
  });

  test('a call is aborted, and ends when its reader leaves', () =>
    withServer([textWithoutEnd('Hel'), textWithoutEnd('Hel')], async (llmConfig) => {
      const controller = new AbortController();
      const model = new ModelClient(llmConfig);
      await assert.rejects(
        (async () => {
          for await (const chunk of model.stream(question, { signal: controller.signal })) if (chunk.content === 'Hel') controller.abort('enough');
        })(),
        { name: 'AbortError', cause: 'enough' },
      );
      for await (const chunk of model.stream(question)) if (chunk.content === 'Hel') break;
      await assert.rejects(model.invoke(question, { signal: AbortSignal.abort('before') }), { name: 'AbortError', cause: 'before' });
    }));

  test('a node has the model as its client, and what it says is streamed as it comes', () =>
    withServer([text('Hel', 'lo'), text('again')], async (llmConfig) => {
      const engine = new StateGraph({ state: { messages: field.messages() } })
        .addNode('llm', async ({ messages }, { client }) => ({ messages: await client.invoke(messages) }))
        .addEdge(START, 'llm')
        .compile({ llmConfig, tools: [weather], instructions: 'be nice' });
      const pieces: unknown[] = [];
      for await (const [chunk, about] of engine.stream({ messages: question }, { streamMode: 'messages' })) {
        assert.ok(chunk instanceof AIMessageChunk);
        if (chunk.content !== '') pieces.push([chunk.content, about.langgraph_node]);
      }
      assert.deepEqual(pieces, [['Hel', 'llm'], ['lo', 'llm']]);
      const { messages } = await engine.invoke({ messages: question });
      assert.deepEqual(messages.map((message) => [message.getType(), message.content]), [['human', 'hi'], ['ai', 'again']]);
    }));

  test('a model call ends with the node that made it', () =>
    withServer([textWithoutEnd('Hel')], async (llmConfig) => {
      const controller = new AbortController();
      let failure: unknown;
      const engine = new StateGraph({ state: { messages: field.messages() } })
        .addNode('llm', async ({ messages }, { client }) => {
          for await (const { content } of client.stream(messages)) if (content === 'Hel') controller.abort('enough');
        })
        .addEdge(START, 'llm')
        .compile({ llmConfig });
      await engine.run({ messages: question }, { signal: controller.signal }).catch((error: unknown) => (failure = error));
      assert.equal((failure as Error).name, 'AbortError');
    }));

  test("a host's own client is handed through as it is", async () => {
    const client = { ask: () => 'mine' };
    const engine = new StateGraph({ state: { said: field.lastValue<string>() } })
      .addNode('a', (_state, context) => ({ said: context.client.ask() }))
      .addEdge(START, 'a')
      .compile({ client, llmConfig: { provider: 'openAI' } });
    assert.equal((await engine.run({})).values.said, 'mine');
  });
});
