// An agent with one tool, streamed to the terminal.
//
//   OPENAI_API_KEY=… node examples/agent.mjs            asks OpenAI
//   OPENAI_BASE_URL=http://… MODEL=… node examples/agent.mjs   asks another server of the same protocol
//   node examples/agent.mjs                             asks the built-in demo model: a script, not a language model
import { AgentRuntime, GraphEvents, Providers } from '@moss/runtime';

const real = Boolean(process.env.OPENAI_API_KEY || process.env.OPENAI_BASE_URL);
const llmConfig = real
  ? { provider: Providers.OPENAI, model: process.env.MODEL ?? 'gpt-4o-mini', streaming: true, maxTokens: 128 }
  : { provider: Providers.DEMO, model: 'demo', streaming: true };

const calculator = {
  name: 'calculator',
  description: 'Multiplies two integers, given as an expression such as "6 * 7"',
  schema: { type: 'object', properties: { expression: { type: 'string', maxLength: 40 } }, required: ['expression'] },
  invoke: ({ expression }) => {
    const factors = /^\s*(-?\d+)\s*\*\s*(-?\d+)\s*$/.exec(expression);
    if (!factors) throw new Error(`"${expression}" is not a product of two integers`);
    return String(Number(factors[1]) * Number(factors[2]));
  },
};

const runtime = await AgentRuntime.create({
  runId: 'example',
  graphConfig: { llmConfig, tools: [calculator], instructions: 'Use the calculator for arithmetic.' },
  customHandlers: {
    [GraphEvents.ON_MESSAGE_DELTA]: (_, { delta }) => process.stdout.write(delta.content[0].text),
    [GraphEvents.ON_RUN_STEP_COMPLETED]: (_, { result }) => {
      const { name, args, output } = result.tool_call;
      console.log(`\n[${name} ${args} -> ${output}]`);
    },
  },
});
await runtime.processStream({ messages: [{ role: 'user', content: process.argv[2] ?? 'What is 37 * 91?' }] });
console.log();
