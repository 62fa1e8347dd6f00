// The same work with @moss/runtime, as a host does it: a runtime for each run.
import { AgentRuntime } from '../../packages/runtime/dist/esm/index.js';
import { host, measure, setting } from './measure.mjs';

const baseURL = `${setting('MOCK_URL')}/v1`;

await measure(async (model) => {
  const { seen, handler } = host();
  const runtime = await AgentRuntime.create({
    runId: 'bench',
    graphConfig: {
      type: 'standard',
      agents: [
        {
          agentId: 'bench',
          provider: 'openAI',
          clientOptions: { model, apiKey: 'sk-none', configuration: { baseURL } },
          instructions: 'You are a helpful assistant.',
        },
      ],
    },
    customHandlers: { on_message_delta: handler },
  });
  await runtime.processStream({ messages: [{ role: 'user', content: 'hi' }] });
  return seen;
});
