// A thread in one file: it is there after the process that began it is gone.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Command, field, SqliteCheckpointer, START, StateGraph } from '@moss/runtime';

async function confirm(_, context) {
  const answer = context.interrupt('Send 3 teas?');
  return { log: [`sent: ${answer}`] };
}

/** What each process does when it begins. */
function open(file) {
  const checkpointer = new SqliteCheckpointer(file);
  const engine = new StateGraph({ state: { log: field.append() } })
    .addNode('confirm', confirm)
    .addEdge(START, 'confirm')
    .compile({ checkpointer });
  return { engine, checkpointer };
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orders-'));
const file = path.join(folder, 'orders.db');
const order = { threadId: 'order-7' };

const before = open(file);
const asked = await before.engine.run({ log: ['3 teas'] }, order);
console.log(`asked: ${JSON.stringify(asked.interrupts[0].value)}`);
before.checkpointer.close();

// Days later, in another process.
const after = open(file);
const done = await after.engine.run(new Command({ resume: true }), order);
console.log(done.values.log.join(', '));
after.checkpointer.close();
fs.rmSync(folder, { recursive: true });
