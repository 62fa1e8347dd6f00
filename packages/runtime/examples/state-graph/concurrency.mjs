// How many nodes run at a time, and how long a superstep may take.
import { setTimeout as sleep } from 'node:timers/promises';
import { Send, START, StateGraph } from '@moss/runtime';

async function download({ file }, { signal }) {
  console.log(`${file} begins`);
  await sleep(200, undefined, { signal });
  console.log(`${file} ends`);
}

const engine = new StateGraph({ state: {} })
  .addNode('download', download)
  .addConditionalEdges(START, () => [1, 2, 3].map((file) => new Send('download', { file })), ['download'])
  .compile();

await engine.run({}, { maxConcurrency: 1 });
await engine.run({}, { stepTimeoutMs: 20 }).catch((error) => console.log(error.code));
