// What a node is told beside the state.
import { field, START, StateGraph } from '@moss/runtime';

async function greet(_, context) {
  if (context.attempt === 1) throw new Error('not awake yet');
  const { node, step, attempt, runId } = context;
  return { text: `hello ${context.config.user}: node ${node}, superstep ${step}, attempt ${attempt}, run ${runId}` };
}

const engine = new StateGraph({ state: { text: field.lastValue() } })
  .addNode('greet', greet, { retry: { attempts: 2, firstWaitMs: 0, jitterMs: 0 } })
  .addEdge(START, 'greet')
  .compile();

const { values: greeting } = await engine.run({}, { runId: 'run-7', config: { user: 'Anna' } });
console.log(greeting.text);
