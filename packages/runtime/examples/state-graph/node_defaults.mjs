// Options for all nodes that do not say otherwise.
import { field, START, StateGraph } from '@moss/runtime';

async function flaky(_, { node, attempt }) {
  if (attempt < 3) throw new Error('not yet');
  return { log: [`${node}: attempt ${attempt}`] };
}

const tried = (attempts) => ({ retry: { attempts, firstWaitMs: 0, jitterMs: 0 } });
const stream = new StateGraph({ state: { log: field.append() } })
  .setNodeDefaults(tried(3))
  .addNode('patient', flaky)
  .addNode('hasty', flaky, tried(1))
  .addEdge(START, 'patient')
  .addEdge('patient', 'hasty')
  .compile()
  .stream({}, { streamMode: 'values' });

let last;
try {
  for await (const values of stream) last = values;
} catch (error) {
  console.log(last.log.join(', '));
  console.log(`hasty failed: ${error.message}`);
}
