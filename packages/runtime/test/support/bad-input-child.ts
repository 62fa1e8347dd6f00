// Runs one case of bad input in a process of its own and prints what a user sees, as JSON. Ends by itself, or the case has failed.
import { AgentRuntime, HumanMessage } from '@moss/runtime';
import { openAIServer, raw, text, toolCall, truncated, type Answer } from './openai-server.js';

interface Case {
  config?: (config: any) => any;
  answers?: Answer[];
  messages?: unknown[];
  tools?: unknown[];
  options?: object;
}

const f = (invoke: unknown): object => ({ name: 'f', description: 'd', invoke });

const cases: Record<string, Case> = {
  'no run id': { config: ({ runId: _, ...rest }) => rest },
  'no graph config': { config: ({ graphConfig: _, ...rest }) => rest },
  'no config': { config: () => undefined },
  'no agent': { config: (config) => ({ ...config, graphConfig: { type: 'standard', agents: [] } }) },
  'unknown provider': { config: (config) => ({ ...config, graphConfig: { llmConfig: { provider: 'nobody' } } }) },
  'tool without a name': { tools: [{ description: 'd', invoke() {} }] },
  'two tools of one name': { tools: [f(() => ''), f(() => '')] },
  'tool without invoke': { tools: [{ name: 'f' }] },
  'odd message': { messages: [{ role: 'user', content: 'hi' }, { speaker: 'me', text: 'hi' }] },
  'message of an odd role': { messages: [{ role: 'critic', content: 'hi' }] },
  'HTML instead of a stream': { answers: [raw(200, 'text/html', '<html><body>Please log in</body></html>')] },
  'a stream without an end': { answers: [truncated('half')] },
  'a tool that returns nothing': { answers: [toolCall('f', '{}'), text('done')], tools: [f(() => undefined)] },
  'a tool that never returns': {
    answers: [toolCall('f', '{}'), text('done')],
    tools: [f(() => new Promise(() => {}))],
    config: (config) => ({ ...config, toolTimeout: 50 }),
  },
  'a tool that throws what is no error': { answers: [toolCall('f', '{}'), text('done')], tools: [f(() => Promise.reject(undefined))] },
  'a handler that throws': {
    answers: [text('x')],
    config: (config) => ({ ...config, customHandlers: { on_message_delta: () => { throw new TypeError('handler boom'); } } }),
  },
  'a handler that throws nothing': {
    answers: [text('x')],
    config: (config) => ({ ...config, customHandlers: { on_message_delta: () => Promise.reject(undefined) } }),
  },
};

const { config = (made: unknown) => made, answers = [], messages = [new HumanMessage('hi')], tools = [] } = cases[process.argv[2]!]!;
const server = await openAIServer(...answers);
let seen: object;
try {
  const llmConfig = { provider: 'openAI', model: 'gpt-x', apiKey: 'key', maxRetries: 0, configuration: { baseURL: server.baseURL } };
  const runtime = await AgentRuntime.create(config({ runId: 'run-1', graphConfig: { llmConfig, tools }, returnContent: true }));
  const content = await runtime.processStream({ messages: messages as any });
  seen = { content, tool: runtime.getRunMessages().find((m) => m.getType() === 'tool')?.content };
} catch (error: any) {
  seen = { thrown: error === undefined ? 'undefined' : { name: error.name, message: error.message, code: error.code } };
}
await server.close();
console.log(JSON.stringify(seen));
