// The package over the native engine, against a scripted server on loopback.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { AgentRuntime, createContentAggregator, GraphEvents, HumanMessage, Providers, tool, type CustomHandlers, type RunConfig, type Tool } from '@moss/runtime';
import { openAIServer, raw, text, textWithoutEnd, toolCall, type Answer, type OpenAIServer } from './support/openai-server.js';
import { withoutNative } from './support/native.js';

const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } as any;

async function withServer(answers: Answer[], body: (server: OpenAIServer) => Promise<void>): Promise<void> {
  const server = await openAIServer(...answers);
  try {
    await body(server);
  } finally {
    await server.close();
  }
}

function config(server: OpenAIServer, rest: Partial<RunConfig> = {}, tools: readonly any[] = []): RunConfig {
  const clientOptions = { model: 'gpt-x', apiKey: 'key', maxRetries: 0, configuration: { baseURL: server.baseURL } };
  return {
    runId: 'run-1',
    graphConfig: { type: 'standard', agents: [{ agentId: 'a', provider: Providers.OPENAI, clientOptions, instructions: 'be nice', tools }] },
    returnContent: true,
    ...rest,
  };
}

const question = { messages: [new HumanMessage('hi')] };

/** All events, in order, and the content that they make. */
function listen(extra: CustomHandlers = {}) {
  const events: string[] = [];
  const { contentParts, aggregateContent } = createContentAggregator();
  const customHandlers: Record<string, any> = {};
  for (const name of Object.values(GraphEvents)) {
    if (name === GraphEvents.CHAT_MODEL_STREAM) continue;
    customHandlers[name] = (event: string, data: unknown, metadata: unknown, graph: unknown) => {
      events.push(event);
      aggregateContent({ event, data });
      return (extra as any)[name]?.(event, data, metadata, graph);
    };
  }
  return { events, contentParts, customHandlers: customHandlers as CustomHandlers };
}

describe('with the native engine', { skip: withoutNative }, () => {
  test('text in several pieces', () =>
    withServer([text('Hel', 'lo', ' there')], async (server) => {
      const { events, contentParts, customHandlers } = listen();
      const runtime = await AgentRuntime.create(config(server, { customHandlers }));
      assert.deepEqual(await runtime.processStream(question), [{ type: 'text', text: 'Hello there' }]);
      assert.deepEqual(contentParts, [{ type: 'text', text: 'Hello there' }]);
      assert.deepEqual(events, [
        'on_chat_model_start',
        'on_run_step',
        'on_message_delta',
        'on_message_delta',
        'on_message_delta',
        'on_chat_model_end',
        'on_run_step_closed',
      ]);
      assert.deepEqual(runtime.getRunMessages().map((m) => [m.getType(), m.content]), [['ai', 'Hello there']]);
      const { messages, stream } = server.requests[0]!.body;
      assert.deepEqual([stream, messages.map((m: any) => [m.role, m.content])], [true, [['system', 'be nice'], ['user', 'hi']]]);
      assert.equal(server.requests[0]!.headers.authorization, 'Bearer key');
    }));

  test('an option that nobody follows is warned of, once', () =>
    withServer([text('a'), text('b')], async (server) => {
      const warnings: any[] = [];
      const hear = (warning: any): void => void (warning.code === 'MOSS_UNKNOWN_OPTION' && warnings.push(warning.message));
      process.on('warning', hear);
      const odd = config(server) as any;
      odd.graphConfig.agents[0].clientOptions.temprature = 1;
      for (let i = 0; i < 2; i++) await (await AgentRuntime.create(odd)).processStream(question);
      process.off('warning', hear);
      assert.deepEqual(warnings, ['option `temprature` is not known for provider `openAI` and is not followed']);
    }));

  test('the next model answers when one fails, and the event log tells so', () =>
    withServer([text('here')], async (server) => {
      const logs: any[] = [];
      const customHandlers = { on_agent_log: (_event: string, data: any) => void logs.push(data) };
      const failing = config(server, { customHandlers }) as any;
      const agent = failing.graphConfig.agents[0];
      const fallbacks = [{ provider: agent.provider, clientOptions: agent.clientOptions }];
      agent.clientOptions = { model: 'm', apiKey: 'k', maxRetries: 0, baseURL: 'http://127.0.0.1:9/v1', fallbacks };
      const runtime = await AgentRuntime.create(failing);
      assert.deepEqual(await runtime.processStream(question), [{ type: 'text', text: 'here' }]);
      assert.deepEqual(logs.map(({ level, scope, data }) => [level, scope, data.toProvider, data.code]), [['warn', 'fallback', 'openAI', 'NETWORK']]);
    }));

  for (const kind of ['LangChain', 'plain'] as const) {
    test(`a ${kind} tool is called with the arguments that came in pieces`, () =>
      withServer([toolCall('get_weather', '{"city"', ':"Oslo"}'), text('It is sunny')], async (server) => {
        const seen: any[] = [];
        const body = (args: any, runtime: any): string => (seen.push([args, runtime.toolCall, runtime.configurable.user]), `sunny in ${args.city}`);
        const weather = kind === 'plain'
          ? ({ name: 'get_weather', description: 'w', schema: CITY, invoke: body } satisfies Tool)
          : tool(async (args: any, runtime: any) => body(args, runtime), { name: 'get_weather', description: 'w', schema: CITY });
        const { contentParts, customHandlers } = listen();
        const user = { name: 'Ann' };
        const runtime = await AgentRuntime.create(config(server, { customHandlers }, [weather]));
        const content = await runtime.processStream(question, { configurable: { thread_id: 't', user } });
        const [args, call, passed] = seen[0];
        assert.deepEqual(args, { city: 'Oslo' });
        assert.deepEqual([call.id, call.name, call.args, call.type, call.turn], ['call_1', 'get_weather', { city: 'Oslo' }, 'tool_call', 0]);
        assert.match(call.stepId, /^step_/);
        assert.equal(passed, user);
        const output = 'sunny in Oslo';
        assert.deepEqual(content, [
          { type: 'text', text: '', tool_call_ids: ['call_1'] },
          { type: 'tool_call', tool_call: { name: 'get_weather', args: { city: 'Oslo' }, id: 'call_1', type: 'tool_call', output } },
          { type: 'text', text: 'It is sunny' },
        ]);
        assert.deepEqual(contentParts.slice(1), [
          { type: 'tool_call', tool_call: { id: 'call_1', name: 'get_weather', args: '{"city":"Oslo"}', type: 'tool_call', progress: 1, output } },
          { type: 'text', text: 'It is sunny' },
        ]);
        assert.equal(0 in contentParts, false);
        assert.deepEqual(server.requests[1]!.body.messages.at(-1), { role: 'tool', tool_call_id: 'call_1', name: 'get_weather', content: output });
      }));
  }

  test('an artifact that is no JSON reaches on_tool_end and the run messages as it is', () =>
    withServer([toolCall('f', '{}'), text('ok')], async (server) => {
      const artifact = new Map([[1, 2]]);
      const outputs: any[] = [];
      const f: Tool = { name: 'f', responseFormat: 'content_and_artifact', invoke: () => ['text', artifact] };
      const runtime = await AgentRuntime.create(config(server, { customHandlers: { on_tool_end: (_event, data) => void outputs.push(data.output) } }, [f]));
      await runtime.processStream(question);
      assert.equal(outputs[0].artifact, artifact);
      assert.equal((runtime.getRunMessages()[1] as any).artifact, artifact);
    }));

  test('a slow handler is awaited: events stay in order', () =>
    withServer([text(...Array.from({ length: 50 }, (_, i) => `${i} `))], async (server) => {
      let working = 0;
      const seen: string[] = [];
      const runtime = await AgentRuntime.create(
        config(server, {
          customHandlers: {
            on_message_delta: async (_event, { delta }) => {
              assert.equal(++working, 1);
              await new Promise(setImmediate);
              seen.push((delta.content as any)[0].text);
              working--;
            },
          },
        }),
      );
      const content = (await runtime.processStream(question)) as any[];
      assert.equal(seen.join(''), content[0].text);
    }));

  test("a handler's error is the run's error, and the open step is closed as failed", () =>
    withServer([text('a', 'b')], async (server) => {
      const boom = new Error('boom');
      const statuses: string[] = [];
      const customHandlers: CustomHandlers = {
        on_message_delta: () => { throw boom; },
        on_run_step_closed: (_event, data) => void statuses.push(data.status),
      };
      const runtime = await AgentRuntime.create(config(server, { customHandlers }));
      await assert.rejects(runtime.processStream(question), (error) => error === boom);
      assert.deepEqual([statuses, runtime.getRunMessages()], [['failed'], []]);
    }));

  for (const where of ['config', 'graphConfig'] as const) {
    test(`${where}.signal aborts a model that is answering`, () => {
      const controller = new AbortController();
      return withServer([textWithoutEnd('w')], async (server) => {
        const statuses: string[] = [];
        const customHandlers: CustomHandlers = {
          on_message_delta: () => controller.abort(),
          on_run_step_closed: (_event, data) => void statuses.push(data.status),
        };
        const made = config(server, { customHandlers });
        if (where === 'graphConfig') made.graphConfig.signal = controller.signal;
        const runtime = await AgentRuntime.create(made);
        const call = runtime.processStream(question, where === 'config' ? { signal: controller.signal } : {});
        await assert.rejects(call, { name: 'AbortError', message: 'This operation was aborted' });
        assert.deepEqual(statuses, ['cancelled']);
      });
    });
  }

  test('an abort reaches a tool that is working', () =>
    withServer([toolCall('f', '{}')], async (server) => {
      const controller = new AbortController();
      let aborted = false;
      const f: Tool = {
        name: 'f',
        invoke: (_args, { signal }) =>
          new Promise(() => {
            signal.addEventListener('abort', () => (aborted = true));
            controller.abort();
          }),
      };
      const runtime = await AgentRuntime.create(config(server, {}, [f]));
      await assert.rejects(runtime.processStream(question, { signal: controller.signal }), { name: 'AbortError' });
      assert.equal(aborted, true);
    }));

  test('several runs at once', () =>
    withServer(Array.from({ length: 20 }, () => ((response, body) => text(body.messages.at(-1).content, '!')(response, body)) as Answer), async (server) => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          const deltas: string[] = [];
          const customHandlers: CustomHandlers = { on_message_delta: (_event, { delta }) => void deltas.push((delta.content as any)[0].text) };
          const runtime = await AgentRuntime.create({ ...config(server, { customHandlers }), runId: `run-${i}` });
          await runtime.processStream({ messages: [{ role: 'user', content: `q${i}` }] });
          return deltas.join('');
        }),
      );
      assert.deepEqual(answers, Array.from({ length: 20 }, (_, i) => `q${i}!`));
    }));

  test('one runtime processes one input after the other', () =>
    withServer([text('one'), raw(400, 'application/json', '{"error":{"message":"bad request"}}'), text('two')], async (server) => {
      const runtime = await AgentRuntime.create(config(server));
      assert.deepEqual(await runtime.processStream(question), [{ type: 'text', text: 'one' }]);
      await assert.rejects(runtime.processStream(question), { name: 'Error', message: '400 bad request', status: 400 });
      assert.deepEqual(await runtime.processStream(question), [{ type: 'text', text: 'two' }]);
    }));

  test('with keepContent content indices go on, without it they begin anew', () =>
    withServer([text('a'), text('b'), text('c')], async (server) => {
      const indices: number[] = [];
      const customHandlers: CustomHandlers = { on_run_step: (_event, step) => void indices.push(step.index) };
      const runtime = await AgentRuntime.create(config(server, { customHandlers }));
      await runtime.processStream(question);
      await runtime.processStream(question, {}, { keepContent: true });
      await runtime.processStream(question);
      assert.deepEqual(indices, [0, 1, 0]);
    }));

  test('a handler of a name that no event has disturbs nothing', () =>
    withServer([text('x')], async (server) => {
      const customHandlers = { on_something_of_my_own: () => {} } as CustomHandlers;
      const runtime = await AgentRuntime.create(config(server, { customHandlers }));
      assert.deepEqual(await runtime.processStream(question), [{ type: 'text', text: 'x' }]);
    }));

  test('the ES module and the CommonJS module work in one process', () =>
    withServer([text('esm'), text('cjs')], async (server) => {
      const cjs = createRequire(import.meta.url)('@moss/runtime') as typeof import('@moss/runtime');
      assert.notEqual(cjs.AgentRuntime, AgentRuntime);
      const [one, two] = [await AgentRuntime.create(config(server)), await cjs.AgentRuntime.create(config(server) as any)];
      assert.deepEqual(await one.processStream(question), [{ type: 'text', text: 'esm' }]);
      assert.deepEqual(await two.processStream(question), [{ type: 'text', text: 'cjs' }]);
    }));
});
