// A random graph, run on both libraries to its end: through questions, stops and failures.
import { canonical, differences } from '../compare.mjs';
import { build } from './build.mjs';
import { numbers } from './numbers.mjs';
import { planOf, wordsOf } from './plan.mjs';

/** More than any plan needs. */
const ROUNDS = 30;
const thread = { thread: 't' };
const CONFLICT = 'INVALID_CONCURRENT_GRAPH_UPDATE';

/** What differs for a seed; the reason, where it is one that is known; and what there was in the graph. */
export async function compareSeed(seed, langgraph, moss) {
  const plan = planOf(seed);
  const [theirs, ours] = [await play(langgraph, plan), await play(moss, plan)];
  const seen = differences(theirs, ours);
  const failed = ({ ending }) => ending?.code;
  const about = wordsOf(plan);
  if (failed(ours) === CONFLICT) about.push('conflicts');
  let reason;
  if (failed(ours) === 'INCOMPLETE_JOIN' && failed(theirs) !== 'INCOMPLETE_JOIN') reason = 'incomplete join';
  // It may have to wait for an answer, or for a task that failed.
  else if (failed(ours) === CONFLICT && (failed(theirs) === CONFLICT || theirs.unreadable?.code === CONFLICT)) reason = 'conflict';
  return { reason, seen, about };
}

async function play(kit, plan) {
  const random = numbers(plan.seed);
  const record = {};
  let app;
  try {
    app = build(kit, plan);
  } catch (error) {
    return { built: kit.codeOf(error) ?? error.message };
  }
  let input = { log: ['in'] };
  for (let round = 1; round <= ROUNDS; round++) {
    const { durability } = plan;
    const chunks = await app.stream(input, { ...thread, durability, mode: ['values', 'updates'], exact: true, limit: 60 });
    const { supersteps, error } = split(chunks);
    record[`supersteps of run ${round}`] = supersteps;
    // Which of several have failed by then is a matter of time.
    if (error !== undefined) record[`run ${round} fails`] = error.code ?? 'broken';
    record.ending = error ?? 'done';
    // The libraries' own errors: a conflict, a limit.
    if (error?.code !== undefined) return record;
    const { values, next, error: unreadable } = await app.state(thread);
    if (unreadable !== undefined) return { ...record, unreadable };
    // LangGraph's view of a superstep that is not committed leaves out what `any` holds.
    delete values.any;
    record[`state behind run ${round}`] = { values, next };
    if (next.length === 0 && error === undefined) break;
    const questions = error === undefined ? await app.questions(thread) : {};
    const open = Object.keys(questions).sort();
    record[`asked behind run ${round}`] = open;
    const answered = random.some(open, 1);
    input = open.length === 0 ? null : new kit.Command({ resume: Object.fromEntries(answered.map((one) => [questions[one], `${one}!`])) });
  }
  // The newest of a history that is not at its end is shown in two ways.
  if ((await app.state(thread)).next.length === 0) record.history = (await app.history(thread)).checkpoints;
  return record;
}

/**
 * The updates of each superstep and the values behind it. Questions and tasks that were through before are left out: they are told in
 * another order.
 */
function split(chunks) {
  const supersteps = [];
  let updates = [];
  let error;
  for (const chunk of chunks) {
    if ('error' in chunk) {
      error = chunk.error;
      continue;
    }
    const [mode, data] = chunk;
    if ('__interrupt__' in data || '__metadata__' in data) continue;
    if (mode === 'updates') {
      updates.push(data);
      continue;
    }
    supersteps.push([updates.sort((one, other) => (canonical(one) < canonical(other) ? -1 : 1)), data]);
    updates = [];
  }
  // In a superstep that fails, some have told what they wrote and some have not.
  if (error === undefined && updates.length > 0) supersteps.push([updates]);
  return { supersteps, error };
}
