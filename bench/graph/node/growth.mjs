// How a thread grows on disk, turn by turn, and how long its last state takes to load.
import fs from 'node:fs';
import path from 'node:path';

import { check, cpuMs } from './measure.mjs';

const LOADS = 20;
const QUESTION = 'What is the weather like in Lisbon, and will it last?';

/** One run a turn: a question, and a node that answers it. */
export async function growth(kit, { turns, bytes, folder }) {
  const file = path.join(folder, 'threads.db');
  const thread = { configurable: { thread_id: 'conversation' } };
  const graph = kit
    .graph({ messages: kit.messages() })
    .addNode('llm', async ({ messages }) => ({ messages: [new kit.AIMessage(said(messages.length >> 1, bytes))] }))
    .addEdge(kit.START, 'llm')
    .addEdge('llm', kit.END);

  const before = process.cpuUsage();
  const checkpointer = kit.checkpointer('sqlite', file);
  const app = graph.compile({ checkpointer });
  for (let turn = 0; turn < turns; turn++) {
    await kit.run(app, { messages: [new kit.HumanMessage(question(turn))] }, thread);
  }
  const cpu = cpuMs(before);
  await kit.close(checkpointer);

  const loads = [];
  let messages = 0;
  for (let load = 0; load < LOADS; load++) {
    // The page cache of the system is warm, that of SQLite is not.
    const checkpointer = kit.checkpointer('sqlite', file);
    const app = graph.compile({ checkpointer });
    const began = performance.now();
    const { values } = await app.getState(thread);
    loads.push(performance.now() - began);
    check(values.messages.length === 2 * turns, 'messages are missing');
    messages = values.messages.reduce((sum, message) => sum + plain(message), 0);
    await kit.close(checkpointer);
  }
  loads.sort((a, b) => a - b);
  const files = fs.readdirSync(folder).map((name) => fs.statSync(path.join(folder, name)).size);
  return { cpuMs: cpu, messageBytes: messages, diskBytes: files.reduce((a, b) => a + b), loadMs: loads[LOADS / 2] };
}

/** The bytes of a message without what an engine adds to it. */
function plain({ content, id, type }) {
  return Buffer.byteLength(JSON.stringify({ type, content, id }));
}

const number = (turn) => `${turn}`.padStart(16, '0');
const question = (turn) => ({ content: QUESTION, id: `question_${number(turn)}` });

/** An answer that makes a turn as long as it is to be. */
function said(turn, bytes) {
  const said = (content) => ({ content, id: `answer_${number(turn)}` });
  const rest = plain({ type: 'human', ...question(turn) }) + plain({ type: 'ai', ...said('') });
  return said('The answer to that goes on for a while. '.repeat(bytes / 40 + 1).slice(0, Math.max(0, bytes - rest)));
}
