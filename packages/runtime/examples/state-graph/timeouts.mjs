// How long an attempt of a node may take, in all and without a sign of life.
import { setTimeout as sleep } from 'node:timers/promises';
import { field, START, StateGraph } from '@moss/runtime';

const hang = () => new Promise(() => {});

async function workWithHeartbeats(_, context) {
  for (let part = 1; part <= 5; part += 1) {
    await sleep(200);
    context.heartbeat();
  }
  return { done: true };
}

const nodes = {
  'hangs, run limit 50 ms': [hang, { timeout: 50 }],
  'hangs, idle limit 800 ms': [hang, { timeout: { idleMs: 800 } }],
  'takes 1 s with heartbeats, idle limit 800 ms': [workWithHeartbeats, { timeout: { idleMs: 800 } }],
};
for (const [what, [work, options]] of Object.entries(nodes)) {
  const engine = new StateGraph({ state: { done: field.lastValue() } })
    .addNode('work', work, options)
    .addEdge(START, 'work')
    .compile();
  await engine.run({}).then(
    ({ values }) => console.log(`${what}: done is ${values.done}`),
    (error) => console.log(`${what}: ${error.code}`),
  );
}
