// How long checkpoints are kept.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { field, SqliteCheckpointer, START, StateGraph } from '@moss/runtime';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chats-'));
const checkpointer = new SqliteCheckpointer(path.join(folder, 'chats.db'));
const engine = new StateGraph({ state: { messages: field.append() } })
  .addNode('answer', async () => ({ messages: ['answer'] }))
  .addEdge(START, 'answer')
  .compile({ checkpointer });
const chat = { threadId: 'chat' };
for (let turn = 1; turn <= 10; turn += 1) await engine.run({ messages: ['question'] }, chat);

async function checkpoints() {
  let count = 0;
  for await (const _ of engine.getStateHistory(chat)) count += 1;
  return count;
}

console.log(`${await checkpoints()} checkpoints`);

// Of all threads: the last 5, and whatever is younger than an hour.
await checkpointer.prune(undefined, { keepLast: 5, olderThanMs: 3_600_000 });
console.log(`${await checkpoints()} left, all are young`);

// Of this one: the last 5.
await checkpointer.prune('chat', { keepLast: 5 });
console.log(`${await checkpoints()} left`);
const state = await engine.getState(chat);
console.log(`${state.values.messages.length} messages`);

checkpointer.close();
fs.rmSync(folder, { recursive: true });
