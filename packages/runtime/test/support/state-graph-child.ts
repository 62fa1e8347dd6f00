// A process with a run in it, for tests of how processes end.
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { field, START, StateGraph } from '@moss/runtime';

const busy = new StateGraph({ state: { n: field.add({ default: 0 }) } })
  .addNode('a', async () => {
    await new Promise(setImmediate);
    return { n: 1 };
  })
  .addEdge(START, 'a')
  .addEdge('a', 'a')
  .compile();

const cases: Record<string, () => unknown> = {
  /** Waits half a second before the second attempt, with nothing else to keep the process alive. */
  retry: async () => {
    const engine = new StateGraph({ state: { n: field.add({ default: 0 }) } })
      .addNode('a', (_state, { attempt }) => (attempt === 1 ? Promise.reject(new Error('first')) : { n: attempt }), {
        retry: { firstWaitMs: 500, jitterMs: 0 },
      })
      .addEdge(START, 'a')
      .compile();
    console.log(JSON.stringify((await engine.run({})).values));
  },
  exit: () => {
    void busy.run({}, { recursionLimit: 1_000_000 });
    setTimeout(() => {
      console.log('bye');
      process.exit(7);
    }, 50);
  },
  worker: async () => {
    const worker = new Worker(fileURLToPath(import.meta.url));
    await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
    console.log('terminated');
    const engine = new StateGraph({ state: { n: field.add({ default: 0 }) } }).addNode('a', async () => ({ n: 1 })).addEdge(START, 'a').compile();
    console.log(JSON.stringify((await engine.run({})).values));
  },
  idle: () => {
    console.log(busy.draw('text') !== '');
  },
};

if (isMainThread) await cases[process.argv[2]!]!();
else {
  void busy.run({}, { recursionLimit: 1_000_000 });
  setTimeout(() => parentPort!.postMessage('running'), 50);
}
