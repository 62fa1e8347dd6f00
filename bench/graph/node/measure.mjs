// Runs a graph until enough CPU time is spent, and says what a run costs.
import path from 'node:path';

/** The most runs between two looks at the clock. */
const BATCH = 64;

export async function measure(kit, shape, task) {
  const checkpointer = kit.checkpointer(task.checkpointer, path.join(task.folder, 'threads.db'));
  const app = shape.graph.compile({ checkpointer });
  let runs = 0;

  /**
   * Runs in growing batches until this much CPU time is spent, and says how much was. The last state of each batch is looked
   * at, and what is in memory is forgotten, so that memory does not decide. Neither counts.
   */
  const spend = async (wanted) => {
    const began = performance.now();
    let spent = 0;
    for (let batch = 1; spent < wanted && (spent === 0 || performance.now() - began < task.wallMs); batch = Math.min(2 * batch, BATCH)) {
      const first = runs;
      let last;
      const before = process.cpuUsage();
      for (let i = 0; i < batch; i++) {
        runs += 1;
        last = await kit.run(app, shape.input, config(checkpointer && `${runs}`, task));
      }
      spent += cpuMs(before);
      shape.check(last);
      if (task.checkpointer === 'memory') {
        for (let run = first + 1; run <= runs; run++) await checkpointer.deleteThread(`${run}`);
      }
    }
    return spent;
  };

  await spend(task.warmupMs);
  const before = runs;
  const spent = await spend(task.cpuMs);
  return { cpuMs: spent, runs: runs - before, supersteps: shape.supersteps };
}

const config = (thread, { durability }) => {
  const config = { recursionLimit: 1e9 };
  return thread === undefined ? config : { ...config, durability, configurable: { thread_id: thread } };
};

/** User and system time of the process since then, in ms. */
export function cpuMs(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

export function check(holds, problem) {
  if (!holds) throw new Error(`the result is wrong: ${problem}`);
}
